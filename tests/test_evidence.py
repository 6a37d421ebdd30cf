"""Exchanges as evidence: a curl line does what the request did, whatever stands in it, in any POSIX shell."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from conformance.model import Credential, Exchange, Request, Response
from conformance.report.evidence import BODY, MOST, curl, evidence, latencies, pooled, sample

BASE = "http://127.0.0.1:8000"
FAKE = """#!/usr/bin/env python3
import json, sys
given = sys.stdin.buffer.read() if "@-" in sys.argv else b""
print(json.dumps([sys.argv[1:], given.decode("latin-1")]))
"""
HOSTILE = [
    "plain",
    'it\'s $HOME and `id` and $(id) and \\ and "quoted"',
    "; touch pwned #",
    "' ; touch pwned ; '",
    "$MESSAGES_API_KEY",
    "@/etc/passwd",
    "-o pwned",
    "two\nlines",
    "🚚 é שלום",
    "100% %s %n \\n \\0",
    "!history",
    "*",
    "~",
]


@pytest.fixture
def shell(tmp_path: Path):
    """Runs a line with a curl that prints its arguments; gives these, and what came by its standard input."""
    program = tmp_path / "bin" / "curl"
    program.parent.mkdir()
    program.write_text(FAKE, encoding="utf-8")
    program.chmod(0o755)
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}", "MESSAGES_API_KEY": "sk_test_secret"}

    def run(line: str) -> tuple[list[str], bytes]:
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, check=True, env=environment, cwd=tmp_path, timeout=20
        )
        assert not (tmp_path / "pwned").exists()
        assert done.stderr == b""
        arguments, given = json.loads(done.stdout)
        return arguments, given.encode("latin-1")

    return run


def request(method: str = "GET", target: str = "/v1/messages", headers: tuple = (), body: bytes = b"") -> Request:
    """A request as it is recorded."""
    return Request(method, target, headers, body, Credential.KEY)


def test_a_plain_line_is_as_one_would_write_it():
    headers = (("Content-Type", "application/json"), ("Authorization", "Bearer $MESSAGES_API_KEY"))
    line = curl(request("POST", headers=headers, body=b'{"a": 1}'), BASE)
    assert line == (
        "curl -sS -i -X POST http://127.0.0.1:8000/v1/messages -H 'Content-Type: application/json'"
        ' -H "Authorization: Bearer $MESSAGES_API_KEY" --data-raw \'{"a": 1}\''
    )


def test_the_key_is_filled_in_by_the_shell(shell):
    arguments, _ = shell(curl(request(headers=(("Authorization", "Bearer $MESSAGES_API_KEY"),)), BASE))
    assert arguments == ["-sS", "-i", f"{BASE}/v1/messages", "-H", "Authorization: Bearer sk_test_secret"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_body_is_one_argument(text, shell):
    body = json.dumps({"body": text}, ensure_ascii=False).encode()
    arguments, _ = shell(curl(request("POST", body=body), BASE))
    assert arguments[-2:] == ["--data-raw", body.decode()]


@pytest.mark.parametrize("text", [*HOSTILE, ""])
def test_a_hostile_header_is_one_argument(text, shell):
    arguments, _ = shell(curl(request(headers=(("X-Odd", text),)), BASE))
    assert arguments[-2:] == ["-H", f"X-Odd: {text}" if text else "X-Odd;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_target_is_one_argument(text, shell):
    arguments, _ = shell(curl(request(target=f"/v1/messages?x={text}"), BASE))
    assert arguments == ["-sS", "-i", f"{BASE}/v1/messages?x={text}"]


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x01\x02",
        b"\xff\xfe{\x00}\x00",
        bytes(range(256)),
        b"nul \x00\nand a line",
        b"\x1b[31m\n",
        b"100% '\\x41' \\101 %s\x00",
        "bell \u0007".encode(),
        "\u202eoverride".encode(),
    ],
)
def test_bytes_come_out_of_the_shell_as_they_were(body, shell):
    line = curl(request("POST", body=body), BASE)
    arguments, given = shell(line)
    assert line.isprintable()
    assert arguments[-2:] == ["--data-binary", "@-"]
    assert given == body


def test_curl_adds_no_content_type_of_its_own(shell):
    arguments, _ = shell(curl(request("POST", body=b"{}"), BASE))
    assert arguments[-4:-2] == ["-H", "Content-Type:"]


def test_curl_takes_no_part_of_a_url_for_a_range(shell):
    assert "-g" in shell(curl(request(target="/v1/messages?limit[]={1,2}"), BASE))[0]


def test_a_head_request_does_not_wait_for_a_body(shell):
    assert shell(curl(request("HEAD"), BASE))[0] == ["-sS", "-I", f"{BASE}/v1/messages"]


# -- evidence --------------------------------------------------------------------------------------------------------


def exchange(number: int, body: bytes = b"{}", response: bool = True, trouble: str | None = None) -> Exchange:
    """An exchange that took a tenth of a second."""
    answer = Response(200, (("X", "1"),), body, {}) if response else None
    return Exchange(number, number + 0.0, number + 0.1, 0.0, request("POST", body=body), answer, trouble)


def test_an_exchange_is_shown_with_what_came_of_it():
    (shown,) = evidence([exchange(3)], BASE, 1.0)
    assert shown["request"]["url"] == f"{BASE}/v1/messages"
    assert shown["request"]["body"] == "{}"
    assert shown["response"] == {"status": 200, "headers": [["X", "1"]], "body": "{}", "elapsed_ms": 100.0, "bytes": 2}
    assert shown["began_ms"] == 2000.0
    assert json.loads(json.dumps(shown)) == shown


def test_where_nothing_came_the_trouble_is_shown():
    (shown,) = evidence([exchange(1, b"", response=False, trouble="timeout: x")], BASE, 5.0)
    assert shown["response"] is None
    assert shown["trouble"] == "timeout: x"
    assert shown["request"]["body"] is None
    assert shown["began_ms"] == 0.0


def test_a_long_body_is_cut_and_says_so():
    (shown,) = evidence([exchange(1, b"x" * (BODY + 1))], BASE, 0.0)
    assert shown["request"]["truncated"]
    assert shown["response"]["truncated"]
    assert len(shown["response"]["body"]) == BODY
    assert shown["response"]["bytes"] == BODY + 1


def test_of_many_exchanges_the_first_and_the_last_are_shown():
    shown = evidence([exchange(number) for number in range(1, 31)], BASE, 0.0)
    assert len(shown) == MOST
    assert [each["began_ms"] for each in shown][:5] == [1000, 2000, 3000, 4000, 23000]


def test_latencies_are_a_sample_of_what_was_answered():
    found = latencies([("list", exchange(number)) for number in range(1200)] + [("send", exchange(1, response=False))])
    assert set(found) == {"list"}
    assert len(found["list"]) == 500
    assert set(found["list"]) == {100.0}


def test_a_sample_is_spread_over_all_values():
    assert sample([1.0, 2.0]) == [1.0, 2.0]
    spread = pooled(
        [{"list": [float(each) for each in range(700)]}, {"list": [float(each) for each in range(700, 1000)]}]
    )
    assert spread["list"] == [float(each) for each in range(0, 1000, 2)]


def listed(body: str) -> Exchange:
    """A list that was answered so."""
    answer = Response(200, (), body.encode(), json.loads(body))
    return Exchange(1, 1.0, 1.1, 0.0, request("GET"), answer, None)


def test_a_list_tells_its_ids_though_its_body_is_cut():
    items = [{"id": f"msg_{each}", "body": "x" * 100} for each in range(60)]
    (shown,) = evidence([listed(json.dumps({"object": "list", "data": items}))], BASE, 0.0)
    assert shown["response"]["truncated"]
    assert shown["response"]["ids"] == [each["id"] for each in items]


@pytest.mark.parametrize("body", ['{"data": [1, {"id": 2}, {}]}', '{"data": 5}', "[]", '{"data": []}'])
def test_what_is_no_list_of_messages_tells_none(body):
    (shown,) = evidence([listed(body)], BASE, 0.0)
    assert "ids" not in shown["response"]
