"""The key is in no byte that a run writes or shows, in any form, nor where other users of the machine could read it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.reference import Running
from conformance.report import allure
from tests.hostile.corps import words
from tests.hostile.runs import PATIENT, Ran, command, environment, hold, no_canary
from tests.hostile.wires import KEY, Behaviour, Hostile

RUNS = [
    (words.repeats_the_key, "2", "standard"),
    (words.repeats_the_key_where_it_is_wrong, "1", "quick"),
    (words.repeats_the_key_in_halves, "1", "quick"),
]


def _family(process: int) -> list[Path]:
    """The process and those that it started, and these, as the system lists them."""
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [Path(f"/proc/{process}"), *(each for child in text.split() for each in _family(int(child)))]


@pytest.mark.parametrize(("behave", "workers", "profile"), RUNS, ids=lambda each: getattr(each, "__name__", each))
def test_no_key_is_written_or_shown(
    behave: Behaviour, workers: str, profile: str, reference: Running, tmp_path: Path
) -> None:
    """By a whole run with workers, an archive, kept programs and a baseline, of a target that repeats the key."""
    server = Hostile(behave, reference.base_url)
    more = ("-n", workers, "--har", "report/run.har", "--write-baseline", "report/known.toml", "--profile", profile)
    lists: set[bytes] = set()
    with (tmp_path / "out.txt").open("wb") as out, (tmp_path / "err.txt").open("wb") as err:
        began = time.monotonic()
        process = subprocess.Popen(
            command(server.url, tmp_path, *PATIENT, "--max-time", "40", *more),
            cwd=tmp_path, env=environment(HYPOTHESIS_STORAGE_DIRECTORY=str(tmp_path / "report" / "hypothesis")), stdout=out, stderr=err,
        )  # fmt: skip
        while process.poll() is None and time.monotonic() - began < 150:
            for each in _family(process.pid):
                lists |= {each.joinpath("cmdline").read_bytes()} if each.joinpath("cmdline").exists() else set()
            time.sleep(0.05)
        process.kill()
    server.end()

    texts = [(tmp_path / name).read_text("utf-8") for name in ("out.txt", "err.txt")]
    hold(Ran(process.returncode, *texts, tmp_path, 0.0, 0))
    assert (tmp_path / "report" / "run.har").is_file()
    assert lists
    assert not [each for each in lists if KEY.encode() in each or b"Canary" in each]
    no_canary(tmp_path)


@pytest.mark.parametrize("name", ["MESSAGES_API_KEY", "A_NAME_OF_THE_TARGET_FILE"])
def test_a_child_that_needs_no_key_has_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What renders a report is started without it, however the variable is called."""
    monkeypatch.setenv(name, KEY)
    allure._run([sys.executable, "-c", "import os, sys; sys.exit('Canary' in str(os.environ))"])
