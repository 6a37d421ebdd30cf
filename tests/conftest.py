"""What the tests share: the reference as a server, a free port, and the guard against what is left behind."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.reference import Running, run_in_thread

MARK = "MESSAGES_CONFORMANCE_TESTS"
"""An environment variable of every process that a test starts, by which it is known as an orphan, too."""
TOKEN = f"{os.getpid()}-{secrets.token_hex(8)}"
os.environ[MARK] = TOKEN
# What the one who runs the tests has set for runs of theirs is not to decide how ours come out.
for _name in (
    "MESSAGES_API_KEY",
    "CONFORMANCE_TARGET",
    "CONFORMANCE_BASE_URL",
    "PYTEST_ADDOPTS",
    "NO_COLOR",
    "FORCE_COLOR",
):
    os.environ.pop(_name, None)
# A shell lets what it starts in the background ignore Ctrl-C, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def reference() -> Iterator[Running]:
    """The reference implementation, one for the tests of a module."""
    with run_in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def reference_target(reference: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target file of the module's reference implementation."""
    file = tmp_path_factory.mktemp("reference") / "target.toml"
    file.write_text(reference.target_toml(), encoding="utf-8")
    return file


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    """A module's tests end every process that they start, and those that these start."""
    before = set(_ours())
    yield
    deadline = time.monotonic() + 3
    while (left := {pid: name for pid, name in _ours().items() if pid not in before}) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, f"still running after the tests of this module: {left}"


def _ours() -> dict[int, str]:
    """The processes that tests of this one have started, orphans included, by number (where there is a /proc)."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{MARK}={TOKEN}".encode() in (folder / "environ").read_bytes().split(b"\0")
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0") if marked else []
        except OSError:
            continue  # it has ended meanwhile, or is somebody else's
        # A zombie has no command line; multiprocessing keeps its tracker for as long as its parent lives.
        if any(words) and not any("resource_tracker" in word for word in words):
            found[int(folder.name)] = " ".join(words)[:200]
    found.pop(os.getpid(), None)
    return found
