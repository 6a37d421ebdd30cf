"""Odd, and right."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile.cases import SOUND, case
from tests.hostile.wires import KEY, Ask, Wire


@case(SOUND)
def hangs_up_after_each_answer(ask: Ask, wire: Wire) -> None:
    """Closes the connection after each answer, without saying so."""
    wire.answer(ask.sound(), ask)
    wire.close()


@case(SOUND)
def answers_in_tiny_chunks(ask: Ask, wire: Wire) -> None:
    """Sends every body in chunks of seven bytes."""
    status, headers, body = ask.sound()
    if ask.method == "HEAD":
        wire.reply(status, headers, b"", head_only=True)
        return
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts)
    wire.send(wire.head(status, [*headers, ("Transfer-Encoding", "chunked")]), chunks, b"0\r\nX-Trailer: a\r\n\r\n")


@case(SOUND)
def says_something_before(ask: Ask, wire: Wire) -> None:
    """Sends 100 and 103 before every answer, and headers that nobody knows."""
    wire.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    status, headers, body = ask.sound()
    wire.reply(
        status,
        [*headers, ("X-Latin", "caf\xe9"), ("Set-Cookie", "session=abc; Path=/"), ("X-Empty", "")],
        body,
        ask.method == "HEAD",
    )


@case(SOUND)
def answers_head_with_a_body(ask: Ask, wire: Wire) -> None:
    """Sends a body to HEAD, too, as many do."""
    wire.reply(*ask.sound())


@case(SOUND)
def knows_who_has_a_cookie(ask: Ask, wire: Wire) -> None:
    """Lets in whoever brings the cookie that it sets."""
    if "session=in" in ask.headers.get("cookie", "") and "authorization" not in ask.headers:
        ask.headers["authorization"] = f"Bearer {KEY}"
    status, headers, body = ask.sound()
    wire.reply(status, [*headers, ("Set-Cookie", "session=in; Path=/")], body, ask.method == "HEAD")


@case(SOUND)
def speaks_http_1_0(ask: Ask, wire: Wire) -> None:
    """Answers in HTTP/1.0, without a length, and ends by closing."""
    status, headers, body = ask.sound()
    wire.send(wire.head(status, headers).replace(b"HTTP/1.1", b"HTTP/1.0"), b"" if ask.method == "HEAD" else body)
    wire.close()


@case(SOUND)
def ends_by_closing(ask: Ask, wire: Wire) -> None:
    """Sends neither a length nor chunks, and says that it closes."""
    status, headers, body = ask.sound()
    wire.send(wire.head(status, [*headers, ("Connection", "close")]), b"" if ask.method == "HEAD" else body)
    wire.close()


@case(SOUND)
def writes_its_headers_otherwise(ask: Ask, wire: Wire) -> None:
    """Has lower-case names, no reason, white space around values, and many headers."""
    status, headers, body = ask.sound()
    rows = [*headers, ("content-length", str(len(body))), *((f"x-{at}", "y" * 20) for at in range(500))]
    head = "".join(f"{name.lower()}: \t {value} \t\r\n" for name, value in rows)
    wire.send(f"HTTP/1.1 {status} \r\n{head}\r\n".encode("latin-1"), b"" if ask.method == "HEAD" else body)


@case(SOUND)
def writes_its_json_otherwise(ask: Ask, wire: Wire) -> None:
    """Escapes every character, in another order of names, with all the white space that there may be."""
    status, headers, body = ask.sound()
    if body[:1] == b"{":
        body = b"\r\n\t " + _escaped(json.loads(body)).encode("ascii") + b" \n\n"
    wire.answer((status, headers, body), ask)


def _escaped(value: Any) -> str:
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass")
        pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
        return '"' + "".join(f"\\u{pair.upper()}" for pair in pairs) + '"'
    if isinstance(value, dict):
        rows = (f"\t{_escaped(name)} \r\n : {_escaped(each)} " for name, each in reversed(value.items()))
        return "{ " + " ,".join(rows) + "}"
    if isinstance(value, list):
        return "[" + " , ".join(map(_escaped, value)) + "\n]"
    return json.dumps(value)


@case(SOUND)
def has_a_clock_of_its_own(ask: Ask, wire: Wire) -> None:
    """Sends a Date that goes backwards, and headers of caches and proxies."""
    status, headers, body = ask.sound()
    dates = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", ""]
    more = [("Date", dates[ask.number % 4]), ("Age", "99999999999"), ("Via", "1.1 a, 1.0 b"), ("Expires", "0")]
    wire.answer((status, [*headers, *more, ("Alt-Svc", 'h3=":1"'), ("Refresh", "0; url=http://a/")], body), ask)


@case(SOUND)
def sets_many_cookies(ask: Ask, wire: Wire) -> None:
    """Sets a hundred cookies with each answer, and refuses whoever brings one."""
    status, headers, body = ask.sound() if "cookie" not in ask.headers else (400, [], b"{}")
    wire.answer((status, [*headers, *(("Set-Cookie", f"c{at}=v; Path=/; Max-Age=9") for at in range(100))], body), ask)


@case(SOUND)
def writes_its_chunks_otherwise(ask: Ask, wire: Wire) -> None:
    """Has lengths in capitals with zeros before them, extensions, and trailers."""
    status, headers, body = ask.sound()
    head = wire.head(status, [*headers, ("Transfer-Encoding", "Chunked"), ("Trailer", "X-Sum")])
    chunks = b'0000%X;a="b;c";d\r\n%s\r\n' % (len(body), body) if body else b""
    wire.send(head, b"" if ask.method == "HEAD" else chunks + b"000;last\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n")


@case(SOUND)
def names_its_charset(ask: Ask, wire: Wire) -> None:
    """Sends its media type in other letters and with parameters."""
    status, headers, body = ask.sound()
    kinds = ['Application/JSON; charset="utf-8"', "application/json;charset=UTF-8;profile=x", "application/json ; q=1"]
    kept = [pair for pair in headers if pair[0].lower() != "content-type"]
    wire.answer((status, [*kept, ("Content-Type", kinds[ask.number % 3])] if body else kept, body), ask)
