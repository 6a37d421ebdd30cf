"""The suite against this app: a server of our own, and hooks by which messages move and customers write."""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from app import app, inbox

TARGET = Path(__file__).with_name("target.toml")


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """The app on a free port, for as long as the tests run."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            pytest.exit("the app did not start", returncode=3)
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def target(base_url: str) -> dict[str, Any]:
    """The target file, at the port that was free."""
    return {**tomllib.loads(TARGET.read_text()), "base_url": base_url, "settle_seconds": 0.2}


@pytest.fixture(scope="session")
def advance_delivery() -> Callable[[str, str, str], None]:
    """Nothing delivers here by itself: this stands in for a channel's webhook."""
    return lambda conversation, message, status: inbox.move(message, status)


@pytest.fixture(scope="session")
def receive_inbound() -> Callable[[str, str], str]:
    """A customer writes."""
    return lambda conversation, body: str(inbox.add(conversation, body, "inbound")["id"])
