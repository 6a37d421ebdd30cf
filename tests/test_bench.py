"""The benchmark: what a replay sends and leaves out, plots of odd numbers, the page, and a tiny run. No seconds here."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.target import load
from tests.bench import __main__ as command
from tests.bench import chain, checks, client, faults, material, page, plots, replay
from tests.bench.measuring import Row, Settings, check, piece, shown, warmed

FEW = ("--max-requests", "25")
TARGET = reference.target_toml("http://127.0.0.1:1")


def entry(method: str = "GET", target: str = "/v1/messages", status: int = 200, body: str = "", **headers: str) -> Any:
    """An entry of an archive as a check writes it."""
    request = {
        "method": method,
        "url": f"http://127.0.0.1:1{target}",
        "headers": [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()],
        **({"postData": {"mimeType": "application/json", "text": body}} if body else {}),
    }
    answer = {"status": status, "headers": [], "content": {"size": 0}}
    return {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "time": 1,
        "request": request,
        "response": answer,
        "_credential": "key",
    }


def made_ready(folder: Path, *entries: Any) -> material.Material:
    """The material of an archive of these entries."""
    (folder / "some.har").write_text(json.dumps({"log": {"entries": entries}}))
    return material.read(folder / "some.har", TARGET)


def test_the_keys_that_a_recording_withholds_are_put_back(tmp_path: Path) -> None:
    made = made_ready(
        tmp_path,
        entry(Authorization="Bearer $MESSAGES_API_KEY"),
        entry(target="/v1/messages?key=$OTHER_ACCOUNT_KEY"),
        entry("POST", body='{"body": "$PUBLISHABLE_KEY"}', status=201),
    )
    first, second, third = made.requests
    assert ["Authorization", "Bearer sk_test_a"] in [list(pair) for pair in first["headers"]]
    assert second["target"] == "/v1/messages?key=sk_test_b"
    assert b'{"body": "pk_test_a"}' in client.wires([third], "host")[0]
    assert made.told == "0 left out"


def test_what_no_client_sends_is_counted_and_named(tmp_path: Path) -> None:
    made = made_ready(
        tmp_path,
        entry(),
        entry(status=0),
        entry(Authorization="Bearer ends in a space "),
        entry(Authorization="Bearer \u2028"),
        entry(target="/v1/messages/é"),
        entry(target="/health"),
        entry() | {"startedDateTime": "never"},
    )
    assert len(made.requests) == 1
    assert made.left_out == {
        "without an answer": 1,
        "with a header that no client writes": 2,
        "with a path of raw bytes": 1,
        "to other paths": 1,
        "recorded without a time": 1,
    }
    assert made.told.startswith("6 left out: ")


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A port at which each request gets the next answer; the connection is closed where one says so or tells no length."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection = None
        for answer in answers:
            if connection is None:
                connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(answer)
            if b"close" in answer or b"gth" not in answer:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    thread.join(10)
    listener.close()


def test_the_longest_chain_is_of_what_cannot_be_made_at_the_same_time(tmp_path: Path) -> None:
    """Sends after one another, a list after them, its page after it; refused sends and sends made at once wait for none."""

    def made(began: int, ended: int, method: str, target: str = "", status: int = 200, **content: Any) -> Any:
        each = entry(method, f"/v1/messages{target}", status)
        each["response"]["content"]["text"] = json.dumps(content)
        return {**each, "_began": began, "_ended": ended}

    entries = [
        made(0, 1, "POST", id="a"),
        made(1, 2, "POST", status=400),
        made(2, 3, "POST", id="b"),
        made(3, 6, "POST", id="c"),
        made(4, 6, "POST", id="d"),
        made(7, 8, "GET", "/a", id="a"),
        made(8, 9, "GET", "?limit=2", data=[{"id": "c"}, {"id": "d"}]),
        made(9, 10, "GET", "?limit=2&starting_after=d", data=[{"id": "a"}]),
    ]
    lengths = []
    for count in range(1, len(entries) + 1):
        (tmp_path / "some.har").write_text(json.dumps({"log": {"entries": entries[:count]}}))
        lengths.append(chain.longest(tmp_path / "some.har"))
    assert lengths == [1, 1, 2, 3, 3, 3, 4, 4]


def test_a_bare_socket_knows_where_an_answer_ends() -> None:
    answers = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 201 Created\r\n\r\nuntil the end",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
    )
    requests = [{"method": "GET", "target": "/", "headers": [], "body": ""}] * len(answers)
    with answering(*answers) as port:
        assert client.with_socket(requests, f"http://127.0.0.1:{port}") == ([200, 400, 201, 404], 3)


@pytest.mark.parametrize("most", [0, 1e-9, 0.3, 1, 7, 99, 100, 12345678, float("inf"), float("nan")])
def test_an_axis_holds_any_number(most: float) -> None:
    marks = plots.ticks(most)
    assert marks[0] == 0
    assert 2 <= len(marks) <= 8
    assert not marks[-1] < most or most == float("inf")


def rows(*samples: list[float], **targets: float) -> list[dict[str, Any]]:
    """Rows of samples of the wall time."""
    made = []
    for at, values in enumerate(samples):
        row = Row(f"row {at}", x=10**at, **targets)
        for value in values:
            row.add(wall_s=value)
        made.append(row.plain())
    return made


@pytest.mark.parametrize("values", [[0.0], [0.0, 0.0], [1e9, 1e-9], [3.0, float("nan")], [1.0] * 50])
def test_plots_hold_odd_numbers(values: list[float]) -> None:
    for drawn in (
        plots.bars(rows(values, [2.0], wall_s=1.5), "wall_s"),
        plots.lines(rows(values, [2.0]), "wall_s", log=True),
        plots.lines(rows(values), "wall_s"),
        plots.steps(values, 1.0),
    ):
        assert drawn is not None
        numbers = [float(each) for each in re.findall(r"(?<=: )-?[0-9.]+(?=[,}])|nan|inf", repr(drawn).lower())]
        assert all(-1 <= each <= 1000 for each in numbers), drawn


def test_of_nothing_no_plot_is_drawn() -> None:
    assert plots.bars(rows([]), "wall_s") is None
    assert plots.lines(rows([float("nan")]), "wall_s") is None
    assert plots.steps([]) is None


def document() -> dict[str, Any]:
    """A small benchmark: of every kind of plot one."""
    row, again = Row("quick <b>", "check --profile quick", x=1, wall_s=1.5), Row("again", x=20)
    row.add(wall_s=1.2, requests=60)
    row.add(wall_s=1.9, requests=60)
    row.note("<script>alert(1)</script>")
    again.add(wall_s=0.4, requests=3)
    charts = [{"kind": kind, "metric": "wall_s", "x": "ms", "log": True} for kind in ("bars", "line", "steps")]
    facts = [{"metric": "wall_s", "median": 1, "p90": 2, "most": 3}]
    table = {"title": "The slowest", "columns": ["fault", "s"], "rows": [["limit-none", 2.5]]}
    return {
        "format": 1, "began": "then", "commit": "abc", "written": "now", "command": "python -m tests.bench", "options": "",
        "machine": "2 cores", "system": "here", "load": 0.5, "versions": {"httpx": "1"}, "repeat": 2,
        "pieces": {
            "checks": piece("Checks", "What they cost.", [row, again], charts[:2]),
            "history": piece("Faults", "When they show.", [row], charts[2:], facts=facts, table=table),
            "faults": {"title": "faults", "about": "", "rows": [], "charts": [], "trouble": "RuntimeError: <b>"},
        },
    }  # fmt: skip


def test_the_page_is_self_contained_and_escapes_what_it_shows() -> None:
    html = page.render(document())
    assert html.count("<svg ") == 3
    assert "&lt;script&gt;" in html
    assert not re.search(r"<script|<link|src=|url\(|<b>&lt;|RuntimeError: <b>", html)
    assert "1.55 (1.20–1.90)" in html
    assert re.search(r'class="bad">missed', html)
    assert "This could not be measured" in html
    assert "limit-none" in html


def test_the_files_are_written_and_the_table_says_what_they_say(tmp_path: Path) -> None:
    page.write(document(), tmp_path)
    kept = json.loads((tmp_path / "benchmark.json").read_text())
    assert kept["pieces"]["checks"]["rows"][0]["median"] == {"wall_s": 1.55, "requests": 60}
    assert (tmp_path / "benchmark.html").is_file()
    text = page.table(kept["pieces"]["checks"])
    assert "quick <b>" in text
    assert "1.55" in text
    assert "RuntimeError" in page.table(kept["pieces"]["faults"])


def test_pieces_are_chosen_by_name() -> None:
    assert command.pieces("workers,startup") == ["startup", "workers"]
    assert command.pieces("growth") == ["history", "latency", "workers"]
    with pytest.raises(Exception, match="no such piece: speed"):
        command.pieces("speed")


def test_a_round_holds_each_case_once_and_a_draw_is_always_the_same() -> None:
    order = list(Settings(repeat=3).rounds("abc"))
    assert [sorted(order[at : at + 3]) for at in (0, 3, 6)] == [list("abc")] * 3
    assert faults.drawn(5, 1) == faults.drawn(5, 1) != faults.drawn(5, 2)
    assert len(faults.drawn(0, 1)) == len(reference.FAULTS)


def test_commands_are_shown_as_people_type_them() -> None:
    assert shown(checks.CHECK) == "messages-conformance check --target target.toml --report-dir report"
    assert shown(checks.PYTHON) == "python -c pass"


def test_a_tiny_run_measures_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start-up, and a check of few requests replayed by both clients: as many requests, answered as they were recorded."""
    monkeypatch.setitem(command.PIECES, "replay", _few_replayed)
    monkeypatch.setattr(command, "warmed", lambda settings: warmed(settings, *FEW))
    words = [
        "bench",
        "--only",
        "startup,replay",
        "--repeat",
        "1",
        "--report",
        str(tmp_path),
        "--json",
        f"{tmp_path}/b.json",
    ]
    monkeypatch.setattr("sys.argv", words)
    assert command.main() == 0
    made = json.loads((tmp_path / "b.json").read_text())["pieces"]
    assert [row["name"][:5] for row in made["startup"]["rows"]] == ["check", "an em"]
    run, *replays = made["replay"]["rows"]
    assert len(replays) == 2
    sent = run["median"]["requests"]
    for row in replays:
        assert row["median"]["requests"] == pytest.approx(sent, abs=3)
        same, of = re.match(r"(\d+) of (\d+) answered", row["notes"][0]).groups()
        assert int(same) >= int(of) * 0.9
        assert row["median"]["ratio"] > 0


def _few_replayed(settings: Settings) -> dict[str, Any]:
    return replay.measured(settings, "r", "", [replay.ours("few", *FEW)], list(replay.CLIENTS), {})


def test_a_check_without_a_report_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="no report"):
        check("this is no target file")


def test_the_target_that_is_measured_is_one_that_the_suite_reads(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(TARGET)
    target = load(str(tmp_path / "target.toml"), None, None, ())
    assert {getattr(target, name) for name in material.KEYS.values()} == {"sk_test_a", "pk_test_a", "sk_test_b"}
