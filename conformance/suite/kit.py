"""What the drivers work with: sends, lists, walks and waits. It brings situations about and knows no verdicts."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle
from typing import Any

from conformance.history import Message
from conformance.model import Credential
from conformance.paging import Page
from conformance.suite.asking import JSON as JSON
from conformance.suite.asking import near as near
from conformance.suite.reasons import Blocked as Blocked
from conformance.suite.reasons import Left as Left
from conformance.suite.reasons import NotOffered as NotOffered
from conformance.suite.reasons import Withheld as Withheld
from conformance.suite.simulated import Simulated
from conformance.suite.waiting import Waiting

BEYOND = 3
"""Pages of 100 in which the end of a list is looked for, behind what this run sent."""


class Kit(Waiting, Simulated):
    """The drivers' hands: everything they do goes through one client and is judged as it comes."""

    # -- walking -----------------------------------------------------------------------------------------------------

    def walk(
        self,
        sizes: Sequence[int | None],
        start: str | None = None,
        until: Iterable[str] = (),
        most: int | None = None,
        between: Callable[[], Any] | None = None,
        **filters: Any,
    ) -> builtins.list[Page]:
        """Follow a list with pages of the given sizes in turn, to its end, until ids were seen, or for `most` pages."""
        allowed = self.client.limits.max_pages
        pages: builtins.list[Page] = []
        missing, cursor, seen = set(until), start, set[str]()
        for size in cycle(sizes):
            page = self.page(limit=size, starting_after=cursor, **filters)
            pages.append(page)
            came_again = bool(seen & set(page.ids))
            seen |= set(page.ids)
            missing -= seen
            if not page.has_more or not page.ids or came_again or (until and not missing):
                return pages
            if len(pages) >= (most or allowed):
                self.run.unfinished |= most is None
                return pages
            cursor = page.ids[-1]
            if between is not None:
                between()
        return pages

    def some(self, count: int) -> None:
        """See to it that the main conversation holds so many messages of ours, sending what is missing at one time."""
        main = self.run.scene.main.id
        missing = (
            0 if self.run.plan.read_only else count - sum(each.conversation == main for each in self.judge.ledger.own())
        )
        self.at_once([lambda: self.send(self.payload(main)) for _ in range(max(0, missing))], threads=max(1, missing))
        self.caught_up()

    def window(self, **filters: Any) -> builtins.list[str]:
        """The ids of the stretch of a list that holds all that this run sent, in the list's order, by pages of 100."""
        self.caught_up()
        found = [each for page in self._windowed(filters) for each in page.ids]
        self.run.windows[tuple(filters.items())] = found
        return found

    def known(self, **filters: Any) -> builtins.list[str]:
        """A stretch of a list as it was last looked through, or as it is now where it was not."""
        return self.run.windows.get(tuple(filters.items())) or self.window(**filters)

    def shows(self, identifier: str, **filters: Any) -> None:
        """Look for a message where the newest stand, or wherever this run's stand."""
        newest_first = self.judge.direction.sign < 0
        if identifier not in self.page(limit=25 if newest_first else 100, **filters).ids:
            self.window(**filters)

    def _windowed(self, filters: dict[str, Any]) -> Iterator[Page]:
        own = self.matching(**filters)
        page = self.page(limit=100, **filters)
        if page.has_more and own and not set(own) & set(page.ids):
            yield from self.walk([100], start=own[0], **filters)
            return
        yield page
        missing = set(own) - set(page.ids)
        if page.has_more and page.ids and missing:
            pages = self.walk([100], start=page.ids[-1], until=missing, **filters)
            yield from pages
            page = pages[-1]
        if page.has_more and page.ids and tuple(filters.items()) not in self.run.endless:
            pages = self.walk([100], start=page.ids[-1], most=BEYOND, **filters)
            yield from pages
            if pages[-1].has_more:
                self.run.endless.add(tuple(filters.items()))

    def matching(self, **filters: Any) -> builtins.list[str]:
        """The messages of this run that a list with these filters holds, in the order in which they were sent."""
        return [each.id for each in self.judge.ledger.own() if self._matches(each, filters)]

    def _matches(self, message: Message, filters: dict[str, Any]) -> bool:
        wanted = {name: value for name, value in filters.items() if value is not None}
        known = {"conversation_id": message.conversation, "direction": message.value("direction")}
        return message.id not in self.judge.ledger.tampered and all(
            known.get(name) == each for name, each in wanted.items()
        )

    def is_whole(self, **filters: Any) -> bool:
        """Whether the newest long walks went through the list from its beginning to its end."""
        wanted = tuple((name, value) for name, value in filters.items())
        chains = self.judge.walks.chains.get((Credential.KEY, wanted), [])
        return any(chain.start is None and chain.ended for chain in chains[-8:])

    def sweep(self) -> None:
        """Look through all that this run may have left, and at what stands there unexplained."""
        main = self.run.scene.main.id
        shown = [*self.window(conversation_id=main), *self.window()]
        ledger = self.judge.ledger
        strangers = [
            each
            for each in dict.fromkeys(shown)
            if ledger.messages[each].sent is None
            and ledger.messages[each].value("direction") == "outbound"
            and not self.run.tag_in(str(ledger.messages[each].value("body")).encode("utf-8", "replace"))
            and each not in self.run.scene.before
        ]
        for each in strangers[:5]:
            self.retrieve(each)
