"""Errors and HTTP: the shape of refusals, and what becomes of methods that the documentation does not name."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from conformance.model import Fact
from conformance.suite.kit import Kit

requirement = pytest.mark.requirement


@requirement("ERR-02", "ERR-03", "ERR-04", "ERR-01")
def test_an_error_says_what_is_wrong(kit: Kit) -> None:
    """Errors have the documented shape, a fitting status and type, and give nothing of the server away."""
    kit.retrieve(kit.unknown_id(kit.run.scene.anchors[kit.run.scene.main.id]), facts=[Fact.UNKNOWN_MESSAGE])
    kit.list(limit="abc")
    kit.withhold("ERR-01")
    kit.send({"body": f"{kit.run.next_tag()} no conversation"})


@requirement("HTTP-01", "HTTP-01-S")
def test_a_success_is_a_json_text(kit: Kit) -> None:
    """The answers to a send, a list and a retrieve are JSON, and say so."""
    sent = kit.sent() if kit.reads_only else kit.sent(kit.payload(metadata={"order_id": "ord_abc123"}))
    kit.caught_up()
    kit.page(limit=2)
    kit.retrieve(sent)


@requirement("HTTP-02", "HTTP-02-M", "SEND-14")
def test_other_methods_change_nothing(kit: Kit) -> None:
    """A method that the documentation does not name is refused, and leaves the messages as they are."""
    for method in ["HEAD", "OPTIONS"]:
        kit.other(method)
    kit.withhold()
    change = {"body": "changed", "metadata": {"changed": "yes"}, "status": "failed"}
    for methods in [["DELETE"], ["PATCH", "PUT", "POST"]]:
        mine = kit.sent(kit.payload(metadata={"order_id": "ord_abc123"}))
        kit.caught_up()
        kit.retrieve(mine)
        for method in methods:
            kit.other(method, f"/{quote(mine, safe='')}", None if method == "DELETE" else change)
        kit.retrieve(mine)
    for method in ["PUT", "PATCH"]:
        kit.other(method, "", kit.payload())
    kit.sent()
    kit.sweep()


@requirement("HTTP-03")
def test_too_many_requests_say_when_to_come_back(kit: Kit) -> None:
    """A 429, where one was met in this run, carries Retry-After."""
    kit.list(limit=1)
