"""Errors and HTTP: the shape of refusals, and what becomes of methods that the documentation does not name."""

from __future__ import annotations

import pytest

from conformance.suite.kit import Kit

requirement = pytest.mark.requirement


@requirement("HTTP-02", "HTTP-02-M")
def test_other_methods_change_nothing(kit: Kit) -> None:
    """A method that the documentation does not name is refused, and leaves the messages as they are."""
    for method in ["HEAD", "OPTIONS"]:
        kit.other(method)
    kit.withhold()
    change = {"body": "changed", "metadata": {"changed": "yes"}, "status": "failed"}
    mine = kit.having(metadata={"order_id": "ord_abc123"})
    kit.caught_up()
    kit.retrieve(mine)
    # What is posted there might be sent, too.
    for method, told in (("PATCH", change), ("PUT", change), ("POST", {**kit.payload()})):
        kit.other(method, f"/{kit.quoted(mine)}", told)
    kit.retrieve(mine)
    for method in ("PUT", "PATCH"):
        kit.other(method, "", kit.payload())
    kit.window()


@requirement("HTTP-03")
def test_too_many_requests_say_when_to_come_back(kit: Kit) -> None:
    """A 429, where one was met in this run, carries Retry-After."""
    kit.list(limit=1)
