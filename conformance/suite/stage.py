"""Sets the scene: reaches the target, finds out which conversations it knows, and opens each with one message."""

from __future__ import annotations

from conformance.history import page_of, understand
from conformance.model import Conversation, Exchange
from conformance.run import Run, Scene
from conformance.suite.kit import Blocked, Kit, NotOffered

MOST = 8
"""Conversations that a run acts in at most."""


def set_scene(run: Run) -> None:
    """Set the scene of a run; raises Blocked, NotOffered or Unjudgeable where there can be none."""
    kit = Kit(run)
    first = kit.list(limit=100)
    _let_in(first, bool(run.client.target.api_key))
    if run.plan.read_only:
        run.scene = _read_only(kit, first)
        return
    if not run.client.target.terms.conversations:
        raise NotOffered(
            "no conversation is declared: name one with --conversation, or in the target file" + _seen(first)
        )
    known: list[Conversation] = []
    crowded: list[Conversation] = []
    before: set[str] = set(_ids(first))
    for conversation in run.client.target.terms.conversations[: 3 if kit.quick else MOST]:
        if not kit.quick:
            page = kit.page(conversation_id=conversation.id, limit=100)
            before |= set(page.ids)
            if page.has_more:
                crowded.append(conversation)
        known.append(conversation)
    run.scene = Scene(known[0], tuple(known), {}, frozenset(before))
    anchors = {each.id: identifier for each in known if (identifier := _opened(kit, each))}
    there = [each for each in known if each.id in anchors]
    if not there:
        raise Blocked(f"the target knows none of the declared conversations ({', '.join(each.id for each in known)})")
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


def _opened(kit: Kit, conversation: Conversation) -> str | None:
    """The id of a first message in a conversation; None where the target says that it does not know it."""
    exchange = kit.send(kit.payload(conversation.id))
    response = exchange.response
    if response is not None and response.status in (403, 404) and b"onversation" in response.body:
        return None
    return kit.accepted(exchange)


def _ids(exchange: Exchange) -> tuple[str, ...]:
    page = page_of(exchange, understand(exchange.request))
    return page.ids if page else ()


def _seen(exchange: Exchange) -> str:
    page = page_of(exchange, understand(exchange.request))
    names = (
        [item["conversation_id"] for item in page.items if isinstance(item.get("conversation_id"), str)] if page else []
    )
    return f" (seen in the list: {', '.join(dict.fromkeys(names[:50]))})" if names else ""


def _read_only(kit: Kit, first: Exchange) -> Scene:
    ids = _ids(first)
    if not ids:
        raise NotOffered("read-only, and no message is listed that could be read")
    declared = kit.terms.conversations or tuple(
        Conversation(name) for item in _items(first) if isinstance(name := item.get("conversation_id"), str)
    )
    known = tuple(dict.fromkeys(declared))[:MOST] or (Conversation(""),)
    return Scene(known[0], known, dict.fromkeys([each.id for each in known], ids[0]), frozenset(ids))


def _items(exchange: Exchange) -> tuple[dict[str, object], ...]:
    page = page_of(exchange, understand(exchange.request))
    return tuple(dict(item) for item in page.items) if page else ()
