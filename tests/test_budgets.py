"""What a run may cost, and where it may not send, as the server sees it: counted there, not by the run itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.reference import Running, run_in_thread
from conformance.reference import server as module

Answer = Callable[[int], str | None]
"""What Retry-After a 429 to the request of a number has; None where it is answered as usual."""


class Counter:
    """A reference behind a counter, which may answer 429 in its place."""

    def __init__(self, answer: Answer = lambda number: None) -> None:
        self.asked: list[tuple[float, str]] = []
        self.told: list[float] = []
        self._answer = answer

    def around(self, app: Any) -> Any:
        """The application, counted; a live key is let in as the account's own."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            self.asked.append((time.monotonic(), scope["method"]))
            if (after := self._answer(len(self.asked))) is not None:
                self.told.append(time.monotonic())
                headers = [(b"retry-after", after.encode()), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 429, "headers": headers})
                return await send({"type": "http.response.body", "body": b""})
            headers = [(name, value.replace(b"sk_live_x", b"sk_test_a")) for name, value in scope["headers"]]
            return await app(scope | {"headers": headers}, receive, send)

        return counted


@contextmanager
def _counted(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    made = module.create_app
    monkeypatch.setattr(module, "create_app", lambda *words: counter.around(made(*words)))
    with run_in_thread() as running:
        yield running


def _check(running: Running, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    (folder / "target.toml").write_text(running.target_toml(), encoding="utf-8")
    code = main(["check", f"--target={folder / 'target.toml'}", f"--report-dir={folder / 'report'}", *words])
    return code, json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("workers", ["1", "2", "3"])
def test_workers_together_make_no_more_requests_than_the_run_may(
    workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 requests are 25 requests, whoever makes them; what they did not reach is open, and the reason says so."""
    counter = Counter()
    with _counted(counter, monkeypatch) as running:
        code, document = _check(running, tmp_path, "--max-requests=25", "-n", workers)

    assert code == 3
    assert len(counter.asked) == document["requests"] == 25
    reasons = {row["reason"] for row in document["requirements"] if row["outcome"] == "inconclusive"}
    assert any("is spent" in reason for reason in reasons)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_minute_holds_more_requests_than_the_rate_lets(
    workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 31 a minute and less than a minute, 31 are made; then the rate asks for more time than there is."""
    counter = Counter()
    with _counted(counter, monkeypatch) as running:
        code, document = _check(running, tmp_path, "--rate=31/min", "--max-time=55", "-n", workers)

    assert code == 3
    assert len(counter.asked) == 31
    assert "asks to wait" in document["verdict_reason"]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_429_is_waited_for_and_the_run_goes_on(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Retry-After says, in seconds or as a date; the verdict is what it would have been."""
    told = {"seconds": lambda: "2", "date": lambda: formatdate(time.time() + 3, usegmt=True)}[form]
    counter = Counter(lambda number: told() if number == 12 else None)
    with _counted(counter, monkeypatch) as running:
        code, document = _check(running, tmp_path, "--profile=quick")

    following = next(at for at, _ in counter.asked if at > counter.told[0])
    assert code == 0, document["verdict_reason"]
    assert 1.9 <= following - counter.told[0] < 30


def test_a_429_that_asks_for_more_than_the_time_left_ends_the_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked before the time that the target named, and so no request of this key follows in this run."""
    counter = Counter(lambda number: "3600" if number >= 12 else None)
    began = time.monotonic()
    with _counted(counter, monkeypatch) as running:
        code, document = _check(running, tmp_path)

    assert code == 3
    assert "the target asks to wait 3600 s, more than is left of the time budget" in document["verdict_reason"]
    assert time.monotonic() - began < 30
    assert len(counter.told) <= 4  # one for each key, and one without a key


def test_a_live_key_sends_nothing_unless_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server sees no method but those that read, whatever conversations are declared; with --allow-live it does."""
    monkeypatch.setenv("MESSAGES_API_KEY", "sk_live_x")
    counter = Counter()
    with _counted(counter, monkeypatch) as running:
        code, document = _check(running, tmp_path, "--profile=quick")
        assert counter.asked
        assert {method for _, method in counter.asked} <= {"GET", "HEAD", "OPTIONS"}
        assert code == 3
        assert "--allow-live" in document["verdict_reason"]

        code, _ = _check(running, tmp_path, "--profile=quick", "--allow-live")
        assert code == 0
        assert "POST" in {method for _, method in counter.asked}
