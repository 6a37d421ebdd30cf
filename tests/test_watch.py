"""`check --watch`: what counts as a change, when a target is back, and what is tried first."""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path

import pytest

from conformance import watch
from conformance.cli import main


def test_files_are_known_by_their_times_without_what_tools_make(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "app.pyc").write_text("1")
    (tmp_path / ".hidden").write_text("1")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text("1")
    files = watch.Files(tmp_path, tmp_path / "out")

    before = files.times()
    os.utime(tmp_path / "app.py", (1, 1))

    assert set(before) == {str(tmp_path / "app.py")}
    assert files.times() != before


def test_one_file_may_be_watched(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("1")

    assert set(watch.Files(file).times()) == {str(file)}


def _listening(port: int = 0) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def test_a_target_that_goes_away_is_back_when_it_can_be_connected_to_again() -> None:
    server = _listening()
    port = server.getsockname()[1]
    target = watch.Presence(f"http://127.0.0.1:{port}")
    target.wait()
    held, _ = server.accept()
    assert not target.came_back()

    server.close()
    held.close()
    assert not target.came_back()

    server = _listening(port)
    assert target.came_back()
    target.wait()
    assert not target.came_back()
    target.close()
    server.close()


def test_a_connection_that_the_target_drops_is_no_restart() -> None:
    server = _listening()
    target = watch.Presence(f"http://127.0.0.1:{server.getsockname()[1]}")
    target.wait()
    held, _ = server.accept()
    held.close()

    assert not target.came_back()
    target.close()
    server.close()


def test_what_failed_before_is_told_by_the_report(tmp_path: Path) -> None:
    rows = [
        {"id": "AUTH-03", "level": "SHOULD", "outcome": "failed"},
        {"id": "PAGE-02", "level": "MUST", "outcome": "failed"},
        {"id": "SEND-01", "level": "MUST", "outcome": "passed"},
    ]
    (tmp_path / "report.json").write_text(json.dumps({"requirements": rows}))

    assert watch.failed(tmp_path / "report.json") == ["PAGE-02", "AUTH-03"]
    assert watch.failed(tmp_path / "none.json") == []


def test_it_checks_again_with_what_failed_first_until_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app, reports = tmp_path / "app.py", tmp_path / "reports"
    app.write_text("1")
    reports.mkdir()
    earlier = []

    def checked(args: argparse.Namespace, run: object) -> int:
        earlier.append(args.earlier)
        if len(earlier) == 3:
            raise KeyboardInterrupt
        row = {"id": "PAGE-02", "level": "MUST", "outcome": "failed"}
        (reports / "report.json").write_text(json.dumps({"requirements": [row]}))
        os.utime(app, (len(earlier), len(earlier)))
        return 1

    monkeypatch.setattr(watch, "_checked", checked)
    monkeypatch.setattr(watch, "PAUSE", 0.0)
    args = argparse.Namespace(watch=str(tmp_path), earlier=[], har=None, write_baseline=None)

    assert watch.watch(args, None, reports, lambda _: 0) == 1
    assert earlier == [[], ["PAGE-02"], ["PAGE-02"]]
    assert "changed: checking again" in capsys.readouterr().out


def test_what_cannot_be_watched_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--watch", "/nowhere/at/all"]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err
