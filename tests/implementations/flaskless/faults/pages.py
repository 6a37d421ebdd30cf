"""Pages, cursors, the order of a list."""

import random

from intake import Refused

from .base import fault, live


class Rows:
    """A page cut by hand from all the rows that match."""

    def rows(self, documents, account, conversation, direction):
        return [row for row in self.candidates(documents, account, conversation, None) if self.goes(row, direction)]

    def page(self, documents, account, conversation, direction, limit, cursor):
        return self.cut(self.rows(documents, account, conversation, direction), limit, cursor)

    def at(self, rows, cursor):
        """How many rows lie up to and with the cursor."""
        if cursor is None:
            return 0
        newest = self.choices["sequence"] == "newest"
        return sum(row["place"] >= cursor["place"] if newest else row["place"] <= cursor["place"] for row in rows)


def second(row):
    return row["at"] // 1_000_000


# ---- has_more

@fault("PAGE-02")
class more_when_page_full:
    """has_more says whether the page is full."""

    def page(self, *args):
        page, _ = super().page(*args)
        return page, len(page) == args[4]


@fault("PAGE-02", "PAGE-04")
class more_counts_the_account:
    """has_more counts every message of the account beyond the cursor, whatever the filters."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        page, _ = super().page(documents, account, conversation, direction, limit, cursor)
        last = page[-1] if page else cursor
        beyond = super().page(documents, account, None, None, 1, last)[0] if last else []
        return page, bool(beyond)


@fault("PAGE-02", "PAGE-01")
class more_false_on_short_limit:
    """With a limit of 1 or 2 has_more is always false."""

    def page(self, *args):
        page, more = super().page(*args)
        return page, more and args[4] > 2


@fault("PAGE-02", "PAGE-01")
class more_false_at_fifty:
    """has_more is false when fifty or more messages were on the page."""

    def page(self, *args):
        page, more = super().page(*args)
        return page, more and len(page) < 50


@fault("PAGE-02", "PAGE-04")
class more_true_with_cursor:
    """With a cursor has_more is true until a page is empty."""

    def page(self, *args):
        page, more = super().page(*args)
        return page, more or bool(page and args[5])


@fault("PAGE-02", "PAGE-01")
class more_ignores_outbound:
    """has_more counts inbound messages alone, unless a direction is asked for."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        page, more = super().page(documents, account, conversation, direction, limit, cursor)
        if more and direction is None:
            more = bool(super().page(documents, account, conversation, "inbound", 1, page[-1])[0])
        return page, more


# ---- cursor

@fault("PAGE-04", "PAGE-01", "PAGE-03")
class cursor_repeated(Rows):
    """The message of the cursor is shown again when the limit is 10 or more."""

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor) - (1 if cursor and limit >= 10 else 0)
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-01", "PAGE-03")
class cursor_skips_after_25(Rows):
    """The page that begins at the 26th message begins at the 27th."""

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor)
        start += start == 25
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-01", "PAGE-04")
class cursor_outbound_only(Rows):
    """A cursor is looked for among outbound messages: after an inbound one the list begins anew."""

    def cut(self, rows, limit, cursor):
        start = 0 if cursor and cursor["direction"] == "inbound" else self.at(rows, cursor)
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-10")
class cursor_unknown_ignored:
    """A cursor that is no message's id is not looked at."""

    def strange_cursor(self, ident):
        return None


@fault("PAGE-10", "ERR-01")
class cursor_unknown_crashes:
    """A cursor that is no message's id ends in a KeyError and a 500."""

    def strange_cursor(self, ident):
        raise KeyError(ident)


@fault("PAGE-04", "PAGE-01")
class cursor_at_end_refused(Rows):
    """After the very last message the list answers 416."""

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor)
        if cursor and start >= len(rows):
            raise Refused(416, "invalid_request_error", "starting_after_past_end", "There is nothing more.", "starting_after")
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-04")
class cursor_at_end_repeats(Rows):
    """After the very last message the last one is shown again, with has_more true."""

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor)
        if cursor and rows and start >= len(rows):
            return rows[-1:], True
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-07", "PAGE-01", "PAGE-03", "PAGE-04")
class cursor_by_time(Rows):
    """The cursor is its created_at: of messages of one second that lie on two pages the later are lost."""

    def cut(self, rows, limit, cursor):
        if cursor:
            newest = self.choices["sequence"] == "newest"
            rows = [r for r in rows if (second(r) < second(cursor) if newest else second(r) > second(cursor))]
        return rows[:limit], len(rows) > limit


@fault("PAGE-07", "PAGE-01", "PAGE-04")
class cursor_by_time_inclusive(Rows):
    """The cursor is its created_at, inclusive: a page begins with those of the cursor's second that were shown."""

    def cut(self, rows, limit, cursor):
        if cursor:
            newest = self.choices["sequence"] == "newest"
            rows = [r for r in rows if r["id"] != cursor["id"]
                    and (second(r) <= second(cursor) if newest else second(r) >= second(cursor))]
        return rows[:limit], len(rows) > limit


@fault("PAGE-06", "CONC-02")
class cursor_numbers_pages(Rows):
    """A cursor is turned into the number of its page, as it was when last listed: arrivals shift the pages."""

    def prepare(self):
        self.index = {}

    def page(self, documents, account, conversation, direction, limit, cursor):
        rows = self.rows(documents, account, conversation, direction)
        base = (account, conversation, direction)
        start = self.index.get((*base, cursor["id"]), self.at(rows, cursor) - 1) + 1 if cursor else 0
        page = rows[start:start + limit]
        for i, row in enumerate(page):
            self.index[(*base, row["id"])] = start + i
        return page, len(rows) > start + limit


@fault("PAGE-06", "PAGE-01")
class walk_ends_on_arrival(Rows):
    """A walk that began before the latest message is told that there is no more."""

    def prepare(self):
        self.size = {}

    def page(self, documents, account, conversation, direction, limit, cursor):
        rows = self.rows(documents, account, conversation, direction)
        key = (account, conversation, direction)
        if cursor is None:
            self.size[key] = len(rows)
        start = self.at(rows, cursor)
        more = len(rows) > start + limit and self.size.get(key, len(rows)) == len(rows)
        return rows[start:start + limit], more


@fault("PAGE-04", "PAGE-01", "PAGE-03")
class small_pages_overlap(Rows):
    """Among the first six messages, a page of two or three begins with the message of its cursor."""

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor)
        if limit in (2, 3) and 2 <= start <= 6:
            start -= 1
        return rows[start:start + limit], len(rows) > start + limit


# ---- order

@fault("PAGE-03", "PAGE-07", "PAGE-01")
class shuffled_within_a_second(Rows):
    """Within a second the order is that of a hash which changes with every request."""

    def cut(self, rows, limit, cursor):
        rank = {row["id"]: random.random() for row in rows}
        sign = -1 if self.choices["sequence"] == "newest" else 1
        rows = sorted(rows, key=lambda row: (sign * second(row), rank[row["id"]]))
        start = 1 + [row["id"] for row in rows].index(cursor["id"]) if cursor and cursor["id"] in rank else self.at(rows, cursor)
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-03")
class large_pages_by_id(Rows):
    """Pages of more than 50 are in the order of the ids within each second."""

    def cut(self, rows, limit, cursor):
        if limit > 50:
            sign = -1 if self.choices["sequence"] == "newest" else 1
            rows = sorted(rows, key=lambda row: (sign * second(row), row["id"]))
        start = 1 + [row["id"] for row in rows].index(cursor["id"]) if cursor else 0
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-09", "PAGE-01", "PAGE-03")
class pages_run_backwards:
    """Each page is put the other way about before it is shown; the cursor is then its first message in time."""

    def page(self, *args):
        page, more = super().page(*args)
        return page[::-1], more


@fault("PAGE-08", "PAGE-09")
class delivered_go_to_front(Rows):
    """Messages whose status has moved go before those that still wait."""

    def rows(self, documents, account, conversation, direction):
        rows = super().rows(documents, account, conversation, direction)
        waits = [row["status"] == self.choices["begins"] and live(row) for row in rows]
        return [row for row, w in zip(rows, waits) if not w] + [row for row, w in zip(rows, waits) if w]

    def at(self, rows, cursor):
        return 0 if cursor is None else 1 + [row["id"] for row in rows].index(cursor["id"])

    def cut(self, rows, limit, cursor):
        start = self.at(rows, cursor)
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-09")
class inbound_first(Rows):
    """Inbound messages come before outbound ones."""

    def rows(self, documents, account, conversation, direction):
        return sorted(super().rows(documents, account, conversation, direction), key=lambda row: row["direction"])

    def cut(self, rows, limit, cursor):
        start = 1 + [row["id"] for row in rows].index(cursor["id"]) if cursor else 0
        return rows[start:start + limit], len(rows) > start + limit


@fault("PAGE-09")
class order_by_day_time(Rows):
    """Messages are ordered by the text of their minute and second, without the hour."""

    def rows(self, documents, account, conversation, direction):
        rows = super().rows(documents, account, conversation, direction)
        return sorted(rows, key=lambda row: second(row) % 3600, reverse=self.choices["sequence"] == "newest")

    def cut(self, rows, limit, cursor):
        start = 1 + [row["id"] for row in rows].index(cursor["id"]) if cursor else 0
        return rows[start:start + limit], len(rows) > start + limit


# ---- filters on later pages

@fault("PAGE-05", "PAGE-01", "LIST-06")
class conversation_until_page_two:
    """A cursor makes the list forget its conversation."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        return super().page(documents, account, conversation if cursor is None else None, direction, limit, cursor)


@fault("PAGE-05", "PAGE-01", "LIST-07")
class outbound_until_page_two:
    """direction=outbound holds on the first page only."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        lost = cursor is not None and direction == "outbound"
        return super().page(documents, account, conversation, None if lost else direction, limit, cursor)


@fault("PAGE-05", "PAGE-01", "LIST-06")
class conversation_of_the_cursor:
    """With a cursor the list keeps to the cursor's conversation, whether or not a filter is given, from the third page on."""

    def prepare(self):
        self.walked = set()

    def page(self, documents, account, conversation, direction, limit, cursor):
        third = cursor is not None and cursor["id"] in self.walked
        chosen = cursor["conversation_id"] if third else conversation
        page, more = super().page(documents, account, chosen, direction, limit, cursor)
        if cursor is not None and page:
            self.walked.add(page[-1]["id"])
        return page, more


@fault("LIST-04", "PAGE-01", "PAGE-02")
class filter_follows_limit:
    """A page is cut before its filters are applied: it holds fewer than the limit while has_more counts the others."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        page, more = super().page(documents, account, None, None, limit, cursor)
        return [r for r in page if conversation in (None, r["conversation_id"]) and self.goes(r, direction)], more


@fault("LIST-04", "PAGE-02", "PAGE-01")
class direction_follows_limit:
    """direction is applied to a page of twice the limit: where messages of one direction lie far apart, pages are short and say that there is no more."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        if direction is None:
            return super().page(documents, account, conversation, direction, limit, cursor)
        page, _ = super().page(documents, account, conversation, None, limit * 2, cursor)
        rows = [r for r in page if r["direction"] == direction]
        return rows[:limit], len(rows) > limit


@fault("PAGE-01", "LIST-10")
class images_listed_for_each_rendition:
    """Images are listed twice, as a join with their renditions does."""

    def page(self, *args):
        page, more = super().page(*args)
        twice = [row for row in page for _ in range(2 if row["type"] == "image" else 1)][:args[4]]
        return twice, more or (bool(twice) and twice[-1] is not page[-1])
