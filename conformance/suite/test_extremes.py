"""What a target may take and choke on later: these come last, so that what they spoil is no other driver's trouble."""

from __future__ import annotations

import json

import pytest

from conformance.suite.kit import Kit

requirement = pytest.mark.requirement
LARGE = 1_200_000
"""Characters: more than the mebibyte at which common servers and proxies refuse a payload by default."""


@requirement("ERR-01", "ERR-02", "ERR-03", "ERR-04")
def test_no_payload_is_a_server_error(kit: Kit) -> None:
    """Payloads that nobody expects are answered, whichever way, without a 5xx."""
    odd = json.dumps(kit.bare())
    nested = "[" * 200 + "]" * 200
    for raw in [
        odd.replace('"body"', '"body\\ud800"').encode(),
        odd.encode("utf-16"),
        b"\xef\xbb\xbf" + odd.encode(),
        odd.encode()[:-1] + b', "x": "\xff\xfe"}',
        odd[:-1].encode() + f', "metadata": {{"nested": {nested}}}}}'.encode(),
        odd[:-1].encode() + b', "metadata": {"number": 1e999, "digits": ' + b"9" * 400 + b"}}",
        odd[:-1].encode() + b', "metadata": {"not_a_number": NaN}}',
        odd[:-1].encode() + f', "body": {json.dumps(kit.bare()["body"])}}}'.encode(),
        odd[:-1].encode() + b', "metadata": {"\\u0000": "\\u0000", "\\ud800": "\\udfff"}}',
        b"[" * 90_000,
    ]:
        kit.send(raw=raw)
    for name in ("\u0000", "x" * 5000):
        kit.send({**kit.payload(), "conversation_id": name})
    # That a URL cannot be taken apart is an exception in most languages.
    kit.send(kit.payload(type="image", media_url="http://["), headers=[])
    kit.send({**kit.bare(), "body": "x" * LARGE})
    kit.caught_up()
    kit.list(limit=100)
    kit.list(limit=100, conversation_id=kit.run.scene.main.id)
