"""What is no HTTP."""

from __future__ import annotations

from tests.hostile.cases import HEAD, WRONG, always, case
from tests.hostile.wires import Ask, Wire

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


EXTENDED = b"Transfer-Encoding: chunked\r\n\r\n2;a=" + b"b" * 1_000_000 + b"\r\n{}\r\n0\r\n\r\n"
always("has_a_chunk_extension_without_measure", HEAD + EXTENDED, WRONG, "ERR-01")
always(
    "has_a_chunk_of_infinite_length",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}",
    WRONG,
    "ERR-01",
)
always("has_a_length_beyond_all", HEAD + b"Content-Length: " + b"9" * 500 + b"\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_trailer_without_end", HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-T: " + b"t" * 600_000,
       WRONG, "ERR-01")  # fmt: skip
always("has_an_escape_in_a_header", HEAD + b"X-Esc: \x1b[2Jowned\r\nContent-Length: 2\r\n\r\n{}", WRONG)
always("has_a_name_with_a_space", HEAD + b"X Name: a\r\nContent-Length: 2\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_line_in_its_status", b"HTTP/1.1 200 OK\r::error::owned\r\nContent-Length: 2\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_status_of_two_digits", b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_status_of_four_digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}", WRONG, "ERR-01")
always("has_a_status_that_nobody_knows", b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}", (1, 3))
always("speaks_http_2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", WRONG, "ERR-01")
always("speaks_tls_alerts", b"\x15\x03\x01\x00\x02\x02\x46", WRONG, "ERR-01", "malformed HTTP")
always("says_both_chunked_and_a_length", HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
       WRONG)  # fmt: skip
always("is_an_answer_in_two", HEAD + b"Content-Length: 2\r\n\r\n{}" + HEAD + b"Content-Length: 2\r\n\r\n{}", WRONG, "ERR-01",
       "follow the end", ends=False)  # fmt: skip


@case(WRONG, "ERR-01", "of headers")
def storms_with_early_hints(ask: Ask, wire: Wire) -> None:
    """Sends ten thousand early hints before its answer."""
    wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 10_000)
    wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01")
def trails_off(ask: Ask, wire: Wire) -> None:
    """Ends its chunks, and sends trailers for ever."""
    wire.send(HEAD, b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    wire.flood(b"X-Trailer: again\r\n" * 100)
