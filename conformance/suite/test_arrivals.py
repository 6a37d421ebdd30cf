"""What comes late in every run: where messages arrive that were sent first of all, and what many messages show."""

from __future__ import annotations

from itertools import pairwise

import pytest

from conformance.model import Credential, Operation
from conformance.suite.kit import Kit, Left
from conformance.wire import parse_instant

requirement = pytest.mark.requirement
ENOUGH = 26
MOST = 60
"""Requests that the profile makes: a minute's, by the API's smallest plan."""


@requirement(
    *("STAT-01", "STAT-02", "STAT-03", "STAT-04", "STAT-05", "STAT-06", "STAT-07", "PAGE-08", "ERR-01", "GET-05")
)
def test_where_messages_arrive(kit: Kit) -> None:
    """The messages that opened the conversations have arrived where these are declared to let them arrive."""
    # In a quick run one that fails and one that does not are retrieved; the list at the end shows the others.
    quick = kit.run.plan.profile == "quick"
    declared = sorted((each for each in kit.conversations if each.outcome), key=lambda each: each.outcome != "failed")
    anchors = [kit.run.scene.anchors[each.id] for each in declared]
    watched = anchors[: 2 if quick else None]
    if quick:
        kit.settle(watched, most=2, pause=kit.halfway(watched))
    else:
        kit.settle(watched)
    for each in watched:
        views = [view for view in kit.message(each).views if view.operation is Operation.RETRIEVE]
        failed = kit.message(each).views[-1].status == "failed"
        if not quick or (failed and not any(view.status == "failed" for view in views)):
            kit.retrieve(each)
    if not quick:
        _look_at_what_rests(kit)
    free = [kit.run.scene.anchors[name] for name in kit.movable]
    for each, status in zip(free, ("delivered", "failed"), strict=False):
        kit.advance(each, status)
    # Where a long list begins with the oldest, what this run sent stands far behind its first page.
    far = kit.judge.direction.sign > 0 and not kit.is_whole()
    kit.page(limit=100, starting_after=kit.run.scene.anchors[kit.run.scene.main.id] if far else None)
    if not quick:
        _turn_back(kit)
    kit.settle(anchors, most=1)
    if quick and kit.client.spent < MOST:
        _part_a_second(kit)
    kit.withhold("STAT-06", "ERR-01")


def _part_a_second(kit: Kit) -> None:
    """Turn the page between two messages of one second, where a target takes so long that no walk did so by chance."""
    walks = kit.judge.walks.chains.items()
    chains = [each for (credential, _), own in walks if credential is Credential.KEY for each in own]
    turned = [(page.cursor, page.ids[0]) for chain in chains for page in chain.pages if page.cursor and page.ids]
    if any(_in_one_second(kit, *each) for each in turned):
        return
    neighbours = [pair for chain in reversed(chains) if not chain.pages[0].filters for pair in pairwise(chain.ids)]
    first = next((left for left, right in neighbours if _in_one_second(kit, left, right)), None)
    if first is not None:
        kit.page(limit=1, starting_after=first)


def _in_one_second(kit: Kit, left: str, right: str) -> bool:
    messages = kit.judge.ledger.messages
    known = [each for name in (left, right) if (each := messages.get(name))]
    instants = [parse_instant(each.value("created_at")) for each in known]
    return len(known) == 2 and None not in instants and len({int(each) for each in instants if each is not None}) == 1


def _turn_back(kit: Kit) -> None:
    """Ask once more for a page behind a cursor whose messages have moved since, as other lists tell: so must it have."""
    chains = [chain for (key, _), own in kit.judge.walks.chains.items() if key is Credential.KEY for chain in own]
    pages = [page for chain in chains for page in chain.pages if page.cursor]
    for page in sorted(pages, key=lambda each: each.number):
        if any(item.get("status") != kit.message(item["id"]).views[-1].status for item in page.items):
            kit.list(page.exchange.request.target.partition("?")[2])
            return


def _look_at_what_rests(kit: Kit) -> None:
    """Retrieve the newest two of the messages that stay delivered, between two looks at the list that shows them."""
    for conversation in (each.id for each in kit.conversations if each.outcome == "delivered"):
        shown = set(kit.page(limit=100, conversation_id=conversation).ids)
        unseen = [each for each in kit.own(conversation_id=conversation) if each in shown and _rests(kit, each)]
        for each in unseen[-2:]:
            kit.retrieve(each)
        if unseen:
            kit.page(limit=100, conversation_id=conversation)


def _rests(kit: Kit, identifier: str) -> bool:
    views = kit.message(identifier).views
    return views[-1].status == "delivered" and all(view.operation is not Operation.RETRIEVE for view in views)


@requirement("LIST-03")
def test_a_page_by_default(kit: Kit) -> None:
    """Where 26 messages are there, a page without a limit holds 25; what is missing is sent if sixty requests allow it."""
    there = sum(each.in_list or each.sent is not None for each in kit.judge.ledger.messages.values())
    missing = 0 if kit.reads_only else max(0, ENOUGH - there)
    if missing and kit.client.spent + missing + 1 > MOST:
        raise Left(
            f"{ENOUGH} messages are needed and {there} are there: with what else the target file declares, more do not "
            f"fit into the {MOST} requests of the quick profile; the standard one judges it"
        )
    if missing:
        kit.at_once([lambda: kit.send(kit.payload()) for _ in range(missing)], threads=5)
        kit.caught_up()
    if there + missing >= ENOUGH:
        kit.page()
