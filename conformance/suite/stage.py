"""Sets the scene: reaches the target, finds out which conversations it knows, and opens each with one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.history import understand
from conformance.model import Conversation, Credential, Exchange
from conformance.paging import page_of
from conformance.run import Run, Scene
from conformance.suite.kit import Blocked, Kit, NotOffered

MOST = 8
"""Conversations that a run acts in at most."""
LOOKED_AT = 5
"""Messages that are asked for their conversation where lists do not tell it."""


def set_scene(run: Run) -> None:
    """Set the scene of a run; raises Blocked, NotOffered or Unjudgeable where there can be none."""
    kit = Kit(run)
    first = kit.list(limit=100)
    _let_in(first, bool(run.client.target.api_key))
    if not run.plan.read_only and not run.client.target.terms.conversations:
        hint = "name one with --conversation, or in the target file"
        run.read_only(f"nothing was sent, for no conversation is declared: {hint}{_told(_seen(kit, first))}")
    if run.plan.read_only:
        run.scene = _read_only(kit, first)
        return
    quick = run.plan.profile == "quick"
    if run.client.target.other_account_key and not quick:
        kit.list(limit=100, credential=Credential.OTHER_ACCOUNT)  # so that its messages are known should ours show them
    known = run.client.target.terms.conversations[: 3 if quick else MOST]
    pages = (
        {}
        if quick or not _has_more(first)
        else {each.id: kit.list(conversation_id=each.id, limit=100) for each in known}
    )
    crowded = [each for each in known if each.id in pages and _has_more(pages[each.id])]
    before = {identifier for exchange in (first, *pages.values()) for identifier in _ids(exchange)}
    run.scene = Scene(known[0], known, {}, frozenset(before))
    anchors = _anchors(kit, known)
    there = [each for each in known if each.id in anchors]
    if not there:
        raise Blocked(f"the target knows none of the declared conversations ({', '.join(each.id for each in known)})")
    run.unknown = [each.id for each in known if each not in there]
    main = next((each for each in there if each not in crowded), there[0])
    run.scene = Scene(main, tuple(sorted(there, key=lambda each: each is not main)), anchors, frozenset(before))


def _let_in(first: Exchange, has_key: bool) -> None:
    response = first.response
    if response is None:
        raise Blocked(f"the first list request was not answered ({first.trouble})")
    if response.status in (401, 403):
        hint = "is it the right one for this URL?" if has_key else "give one with --api-key or MESSAGES_API_KEY"
        raise Blocked(
            f"the target refuses the {'key' if has_key else 'request without a key'} ({response.status}): {hint}"
        )
    kind = response.header("Content-Type") or "no Content-Type"
    if response.status != 200 or response.json_error:
        what = f"{response.status}, {kind}"
        raise Blocked(f"GET /v1/messages is not answered with a list ({what}): is this the base URL of a Messages API?")


def _anchors(kit: Kit, known: Sequence[Conversation]) -> dict[str, str]:
    """The first message of each conversation that the target knows; that of the very first says no more than it must."""
    anchors: dict[str, str] = {}
    for each in known:
        if identifier := _opened(kit, each, bool(anchors)):
            anchors[each.id] = identifier
    return anchors


def _opened(kit: Kit, conversation: Conversation, tagged: bool) -> str | None:
    """The id of a first message in a conversation; None where the target says that it does not know it.

    The first of all is a conversation and a body; those after it say of which run they are, if that is taken.
    """
    tag = kit.tagged if tagged and kit.run.keeps_metadata is not False else {}
    exchange = kit.send({**kit.bare(conversation.id), **tag})
    if kit.judge.ledger.is_doubtful(exchange, conversation.id):
        if exchange.response is not None and exchange.response.status == 404:
            kit.send({})  # names no conversation: 404 for this too, and there is nothing that takes sends
        return None
    return kit.accepted(exchange)


def _ids(exchange: Exchange) -> tuple[str, ...]:
    page = page_of(exchange, understand(exchange.request))
    return page.ids if page else ()


def _has_more(exchange: Exchange) -> bool:
    page = page_of(exchange, understand(exchange.request))
    return page is not None and bool(page.has_more)


def _items(exchange: Exchange) -> tuple[Mapping[str, Any], ...]:
    page = page_of(exchange, understand(exchange.request))
    return page.items if page else ()


def _seen(kit: Kit, first: Exchange) -> dict[str, str]:
    """The conversations that messages of a list are of, each with its first message there.

    Where the items do not say so, a few messages are asked for it.
    """
    found: dict[str, str] = {}
    items = _items(first)
    if not any("conversation_id" in item for item in items):
        answers = [kit.retrieve(item["id"]).response for item in items[:LOOKED_AT]]
        items = tuple(each.json for each in answers if each is not None and isinstance(each.json, dict))
    for item in items:
        if isinstance(name := item.get("conversation_id"), str) and name and isinstance(item.get("id"), str):
            found.setdefault(name, item["id"])
    return found


def _told(seen: Mapping[str, str]) -> str:
    return f" (seen in the list: {', '.join(list(seen)[:50])})" if seen else ""


def _read_only(kit: Kit, first: Exchange) -> Scene:
    """A scene of what is there: each conversation with a message of its own, the one with most messages first."""
    ids = _ids(first)
    if not ids:
        raise NotOffered(f"{kit.run.plan.withheld}; and no message is listed that could be read")
    anchors = _seen(kit, first)
    declared = [each.id for each in kit.terms.conversations]
    for name in [each for each in declared if each not in anchors][:MOST]:
        page = kit.page(conversation_id=name, limit=100)
        anchors |= {name: page.ids[0]} if page.ids else {}
    names = [each for each in anchors if each in declared] or list(anchors) or [""]
    told = [item.get("conversation_id") for item in _items(first)]
    names = sorted(names[:MOST], key=told.count, reverse=True)
    known = tuple(kit.terms.conversation(name) or Conversation(name) for name in names)
    return Scene(known[0], known, {name: anchors.get(name, ids[0]) for name in names}, frozenset(ids))
