"""Authentication: who may read and send, and what a refusal gives away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from conformance.model import Credential, Exchange
from conformance.suite.kit import Kit, NotOffered
from conformance.suite.test_send import IMAGE

requirement = pytest.mark.requirement
SCHEMES = (("Basic", "SL"), ("Token", "L"))
"""Schemes other than Bearer, with the operations that each is tried on."""


def _knocks(
    kit: Kit, credential: Credential, operations: str, authorization: Mapping[str, str | None] | None = None
) -> Iterator[Callable[[], Exchange]]:
    """Calls that try operations (S, L, R) with a credential: a valid send, a list, and a message that is there."""
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    shown: dict[str, Any] = {"credential": credential, "authorization": authorization}
    if "S" in operations and not kit.reads_only:
        image = {"type": "image", "media_url": IMAGE} if credential is Credential.PUBLISHABLE else {}
        yield partial(kit.send, kit.payload(**image), **shown)
    if "L" in operations:
        # A door may be open where nothing is asked for, or closed only there.
        asked: dict[str, Any] = {} if credential is Credential.NONE else {"limit": 5}
        yield partial(kit.list, **asked, **shown)
    if "R" in operations:
        yield partial(kit.retrieve, anchor, **shown)


def _doors(kit: Kit) -> list[dict[str, Any]]:
    """Lists that a door of their own may lead to: by conversation, by cursor."""
    main = kit.run.scene.main.id
    return [
        {"conversation_id": main, "limit": 5},
        {"starting_after": kit.run.scene.anchors[main], "limit": 5},
    ]


@requirement("AUTH-01", "AUTH-01-S", "AUTH-03")
def test_without_credentials_nothing_is_to_be_had(kit: Kit) -> None:
    """Each operation is refused without an Authorization header, shows no message and sends none."""
    kit.caught_up()
    # What was asked for with a key first must not come out of a cache without one.
    kit.retrieve(kit.run.scene.anchors[kit.run.scene.main.id])
    kit.list()
    unknown = kit.unknown_id(kit.run.scene.anchors[kit.run.scene.main.id])
    kit.apart(
        [
            *_knocks(kit, Credential.NONE, "LR"),
            *(partial(kit.list, credential=Credential.NONE, **each) for each in _doors(kit)),
            partial(kit.retrieve, unknown, credential=Credential.NONE),
        ]
    )
    kit.withhold("AUTH-01", "AUTH-01-S")
    kit.send({"conformance": "not even a body"}, credential=Credential.NONE)


def _invalid_keys(kit: Kit) -> list[tuple[str, str]]:
    """Authorization values that are no valid credential, each with the words that stand for it in the record."""
    key = kit.client.target.api_key or "sk_test_key"
    unknown = kit.unknown_id(key)
    return [
        (f"Bearer {unknown}", "Bearer <an unknown key of the same form>"),
        # Not the next letter of the alphabet, sk_test_b may be somebody's, but what SQL takes for any character.
        (f"Bearer {key[:-1]}_", "Bearer <the key but for its last character>"),
        (f"Bearer {key[:-1]}", "Bearer <the key without its last character>"),
        (f"Bearer {key}x", "Bearer <the key and one character more>"),
        (f"Bearer {key.swapcase()}", "Bearer <the key in the other case>"),
        ("Bearer null", "Bearer null"),  # what a client says that has none
    ]


@requirement("AUTH-02", "AUTH-03")
def test_an_unknown_key_is_no_key(kit: Kit) -> None:
    """Each operation is refused for a key that the service did not issue, however near it comes to one."""
    kit.caught_up()
    calls: list[Callable[[], Exchange]] = []
    for index, (value, shown) in enumerate(_invalid_keys(kit)):
        if value == f"Bearer {kit.client.target.api_key}":
            continue
        named = {"authorization": value, "shown_authorization": shown}
        calls += _knocks(kit, Credential.INVALID, "LR" if index == 0 else "L", named)
    kit.apart(calls)
    kit.withhold("AUTH-02")


@requirement("AUTH-02")
def test_a_header_without_a_key_is_no_key(kit: Kit) -> None:
    """Each operation is refused for an empty Bearer token, an empty header, and another scheme."""
    kit.caught_up()
    calls: list[Callable[[], Exchange]] = []
    for value, operations in (
        ("Bearer", "SR"),
        ("Bearer ", "L"),
        ("", "SL"),
        *((f"{scheme} c29tZTpnYXJiYWdl", operations) for scheme, operations in SCHEMES),
    ):
        calls += _knocks(kit, Credential.INVALID, operations, {"authorization": value})
    key = kit.client.target.api_key
    if key:
        garbage = {
            "authorization": f"Bearer garbage {key}",
            "shown_authorization": "Bearer <the key after another word>",
        }
        calls += _knocks(kit, Credential.INVALID, "L", garbage)
    kit.apart(calls)
    kit.withhold()


@requirement("AUTH-04")
def test_a_publishable_key_reads_and_never_sends(kit: Kit) -> None:
    """A publishable key lists and retrieves; its send is refused with 403."""
    if not kit.client.target.publishable_key:
        raise NotOffered
    kit.caught_up()
    main = kit.run.scene.main.id
    lists: list[dict[str, Any]] = [
        {"limit": 100},
        {"limit": 5, "conversation_id": main},
        {"limit": 100, "direction": "inbound"},
    ]
    for each in lists[::2]:
        kit.list(**each)
    listing = [partial(kit.list, credential=Credential.PUBLISHABLE, **each) for each in lists]
    kit.apart([*_knocks(kit, Credential.PUBLISHABLE, "S"), *listing])
    kit.withhold()


@requirement("AUTH-05", "SEND-12")
def test_another_account_sees_nothing(kit: Kit) -> None:
    """Neither account's messages are to be retrieved with the other's key, nor ours to be listed or reached by cursor."""
    if not kit.client.target.other_account_key:
        raise NotOffered
    main, other = kit.run.scene.main.id, Credential.OTHER_ACCOUNT
    mine = kit.sent()
    kit.caught_up()
    # The messages that opened the conversations have gone their way by now, the new one has not.
    shown = [mine, *kit.run.scene.anchors.values()][:2]
    shown += [each.id for each in kit.judge.ledger.messages.values() if each.value("direction") == "inbound"][:1]
    kit.apart(partial(kit.retrieve, each, credential=other) for each in shown)
    cases: Sequence[dict[str, Any]] = [
        {},
        {"conversation_id": main},
        {"direction": "outbound"},
        {"conversation_id": main, "direction": "outbound"},
        {"starting_after": mine, "conversation_id": main},
    ]
    # What is asked for with the other key must not come out of a cache with either.
    kit.list(limit=100)
    kit.apart(partial(kit.list, credential=other, limit=100, **each) for each in cases)
    kit.list(limit=100, **cases[-1])
    for theirs in list(kit.judge.ledger.foreign)[:1]:
        kit.retrieve(theirs)
    kit.withhold("SEND-12")
    kit.send(kit.payload(), credential=other)


@requirement("AUTH-01", "AUTH-02", "AUTH-04")
def test_a_send_without_permission_leaves_nothing_behind(kit: Kit) -> None:
    """Nothing of what was sent without a key, with an invalid or with a publishable one is listed anywhere."""
    kit.send(kit.payload(), credential=Credential.NONE)
    kit.send(kit.payload(), credential=Credential.INVALID, authorization={"authorization": "Bearer"})
    if kit.client.target.publishable_key:
        kit.send(kit.payload(type="template"), credential=Credential.PUBLISHABLE)
    kit.window()
