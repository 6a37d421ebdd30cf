"""Compressed bodies."""

from __future__ import annotations

import gzip
import zlib

from tests.hostile.cases import HEAD, SOUND, WRONG, always, case
from tests.hostile.wires import Ask, Wire


def _bomb(megabytes: int) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [machine.compress(b" " * 2**20) for _ in range(megabytes)]
    return b"".join([*parts, machine.flush()])


BOMB = _bomb(400)


def packed(name: str, coding: str, body: bytes, says: str) -> None:
    """Put a server into the corps that answers with a body in a content coding."""
    head = HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1")
    always(name, head + body, WRONG, "ERR-01" if says else "HTTP-01", says, ends=False)


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


packed("is_packed_twice_and_says_once", "gzip", gzip.compress(gzip.compress(b"{}")), "")
packed("announces_zstd", "zstd", b"\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00{}", "not asked for")
packed("has_a_gzip_name_without_end", "gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 100_000, "ends early")
packed("has_a_wrong_checksum", "gzip", gzip.compress(b"{}")[:-8] + b"\0" * 8, "no gzip")
packed("is_a_bomb_of_many_members", "gzip", gzip.compress(b" " * 10_000) * 4_000, "inflates to more")
packed("has_a_coding_of_control_characters", "gz\x9bip, ::error::x", b"x", "not asked for")


@case(SOUND)
def packs_in_members(ask: Ask, wire: Wire) -> None:
    """Sends a gzip of several members, in other letters, and says identity besides."""
    status, headers, body = ask.sound()
    if ask.method != "HEAD" and body:
        headers = [*headers, ("Content-Encoding", ("GZIP", "identity, x-gzip")[ask.number % 2])]
        body = gzip.compress(body[:20]) + gzip.compress(body[20:])
    wire.answer((status, headers, body), ask)
