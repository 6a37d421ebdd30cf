"""Pagination: PAGE-01 to PAGE-09, LIST-03 and LIST-04 where they show only in the next page, CONC-02.

Each page is held against every earlier walk of the same list. Between its cursor and its last item it must show what
those walks showed there and what is known to stand there, in the same order, and nothing from before its cursor.
Messages that nobody can know of yet (a live inbox) are taken note of, never held against the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.history import Ledger, Message
from conformance.model import Credential, Exchange, Fact, Finding, Observation, Violation
from conformance.oracles.base import Seen
from conformance.oracles.differences import GONE, SENTENCES, Difference, certain, compare, missed_by
from conformance.oracles.sequence import Direction, known_at, position_rows
from conformance.paging import Chain, Page, Walks
from conformance.wire import parse_instant

_OF_WALKS = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-07")
_RECENT, _LONGEST = 12, 4
"""A page is held against so many of the newest walks of its list, and of those whose first pages show most."""


class Pages:
    """Judges pages against each other."""

    def __init__(self, walks: Walks, direction: Direction) -> None:
        self._walks = walks
        self._loses_ties = False
        """Whether ties were found lost or repeated while nothing arrived: then arrivals are not what is at fault."""
        self._direction = direction
        self._missing: set[str] = set()
        """Messages that were found missing from lists: that walks pass over them follows from that."""
        self._hiding: set[tuple[tuple[str, str], ...]] = set()
        """The filters of lists that were found to hide messages on their first page."""
        self._quiet: set[str] = set()
        """Rules of pagination that were broken while nothing was being sent."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        page, chain = seen.page, seen.chain
        if page is None or chain is None or seen.credential is not Credential.KEY:
            return
        if Fact.UNKNOWN_CURSOR in seen.exchange.request.facts:
            return
        yield from self._direction.see(seen, page, ledger)
        for each in self._ends(seen, page, chain, ledger):
            yield self._while_sending(each, ledger)
        found = list(self._alone(seen, page, chain, ledger)) or list(self._compared(seen, page, chain, ledger))
        yield from (self._while_sending(each, ledger) for each in found)
        if not found:
            yield from self._held(seen, page, chain, ledger)

    def _while_sending(self, finding: Finding, ledger: Ledger) -> Finding:
        """What breaks only where a page was asked for while a send was under way is CONC-02's."""
        if not isinstance(finding, Violation) or finding.requirement not in _OF_WALKS:
            return finding
        if finding.requirement in self._quiet or not any(_is_disturbed(each, ledger) for each in finding.exchanges):
            self._quiet.add(finding.requirement)
            return finding
        return finding if self._quiet else replace(finding, requirement="CONC-02")

    def _alone(self, seen: Seen, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        """What is wrong with a page whatever else was seen: its cursor, an id twice, a walk that comes back."""
        if page.cursor in page.ids:
            during = _arrivals(page, chain, ledger)
            row = self._row_of(during, chain) if during and "PAGE-04" not in self._quiet else "PAGE-04"
            yield seen.violates(row, "starting_after is exclusive", f"the page shows its own cursor {page.cursor}")
            return
        few = len(set(page.ids)) < len(page.ids)
        twice = next((each for each in page.ids if few and page.ids.count(each) > 1), None)
        if twice:
            row = "PAGE-01" if _is_disturbed(seen.number, ledger) and "LIST-10" not in self._quiet else "LIST-10"
            if row == "LIST-10":
                self._quiet.add(row)
            yield seen.violates(row, "each message once in a list", f"{twice} stands twice on one page")
            return
        before = {each for earlier in chain.pages[:-1] for each in earlier.ids}
        back = tuple(each for each in page.ids if each in before)
        if back:
            yield from self._differs(seen, page, chain, Difference("again", back, chain), ledger)

    def _compared(self, seen: Seen, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        for other in self._others(page, chain):
            difference = compare(page, other, ledger)
            if difference is not None:
                yield from self._differs(seen, page, chain, difference, ledger)
                return
            missed = missed_by(page, other, ledger)
            if missed is not None:
                yield from self._differs(seen, page, chain, missed, ledger)
                return

    def _others(self, page: Page, chain: Chain) -> Iterator[Chain]:
        others = [other for other in self._walks.like(page) if other is not chain]
        longest = sorted(others[:-_RECENT], key=lambda other: len(other.pages[0].ids))[-_LONGEST:]
        return iter([*longest, *others[-_RECENT:]])

    def _differs(
        self, seen: Seen, page: Page, chain: Chain, difference: Difference, ledger: Ledger
    ) -> Iterator[Finding]:
        shown_by = next((each for each in difference.chain.pages if set(difference.ids) & set(each.ids)), None)
        numbers = [each.number for each in chain.pages[-2:-1]] + ([shown_by.number] if shown_by else [])
        culprit = difference.page
        if culprit is not None:
            chain = replace(difference.chain, pages=difference.chain.pages[: difference.chain.pages.index(culprit) + 1])
            page, numbers = culprit, [culprit.number]
        if difference.kind in GONE and self._missing.issuperset(difference.ids):
            return
        names = ", ".join(difference.ids[:3]) + (" …" if len(difference.ids) > 3 else "")
        expected, got = SENTENCES[difference.kind]
        for row in self._rows(page, chain, difference, ledger):
            yield seen.violates(row, expected, got.format(names=names, cursor=page.cursor), *numbers)

    def _rows(self, page: Page, chain: Chain, difference: Difference, ledger: Ledger) -> Iterator[str]:
        if _moved(page, difference, ledger):
            yield "PAGE-08"
            if difference.kind == "again" or page.limit == difference.chain.pages[0].limit:
                return
        if difference.kind == "beyond":
            # A page that holds nothing at all did not begin where its cursor stands.
            behind = "PAGE-01" if len(chain.pages) > 1 else "PAGE-04"
            yield behind if page.cursor and not page.ids else "PAGE-02"
            return
        during = _arrivals(page, chain, ledger)
        tied = page.cursor is not None and _tied(page.cursor, difference.ids, ledger)
        if difference.kind == "order" or (page.cursor is None and not during):
            yield "PAGE-03"
        elif not during:
            yield "PAGE-01" if len(chain.pages) > 1 else "PAGE-04"
        elif not (tied and self._loses_ties):
            yield self._row_of(during, chain)
        if tied and not during:
            self._loses_ties = True
            yield "PAGE-07"

    def _row_of(self, during: list[Exchange], chain: Chain) -> str:
        """What a walk loses or repeats while messages arrive; one that does so anyhow is not at fault for that."""
        if self._quiet & {"PAGE-01", "PAGE-04"}:
            return "PAGE-01"
        return "CONC-02" if _at_once(during, chain) else "PAGE-06"

    def _ends(self, seen: Seen, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        """has_more, and the size of a page that was not the last: the next page tells."""
        if not page.ids and page.has_more and page.limit:
            yield seen.violates("PAGE-02", "has_more false on a page without messages", "has_more true")
        yield from self._short(seen, page, chain, ledger)
        before = self._page_before(page)
        if before is None:
            return
        known = [each for each in page.ids if known_at(ledger.messages[each], before.exchange.began, ledger)]
        yield from self._told_before(seen, page, before, known, ledger)
        if before.limit and len(before.ids) < before.limit and known and before.has_more:
            yield self._too_short(seen, before, known[0])
        if before.has_more is False and not page.ids and not page.has_more:
            yield Observation("PAGE-04")

    def _told_before(self, seen: Seen, page: Page, before: Page, known: list[str], ledger: Ledger) -> Iterator[Finding]:
        """Whether what the page before said of more to come was true."""
        if before.has_more and not page.ids:
            if _may_lag(before, page, ledger):
                return
            yield seen.violates("PAGE-02", "has_more false: nothing follows", "has_more true", before.number)
        elif before.has_more is False and known and set(known) <= self._shown_before(page):
            got = f"{len(page.ids)} messages"
            yield seen.violates("PAGE-04", "nothing after the very last message", got, before.number)
        elif before.has_more is False and known:
            yield seen.violates("PAGE-02", f"has_more true: {known[0]} follows", "has_more false", before.number)
        elif before.has_more is not None:
            yield Observation("PAGE-02")

    def _shown_before(self, page: Page) -> set[str]:
        """What walks of the same list showed up to the page's cursor."""
        walked = [chain.span for chain in self._walks.like(page) if chain.pages[-1] is not page]
        return {each for ids in walked if page.cursor in ids for each in ids[: ids.index(page.cursor) + 1]}

    def _short(self, seen: Seen, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        """A page that holds fewer than were asked for, although an earlier walk showed what follows it."""
        if not page.has_more or not page.ids or not page.limit or len(page.ids) >= page.limit:
            return
        for other in self._others(page, chain):
            order = other.span
            behind = order[order.index(page.ids[-1]) + 1 :] if page.ids[-1] in order else []
            if any(certain(each, page, ledger) and each not in page.ids for each in behind):
                yield self._too_short(seen, page, behind[0])
                return

    def _too_short(self, seen: Seen, page: Page, follows: str) -> Finding:
        row = "LIST-03" if "limit=" not in page.exchange.request.target else "LIST-04"
        got = f"{len(page.ids)}, and {follows} follows"
        others = () if seen.number == page.number else (page.number,)
        return seen.violates(row, f"{page.limit} items while so many match", got, *others)

    def _page_before(self, page: Page) -> Page | None:
        """The newest page of the same list that ended with this page's cursor."""
        pages = (each for chain in self._walks.like(page) for each in chain.pages)
        ending = [each for each in pages if page.cursor and each.ids[-1:] == (page.cursor,) and each is not page]
        return max(ending, key=lambda each: each.exchange.ended, default=None)

    def _held(self, seen: Seen, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        """Decisive observations of a page with which nothing is wrong."""
        lost = list(self._direction.missing(page, chain, ledger))
        if lost:
            yield from self._lost(seen, page, chain, lost, ledger)
            return
        if page.ids and page.cursor is not None:
            yield Observation("PAGE-04" if len(chain.pages) == 1 else "PAGE-01")
            if _tied(page.cursor, page.ids[:1], ledger, whole_second=True):
                yield Observation("PAGE-07")
        others = [other for other in self._others(page, chain) if len(other.shown.intersection(page.ids)) > 1]
        if any(other.pages[0].limit != page.limit for other in others):
            yield Observation("PAGE-03")
        if any(_status_moved(page, other, ledger) for other in others):
            yield Observation("PAGE-08")
        during = _arrivals(page, chain, ledger)
        if during:
            yield Observation("CONC-02" if _at_once(during, chain) else "PAGE-06")

    def _lost(self, seen: Seen, page: Page, chain: Chain, lost: list[Message], ledger: Ledger) -> Iterator[Finding]:
        """Messages are not where they belong."""
        rows, expected, got = position_rows(page, chain, lost, ledger, page.filters in self._hiding)
        names = {message.id for message in lost}
        if rows[0].startswith("PAGE-") and names <= self._missing:
            return
        if not rows[0].startswith("PAGE-"):
            self._missing |= names
        if page.cursor is None and rows[0].startswith("LIST-"):
            self._hiding.add(page.filters)
        numbers = [message.sent.exchange.number for message in lost[:2] if message.sent]
        for row in rows:
            yield self._while_sending(seen.violates(row, expected, got, *numbers), ledger)


def _is_disturbed(number: int, ledger: Ledger) -> bool:
    """Whether the exchange is a page that was asked for while a send was under way."""
    page = ledger.exchanges.get(number)
    if page is None or page.request.method != "GET":
        return False
    if ledger.is_open(number):
        return True  # what is under way yet may be a send
    return any(page.began < sent.exchange.ended and sent.exchange.began < page.ended for sent in ledger.sends)


def _may_lag(before: Page, page: Page, ledger: Ledger) -> bool:
    """Whether the page may not have caught up yet with what the page before it knew of, within the declared window."""
    since = page.exchange.began - ledger.terms.consistency_seconds
    return before.exchange.ended > since and any(each.since > since for each in ledger.messages.values())


def _moved(page: Page, difference: Difference, ledger: Ledger) -> bool:
    """Whether a change of status explains the difference: messages that changed places, or came again in one walk."""
    changed = [_changed(each, page, difference.chain, ledger) for each in difference.ids]
    return any(changed) if difference.kind == "order" else difference.kind == "again" and all(changed)


def _changed(identifier: str, page: Page, chain: Chain, ledger: Ledger) -> bool:
    numbers = {each.number for each in chain.pages if each.number != page.number}
    message = ledger.messages.get(identifier)
    views = message.views if message else []
    then = {view.status for view in views if view.exchange in numbers}
    since = chain.pages[0].exchange.ended
    return bool(then) and any(view.status not in then and view.ended >= since for view in views)


def _status_moved(page: Page, other: Chain, ledger: Ledger) -> bool:
    return any(_changed(each, page, other, ledger) for each in page.ids if each in other.shown)


def _arrivals(page: Page, chain: Chain, ledger: Ledger) -> list[Exchange]:
    """The sends that ended while the walk was under way and began before this page of it."""
    if len(chain.pages) < 2:
        return []
    first = chain.pages[0].exchange
    return [
        message.sent.exchange
        for message in ledger.own()
        if message.sent
        and first.began < message.sent.exchange.ended
        and message.sent.exchange.began < page.exchange.began
    ]


def _at_once(during: list[Exchange], chain: Chain) -> bool:
    """Whether a send and a page of the walk were under way at the same time: then they were concurrent."""
    pages = [page.exchange for page in chain.pages]
    return any(page.began < send.ended and send.began < page.ended for send in during for page in pages)


def _tied(cursor: str, ids: tuple[str, ...], ledger: Ledger, whole_second: bool = False) -> bool:
    """Whether messages were created at the very instant (or within the second) of the cursor's message."""
    instants = [
        parse_instant(ledger.messages[each].value("created_at")) for each in (cursor, *ids) if each in ledger.messages
    ]
    if not ids or None in instants or len(instants) <= 1:
        return False
    return len({int(each) if whole_second else each for each in instants if each is not None}) == 1
