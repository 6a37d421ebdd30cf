"""The corps: each behaviour is a small function, its sentence, the exits that are true of it, and what it violates."""

from __future__ import annotations

import base64
import gzip
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.hostile.wires import KEY, Ask, Behaviour, Wire

SOUND, WRONG, GONE = (0,), (1,), (3,)
JSON = [("Content-Type", "application/json")]


@dataclass(frozen=True)
class Case:
    """A behaviour, the exits that are true of it, a requirement that it violates, words of the reason."""

    behave: Behaviour
    exits: tuple[int, ...]
    violates: str = ""
    says: str = ""
    seconds: float = 20.0


CASES: dict[str, Case] = {}


def case(
    exits: tuple[int, ...], violates: str = "", says: str = "", seconds: float = 20.0
) -> Callable[[Behaviour], Behaviour]:
    """Put a behaviour into the corps, under its name."""

    def put(behave: Behaviour) -> Behaviour:
        CASES[behave.__name__] = Case(behave, exits, violates, says, seconds)
        return behave

    return put


def always(
    name: str, raw: bytes, exits: tuple[int, ...], violates: str = "", says: str = "", ends: bool = True
) -> None:
    """Put a server into the corps that says the same bytes to every request, and hangs up."""

    def behave(ask: Ask, wire: Wire) -> None:
        wire.send(raw)
        if ends:
            wire.close()

    behave.__name__ = name
    case(exits, violates, says)(behave)


def texts(name: str, body: bytes, exits: tuple[int, ...] = WRONG, violates: str = "HTTP-01", says: str = "") -> None:
    """Put a server into the corps whose lists are this body."""

    def behave(ask: Ask, wire: Wire) -> None:
        wire.reply(*((200, JSON, body) if ask.lists and KEY in ask.headers.get("authorization", "") else ask.sound()))

    behave.__name__ = name
    case(exits, violates, says)(behave)


# -- nobody there, or nobody who answers -------------------------------------------------------------------------------


@case(GONE, says="no answer")
def silent(ask: Ask, wire: Wire) -> None:
    """Takes requests and never answers."""
    time.sleep(15)


@case(GONE, says="closed")
def hangs_up(ask: Ask, wire: Wire) -> None:
    """Closes every connection without a word."""
    wire.close()


@case(GONE, says="reset")
def resets(ask: Ask, wire: Wire) -> None:
    """Resets every connection."""
    wire.reset()


@case(GONE, says="is gone")
def dies_half_way(ask: Ask, wire: Wire) -> None:
    """Goes away for good after twenty requests."""
    if ask.number > 20:
        wire.state["server"].end()
    else:
        wire.reply(*ask.sound())


@case(GONE, says="is gone")
def dies_within_an_answer(ask: Ask, wire: Wire) -> None:
    """Goes away for good in the middle of its twentieth answer."""
    if ask.number >= 20:
        wire.send(wire.head(200, [("Content-Length", "1000")]), b'{"obj')
        wire.state["server"].end()
    else:
        wire.reply(*ask.sound())


@case(SOUND)
def comes_back(ask: Ask, wire: Wire) -> None:
    """Is away for most of a second, once."""
    if ask.number == 20:
        server = wire.state["server"]
        server.end()
        time.sleep(0.7)
        server.again()
    else:
        wire.reply(*ask.sound())


@case(GONE, says="hangs")
def hangs_after_a_while(ask: Ask, wire: Wire) -> None:
    """Falls silent for good after twenty requests."""
    if ask.number > 20:
        time.sleep(15)
    wire.reply(*ask.sound())


# -- what is no HTTP ---------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
always("speaks_another_protocol", b"220 mail.example ESMTP ready\r\n", WRONG, "ERR-01", "220 mail")
always("says_garbage", bytes(range(256)) * 8, WRONG, "ERR-01", "malformed HTTP")
always("speaks_http_0_9", b'{"object": "list", "data": [], "has_more": false}', WRONG, "ERR-01")
always("gives_less_than_promised", HEAD + b"Content-Length: 100\r\n\r\n{}", WRONG, "ERR-01", "cut off")
always(
    "gives_more_than_promised", HEAD + b"Content-Length: 2\r\n\r\n{}{}{}", WRONG, "ERR-01", "follow the end", ends=False
)
always("has_two_lengths", HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", WRONG, "ERR-01")
always("has_a_negative_length", HEAD + b"Content-Length: -2\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_length_that_is_no_number", HEAD + b"Content-Length: two\r\n\r\n{}", WRONG, "ERR-01")
always("has_garbage_for_chunks", HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n", WRONG, "ERR-01")
always("has_a_chunk_cut_off", HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n{}", WRONG, "ERR-01", "cut off")
always(
    "has_chunks_of_the_wrong_length", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", WRONG, "ERR-01"
)
always("has_an_unknown_transfer_coding", HEAD + b"Transfer-Encoding: rot13\r\n\r\n{}", WRONG, "ERR-01")
always("switches_protocols", b"HTTP/1.1 101 Switching\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\nhi", (1, 3))
always("has_a_header_without_end", HEAD + b"X-Long: " + b"a" * 600_000, WRONG, "ERR-01")
always("has_nul_in_a_header", HEAD + b"X-Nul: a\x00b\r\nContent-Length: 2\r\n\r\n{}", WRONG, "ERR-01")
always(
    "is_a_page", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n<html>\n", WRONG, "HTTP-01"
)


@case(WRONG, "ERR-01", "did not end in time")
def drips_headers(ask: Ask, wire: Wire) -> None:
    """Sends a header byte by byte, for ever."""
    wire.send(HEAD)
    wire.drip(b"X-Drip: drip\r\n")


@case(WRONG, "ERR-01", "did not end in time")
def drips_a_body(ask: Ask, wire: Wire) -> None:
    """Sends a body byte by byte, for ever."""
    wire.send(HEAD, b"Content-Length: 1000000\r\n\r\n")
    wire.drip(b"[1, ")


@case(WRONG, "ERR-01", "--max-body")
def has_no_end(ask: Ask, wire: Wire) -> None:
    """Sends chunks for ever."""
    wire.send(HEAD, b"Transfer-Encoding: chunked\r\n\r\n")
    wire.flood(b"10000\r\n" + b" " * 65536 + b"\r\n")


@case(WRONG, "ERR-01")
def has_headers_without_end(ask: Ask, wire: Wire) -> None:
    """Sends header after header, for ever."""
    wire.send(HEAD)
    wire.flood(b"X-Flood: flood\r\n" * 100)


@case(WRONG, "ERR-01", "of headers")
def storms_with_interim_answers(ask: Ask, wire: Wire) -> None:
    """Sends 100 Continue for ever."""
    wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


# -- compression -------------------------------------------------------------------------------------------------------


def _bomb(megabytes: int) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [machine.compress(b" " * 2**20) for _ in range(megabytes)]
    return b"".join([*parts, machine.flush()])


BOMB = _bomb(400)


def packed(name: str, coding: str, body: bytes, says: str) -> None:
    """Put a server into the corps that answers with a body in a content coding."""
    head = HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    always(name, head + body, WRONG, "ERR-01", says, ends=False)


packed("is_a_bomb", "gzip", BOMB, "inflates to more")
packed("is_a_bomb_within_a_bomb", "gzip, gzip", gzip.compress(BOMB), "inflates to more")
packed("is_a_bare_bomb", "deflate", zlib.compress(b"[" * 2**27), "inflates to more")
packed("is_no_gzip", "gzip", b"this is not gzip", "no gzip")
packed("has_gzip_cut_off", "gzip", gzip.compress(b'{"a": "%s"}' % bytes(range(65, 91)))[:-9], "ends early")
packed("uses_a_coding_unasked", "br", b"\x0b\x02\x80{}\x03", "not asked for")
packed("packs_many_times", ", ".join(["gzip"] * 200), b"x", "not asked for")


@case(SOUND)
def packs_properly(ask: Ask, wire: Wire) -> None:
    """Answers in gzip, or in either form of deflate."""
    status, headers, body = ask.sound()
    forms = [("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("deflate", zlib.compress(body)[2:-4])]
    coding, packed_ = forms[ask.number % 3]
    if ask.method == "HEAD" or not body:
        wire.reply(status, headers, body, head_only=True)
    else:
        wire.reply(status, [*headers, ("Content-Encoding", coding)], packed_)


# -- what is no JSON, or too much of it --------------------------------------------------------------------------------

texts("nests_deeply", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, says="nested")
texts("nests_deeply_in_lists", b"[" * 900_000 + b"]" * 900_000, says="nested")
texts("has_a_million_values", b"[" + b"1," * 900_000 + b"1]", says="values")
texts(
    "has_a_number_of_a_million_digits",
    b'{"object": "list", "data": [], "has_more": ' + b"9" * 10**6 + b"}",
    says="number",
)
texts("says_a_name_twice", b'{"object": "list", "object": "list", "data": [], "has_more": false}', says="twice")
texts("says_nan", b'{"object": "list", "data": [NaN], "has_more": false}', says="NaN")
texts("begins_with_a_mark", b'\xef\xbb\xbf{"object": "list", "data": [], "has_more": false}', says="byte order mark")
texts("is_not_utf_8", b'{"object": "list", "data": ["\xff\xfe"], "has_more": false}', says="UTF-8")
texts("is_utf_16", '{"object": "list"}'.encode("utf-16"), says="UTF-8")
texts("goes_on_after_its_end", b'{"object": "list", "data": [], "has_more": false} and more', says="Extra data")
texts("is_cut_off_within", b'{"object": "list", "da', says="")
texts("is_empty", b"", says="")
texts("is_null", b"null", WRONG, "LIST-01")
ODD = {"object": "list", "data": [None, 1, [], {}, {"id": {}}, {"id": ""}], "has_more": 1}
texts("is_a_list_of_oddities", json.dumps(ODD).encode(),
      WRONG, "LIST-01")  # fmt: skip
texts(
    "has_numbers_beyond_all",
    b'{"object": "list", "data": [1e999, -1e999, 0.1e-9999], "has_more": 1e400}',
    WRONG,
    "LIST-01",
)


# -- rates, errors, redirects ------------------------------------------------------------------------------------------


@case(GONE, says="429")
def asks_to_wait_for_ever(ask: Ask, wire: Wire) -> None:
    """Answers 429 with Retry-After: 0 to everything."""
    wire.reply(429, [("Retry-After", "0")], b"")


@case(GONE, says="wait")
def asks_to_wait_a_century(ask: Ask, wire: Wire) -> None:
    """Answers 429 and asks to come back in a hundred years."""
    wire.reply(429, [("Retry-After", "3153600000")], b"")


@case(SOUND)
def asks_to_wait_now_and_then(ask: Ask, wire: Wire) -> None:
    """Answers every fifteenth request with 429, and a date that has come."""
    if ask.number % 15 == 0:
        wire.reply(429, [("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT")], b"")
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@case(WRONG, "ERR-01", "500")
def fails_half_of_the_time(ask: Ask, wire: Wire) -> None:
    """Answers every other request with 500."""
    wire.reply(*((500, [], b"oops") if ask.number % 2 == 0 else ask.sound()))


@case((1, 3), says="302")
def redirects_to_itself(ask: Ask, wire: Wire) -> None:
    """Redirects every request to where it came from."""
    wire.reply(302, [("Location", ask.path)], b"")


@case((1, 3), says="307")
def redirects_elsewhere_with_the_key(ask: Ask, wire: Wire) -> None:
    """Redirects every request to another origin, the key in the address."""
    key = ask.headers.get("authorization", "")
    wire.reply(307, [("Location", f"http://127.0.0.1:1/{quote(key)}?key={key}"), ("Link", f"<{key}>")], key.encode())


@case((1, 3))
def redirects_to_nowhere(ask: Ask, wire: Wire) -> None:
    """Redirects every request to what is no address."""
    wire.reply(302, [("Location", "http://[::1:99999/\\\\//::%00")], b"")


# -- one kind of input -------------------------------------------------------------------------------------------------


def _is_long(ask: Ask) -> bool:
    return ask.sends and len(ask.body) > 4000


@case(WRONG, "ERR-01", "twice")
def hangs_up_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Closes the connection on a long message, and is fine otherwise."""
    if _is_long(ask):
        wire.close()
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@case(WRONG, "ERR-01", "twice")
def resets_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Resets the connection on a long message, and is fine otherwise."""
    if _is_long(ask):
        wire.reset()
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@case(WRONG, "ERR-01", "twice")
def hangs_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Never answers a long message, and is fine otherwise."""
    if _is_long(ask):
        time.sleep(2)
        wire.close()
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@case(WRONG, "ERR-01", "cut off")
def breaks_off_at_sends(ask: Ask, wire: Wire) -> None:
    """Cuts every answer to a send short."""
    if ask.sends:
        wire.send(wire.head(201, [*JSON, ("Content-Length", "500")]), b'{"id": "msg_')
        wire.close()
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@case(WRONG, "ERR-01")
def answers_everything_but_lists(ask: Ask, wire: Wire) -> None:
    """Hangs up on lists, and on nothing else."""
    if ask.lists:
        wire.close()
    else:
        wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


# -- lists without end -------------------------------------------------------------------------------------------------


@case((1, 3))
def always_has_more(ask: Ask, wire: Wire) -> None:
    """Says has_more on every page."""
    wire.reply(*(ask.changed(lambda page: {**page, "has_more": True}) if ask.lists else ask.sound()))


@case(WRONG, "LIST-04")
def minds_no_limit(ask: Ask, wire: Wire) -> None:
    """Answers every list with three thousand messages, new ones each time."""

    def grow(page: Any) -> Any:
        item = {
            "object": "message",
            "body": "x",
            "direction": "inbound",
            "status": "read",
            "created_at": "2024-01-01T00:00:00Z",
        }
        many = [{**item, "id": f"msg_{ask.number}_{number}"} for number in range(3000)]
        return {**page, "data": [*page["data"], *many], "has_more": True}

    wire.reply(*(ask.changed(grow) if ask.lists else ask.sound()))


@case(WRONG)
def tells_the_same_page_for_ever(ask: Ask, wire: Wire) -> None:
    """Answers every list with its first page."""
    if ask.lists:
        ask.path = "/v1/messages?limit=5"
    wire.reply(*(ask.changed(lambda page: {**page, "has_more": True}) if ask.lists else ask.sound()))


# -- hostile words -----------------------------------------------------------------------------------------------------

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
    wire.reply(status, [*headers, ("X-Venom", "\x1b[2J \x9b]0;a\x07 <script>")][: len(headers)], poisoned)


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


# -- odd, and right ----------------------------------------------------------------------------------------------------


@case(SOUND)
def hangs_up_after_each_answer(ask: Ask, wire: Wire) -> None:
    """Closes the connection after each answer, without saying so."""
    wire.reply(*ask.sound(), head_only=ask.method == "HEAD")
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
