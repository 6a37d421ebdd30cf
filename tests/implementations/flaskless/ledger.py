"""An append-only log of what happened, what is planned to happen, and views that fold the log up to some moment.

Nothing is ever changed in place: a view replaces a document by a new one. Time moves only when somebody asks:
plans that have come due are then entered in the log, in the order of their moments.
"""

import heapq
import threading
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict, namedtuple

Event = namedtuple("Event", "at kind account id data")


def microseconds():
    return time.time_ns() // 1000


class Ledger:
    def __init__(self):
        self.lock = threading.RLock()
        self.events = []
        self.plans = []
        self.number = 0
        self.last = 0

    def plan(self, at, action):
        """Have `action(at)` called when time reaches `at`; it returns events to enter."""
        self.number += 1
        heapq.heappush(self.plans, (at, self.number, action))

    def advance(self, now=None):
        with self.lock:
            now = max(self.last, now or microseconds())
            while self.plans and self.plans[0][0] <= now:
                at, _, action = heapq.heappop(self.plans)
                for event in action(max(at, self.last)):
                    self.enter(event)
            return now

    def enter(self, event):
        with self.lock:
            self.last = max(self.last, event.at)
            self.events.append(event)


class View:
    """Folds a ledger's events up to a horizon."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.offset = 0

    def reach(self, horizon):
        events = self.ledger.events
        while self.offset < len(events) and events[self.offset].at <= horizon:
            event = events[self.offset]
            getattr(self, "on_" + event.kind)(event, self.offset)
            self.offset += 1
        return self


class Documents(View):
    """Every message as it stands at the horizon, by id; and where it is, by account and by conversation."""

    def __init__(self, ledger):
        super().__init__(ledger)
        self.by_id = {}
        self.places = defaultdict(list)      # (account, conversation or None) -> offsets, rising
        self.ids = {}                        # offset -> id

    def on_written(self, event, offset):
        document = dict(event.data, place=offset)
        self.by_id[event.id] = document
        self.ids[offset] = event.id
        self.places[event.account, None].append(offset)
        self.places[event.account, document["conversation_id"]].append(offset)

    def on_moved(self, event, offset):
        old = self.by_id.get(event.id)
        if old is not None:
            self.by_id[event.id] = self.moved(old, event)

    def moved(self, old, event):
        return {**old, **event.data}

    def beyond(self, account, conversation, place, newest_first):
        """The documents beyond a place, in the order of the list."""
        places = self.places.get((account, conversation), [])
        if newest_first:
            end = len(places) if place is None else bisect_left(places, place)
            chosen = reversed(places[:end])
        else:
            start = 0 if place is None else bisect_right(places, place)
            chosen = places[start:]
        for offset in chosen:
            yield self.by_id[self.ids[offset]]
