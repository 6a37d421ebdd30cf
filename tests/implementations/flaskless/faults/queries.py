"""The query of a list: limit and filters."""

import re
from urllib.parse import unquote_to_bytes

from .base import fault, live


# ---- limit

class Limit:
    def limit_of(self, query):
        text = query.get("limit")
        mine = self.limit(text, query) if text is not None else self.default(query)
        return super().limit_of(query) if mine is None else mine

    def limit(self, text, query):
        return None

    def default(self, query):
        return None


@fault("LIST-03")
class default_is_26(Limit):
    """Without limit a page has 26 items."""

    def default(self, query):
        return 26


@fault("LIST-03")
class default_50_for_inbound(Limit):
    """Without limit a list of one direction has 50 items."""

    def default(self, query):
        return 50 if query.get("direction") else None


@fault("LIST-04")
class limit_on_first_page_only(Limit):
    """A page after the first always has 25 items, whatever the limit."""

    def limit(self, text, query):
        return 25 if query.get("starting_after") else None


@fault("LIST-04")
class limit_one_is_ten(Limit):
    """A limit of 1 is taken for 10."""

    def limit(self, text, query):
        return 10 if text == "1" else None


@fault("LIST-04")
class limit_above_25_ignored(Limit):
    """A limit above 25 yields 25 when there is a conversation filter."""

    def limit(self, text, query):
        return 25 if "conversation_id" in query and text.isdigit() and 25 < int(text) <= 100 else None


@fault("LIST-04")
class limit_exclusive(Limit):
    """Limits of two digits yield one less."""

    def limit(self, text, query):
        return int(text) - 1 if re.fullmatch("[1-9][0-9]", text) else None


@fault("LIST-04")
class limit_power_of_two(Limit):
    """A limit is rounded down to a power of two."""

    def limit(self, text, query):
        return 1 << (int(text).bit_length() - 1) if re.fullmatch("[1-9][0-9]?|100", text) else None


@fault("LIST-05")
class limit_101_is_all(Limit):
    """A limit beyond 100 lists everything."""

    def limit(self, text, query):
        return 10 ** 9 if re.fullmatch("[0-9]{1,9}", text) and int(text) > 100 else None


@fault("LIST-05")
class limit_minus_one_is_all(Limit):
    """A limit below 1 means no limit."""

    def limit(self, text, query):
        return 10 ** 9 if re.fullmatch("-?[0-9]+", text) and int(text) < 1 else None


@fault("LIST-05", "ERR-01")
class limit_is_read_unguarded(Limit):
    """int() reads the limit without a guard: abc, 1.5 and an empty one end in a 500."""

    def limit(self, text, query):
        return None if re.fullmatch("[0-9]+", text) else min(100, max(1, int(text)))


@fault("LIST-05", "ERR-01")
class limit_huge_crashes(Limit):
    """A limit that does not fit in 32 bits ends in a 500, and so does a negative one."""

    def limit(self, text, query):
        if re.fullmatch("-[0-9]+", text) or (text.isdigit() and len(text) > 9):
            raise OverflowError
        return None


@fault("LIST-05-S")
class limit_with_underscores(Limit):
    """int() reads the limit: "1_0", " 7 ", "+5" and digits of other scripts are accepted."""

    def limit(self, text, query):
        try:
            return int(text) if 1 <= int(text) <= 100 else None
        except ValueError:
            return None


@fault("LIST-05-S")
class limit_bad_is_default(Limit):
    """A limit that is no number is taken for 25, and one beyond 100 for 100."""

    def limit(self, text, query):
        return None if re.fullmatch("[0-9]{1,2}|100", text) and int(text) else 100 if text.isdigit() and int(text) > 100 else 25


# ---- filters

@fault("LIST-06")
class conversation_filter_like:
    """The conversation filter is a LIKE: "%" lists everything."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        if conversation and "%" in conversation:
            conversation = None
        return super().page(documents, account, conversation, direction, limit, cursor)


@fault("LIST-06", "LIST-10")
class conversation_without_media:
    """A list of a conversation leaves out messages with media."""

    def candidates(self, documents, account, conversation, cursor):
        rows = super().candidates(documents, account, conversation, cursor)
        return rows if conversation is None else (row for row in rows if row["media_url"] is None)


@fault("LIST-06")
class unknown_conversation_lists_all:
    """A list of an unknown conversation is not filtered."""

    def conversation_filter(self, account, query):
        ident = query.get("conversation_id")
        return ident if ident is None or self.room(account, ident) else None


@fault("LIST-06")
class twin_conversation_merged:
    """A list of a conversation has the messages of the one whose id is one character longer, too."""

    def candidates(self, documents, account, conversation, cursor):
        rows = super().candidates(documents, account, None, cursor)
        if conversation is None:
            return rows
        return (row for row in rows if row["conversation_id"] in (conversation, conversation + "0"))


@fault("LIST-07")
class direction_misses_templates:
    """direction=outbound leaves out templates."""

    def goes(self, row, direction):
        return super().goes(row, direction) and not (direction == "outbound" and row["type"] == "template")


@fault("LIST-07")
class direction_inbound_by_status:
    """direction=inbound lists what was delivered, and direction=outbound the rest."""

    def goes(self, row, direction):
        return direction is None or (row["status"] == "delivered") == (direction == "inbound")


@fault("LIST-07-S")
class direction_unknown_is_empty:
    """An unknown direction lists nothing, with 200."""

    def direction_of(self, query):
        return query.get("direction")


@fault("LIST-07-S")
class direction_by_first_letter:
    """Any direction that begins with i or o is accepted: "in", "out", "incoming"."""

    def direction_of(self, query):
        letter = (query.get("direction") or "")[:1].lower()
        return {"i": "inbound", "o": "outbound"}.get(letter) or super().direction_of(query)


@fault("LIST-08", "LIST-06")
class direction_drops_conversation:
    """With direction=inbound the conversation filter is not looked at."""

    def page(self, documents, account, conversation, direction, limit, cursor):
        return super().page(documents, account, None if direction == "inbound" else conversation, direction, limit, cursor)


@fault("LIST-09", "LIST-10")
class overview_without_web_chat:
    """Without a conversation filter, outbound messages of web_chat are not listed."""

    def candidates(self, documents, account, conversation, cursor):
        rows = super().candidates(documents, account, conversation, cursor)
        if conversation is not None:
            return rows
        return (row for row in rows if row["channel"] != "web_chat" or row["direction"] == "inbound")


@fault("LIST-10", "LIST-06")
class listed_when_moved:
    """A message is listed only once its status has moved for the first time."""

    def candidates(self, documents, account, conversation, cursor):
        rows = super().candidates(documents, account, conversation, cursor)
        return (row for row in rows if row["direction"] == "inbound" or row["status"] != self.choices["begins"] or not live(row))


@fault("LIST-10")
class listed_late_when_filtered:
    """The index of conversations is 0.6 seconds behind, with no window declared."""

    def candidates(self, documents, account, conversation, cursor):
        rows = super().candidates(documents, account, conversation, cursor)
        now = self.ledger.advance()
        return rows if conversation is None else (row for row in rows if now - row["at"] > 600_000)


@fault("LIST-11", "ERR-01")
class blank_value_crashes:
    """A parameter without a value ("?direction" or "?x=") ends in a 500."""

    def query(self, request):
        query = super().query(request)
        if "" in query.values():
            raise IndexError
        return query


@fault("LIST-11", "ERR-01")
class bad_octets_crash:
    """Escapes in the query that are not UTF-8 end in a 500."""

    def query(self, request):
        unquote_to_bytes(request.query).decode("utf-8")
        return super().query(request)


@fault("LIST-11", "ERR-01")
class brackets_crash:
    """A parameter with brackets ("limit[]=5", "created_at[gt]=1") becomes an array and ends in a 500."""

    def query(self, request):
        query = super().query(request)
        if any("[" in name for name in query):
            raise TypeError
        return query


@fault("LIST-11", "ERR-01")
class many_parameters_crash:
    """More than twenty query parameters end in a 500, and so does one of a thousand characters."""

    def query(self, request):
        query = super().query(request)
        if len(query) > 20 or any(len(value) > 999 for value in query.values()):
            raise ValueError
        return query
