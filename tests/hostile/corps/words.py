"""Hostile words, and the key repeated."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from tests.hostile.cases import SOUND, WRONG, case
from tests.hostile.wires import KEY, Ask, Wire

VENOM = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\u202egpj.exe\u2066\x00\x08\x7f\x9b31m\ufffe\uffff\ud800 ]]> --> "
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>\n::set-output name=x::y\n##[set-env name=x;]y\n"
    "##vso[task.setvariable variable=x]y\r\n::error::z `rm -rf /` $(touch owned) '; touch owned #\n"
    "[x](javascript:alert(1)) | a |"
)


def _poison(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            VENOM + name if name == "extra" else name: _poison(each)
            for name, each in (*value.items(), ("extra", VENOM))
        }
    if isinstance(value, list):
        return [_poison(each) for each in value]
    return f"{value}{VENOM}" if isinstance(value, str) else value


@case(WRONG)
def speaks_venom(ask: Ask, wire: Wire) -> None:
    """Puts what would act in a terminal, a page, an XML file, a shell and a CI log into every text."""
    status, headers, body = ask.sound()
    poisoned = json.dumps(_poison(json.loads(body))).encode() if body[:1] == b"{" else VENOM.encode("utf-8", "replace")
    wire.reply(status, [*headers, ("X-Venom", "\x9b2J \x9d0;a ::error::z <script>alert(1)</script> `id`")], poisoned)


@case(WRONG)
def speaks_venom_in_one_field(ask: Ask, wire: Wire) -> None:
    """Is right in all but its statuses, its ids and its errors' parameters."""
    status, headers, body = ask.sound()
    text = body.replace(b'"sent"', json.dumps(VENOM).encode()).replace(b'"queued"', json.dumps(VENOM).encode())
    wire.reply(status, headers, text.replace(b'"param": "', b'"param": "' + json.dumps(VENOM)[1:-1].encode()))


@case(WRONG)
def has_ids_that_are_paths(ask: Ask, wire: Wire) -> None:
    """Gives its messages ids that would lead out of a folder, or out of a shell's quotes."""
    status, headers, body = ask.sound()
    wire.reply(status, headers, body.replace(b'"msg_', b"\"../../../../tmp/owned'; touch owned; '\\n::error::"))


def spellings(key: str) -> list[str]:
    """The forms in which a key may be repeated."""
    raw = key.encode()
    return [
        key, quote(key, safe=""), "".join(f"%{each:02X}" for each in raw), base64.b64encode(raw).decode(), raw.hex(),
        base64.b64encode(b"user:" + raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("="), raw.hex().upper(),
        key.replace("/", "\\/"), "".join(f"\\u{each:04x}" for each in raw), "".join(f"&#{each};" for each in raw),
    ]  # fmt: skip


@case((0, 1))
def repeats_the_key(ask: Ask, wire: Wire) -> None:
    """Repeats the key in every form, in headers and bodies; the bodies are right otherwise."""
    status, headers, body = ask.sound()
    texts_ = spellings(KEY)
    echo = ", ".join(f'"x{at}": "{text}"' for at, text in enumerate(texts_)).encode()
    echo += b', "' + KEY.encode() + b'": 1, "metadata2": {"deep": ["' + KEY.encode() + b'"]}'
    body = body[:-1] + b", " + echo + b"}" if body.endswith(b"}") and len(body) > 2 else body
    wire.reply(
        status, [*headers, *((f"X-Echo-{at}", text) for at, text in enumerate(texts_))], body, ask.method == "HEAD"
    )


@case(WRONG)
def repeats_the_key_where_it_is_wrong(ask: Ask, wire: Wire) -> None:
    """Puts the key where a judge will quote it: into statuses, error types and ids."""
    status, headers, body = ask.sound()
    body = body.replace(b'"sent"', f'"{KEY}"'.encode()).replace(b"invalid_request_error", KEY.encode())
    wire.reply(
        status, headers, body.replace(b'"msg_', f'"msg_{KEY}_'.encode()).replace(b'"outbound"', f'"{KEY}"'.encode())
    )


@case(SOUND)
def repeats_the_key_in_a_trailer(ask: Ask, wire: Wire) -> None:
    """Repeats the key behind the end of every body."""
    status, headers, body = ask.sound()
    chunk = b"%x;key=%s\r\n%s\r\n" % (len(body), b"c", body) if body else b""
    tail = chunk + b"0\r\nX-Key: " + ask.headers.get("authorization", "none").encode() + b"\r\n\r\n"
    wire.send(wire.head(status, [*headers, ("Transfer-Encoding", "chunked")]), b"" if ask.method == "HEAD" else tail)


@case((0, 1))
def repeats_the_key_in_halves(ask: Ask, wire: Wire) -> None:
    """Repeats one half of the key in a header, the other in the body, in each form."""
    status, headers, body = ask.sound()
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in (spellings(KEY)[at] for at in (0, 3))]
    echo = "".join(f', "half{at}": "{half}", "first{at}": "{first} "' for at, (first, half) in enumerate(halves))
    body = body[:-1] + echo.encode() + b"}" if body.endswith(b"}") and len(body) > 2 else body
    wire.answer((status, [*headers, *((f"X-Half-{at}", half) for at, (half, _) in enumerate(halves))], body), ask)


@case(WRONG, "ERR-01")
def breaks_with_the_key(ask: Ask, wire: Wire) -> None:
    """Says the key where an error message of a parser will quote it."""
    key = ask.headers.get("authorization", "").encode()
    wire.send(
        (b"HTTP/1.1 200 OK\r\n%s\r\n\r\n", b"%s HTTP\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n")[
            ask.number % 3
        ]
        % key
    )
    wire.close()


@case(WRONG, "HTTP-01")
def names_a_member_by_the_key_twice(ask: Ask, wire: Wire) -> None:
    """Has the key for a name that stands twice, which the reader of JSON will quote."""
    name = json.dumps(ask.headers.get("authorization", "x")).encode()
    wire.reply(200, [("Content-Type", "application/json")], b"{%s: 1, %s: 2}" % (name, name))


@case(WRONG)
def fails_with_the_key(ask: Ask, wire: Wire) -> None:
    """Answers 500 with the request that it got."""
    rows = [f"{name}: {value}" for name, value in ask.headers.items()]
    wire.reply(500, [("X-Request", "; ".join(rows))], "\n".join([ask.path, *rows]).encode() + ask.body)
