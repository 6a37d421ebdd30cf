"""Faults of the limit: its default, its effect and its bounds."""

from __future__ import annotations

import re
from dataclasses import replace

from ..records import Query
from ..service import Service
from .registry import fault


@fault("default-limit-20", "LIST-03")
class DefaultLimit20(Service):
    """A page holds twenty when no limit is given."""

    def default_limit(self) -> int:
        return 20


@fault("default-limit-100", "LIST-03")
class DefaultLimit100(Service):
    """A page holds a hundred when no limit is given."""

    def default_limit(self) -> int:
        return 100


@fault("default-limit-26", "LIST-03")
class DefaultLimit26(Service):
    """A page holds twenty-six when no limit is given."""

    def default_limit(self) -> int:
        return 26


class Filterwise(Service):
    """Holds another number when no limit is given but a filter is."""

    def query(self, pairs: list[tuple[str, str]]) -> Query:
        query = super().query(pairs)
        limited = any(name == "limit" for name, _ in pairs)
        return query if limited else replace(query, limit=self.unlimited(query))

    def unlimited(self, query: Query) -> int:
        raise NotImplementedError


@fault("default-limit-unfiltered-only", "LIST-03")
class DefaultLimitUnfilteredOnly(Filterwise):
    """A conversation's page holds fifty when no limit is given."""

    def unlimited(self, query: Query) -> int:
        return 50 if query.conversation_id else query.limit


@fault("default-limit-by-both-filters", "LIST-03")
class DefaultLimitByBothFilters(Filterwise):
    """A page of one conversation and one direction holds fifty when no limit is given."""

    def unlimited(self, query: Query) -> int:
        return 50 if query.conversation_id and query.direction else query.limit


@fault("default-limit-first-page-only", "LIST-03", "LIST-04")
class DefaultLimitFirstPageOnly(Filterwise):
    """Pages after the first hold ten when no limit is given."""

    def unlimited(self, query: Query) -> int:
        return 10 if query.starting_after else query.limit


class Limiting(Service):
    """Reads a limit in another way."""

    def read_limit(self, text: str | None) -> int:
        return self.limited(super().read_limit(text)) if text is not None else super().read_limit(None)

    def limited(self, limit: int) -> int:
        raise NotImplementedError


@fault("limit-cap-50", "LIST-04")
class LimitCap50(Limiting):
    """A page never holds more than fifty."""

    def limited(self, limit: int) -> int:
        return min(limit, 50)


@fault("limit-100-is-99", "LIST-04")
class Limit100Is99(Limiting):
    """A limit of 100 yields ninety-nine."""

    def limited(self, limit: int) -> int:
        return min(limit, 99)


@fault("limit-one-less", "LIST-04")
class LimitOneLess(Limiting):
    """A page holds one less than was asked for, but at least one."""

    def limited(self, limit: int) -> int:
        return max(limit - 1, 1)


@fault("limit-one-more", "LIST-04")
class LimitOneMore(Limiting):
    """A page holds one more than was asked for."""

    def limited(self, limit: int) -> int:
        return limit + 1


@fault("limit-at-least-5", "LIST-04")
class LimitAtLeast5(Limiting):
    """A page holds five at least."""

    def limited(self, limit: int) -> int:
        return max(limit, 5)


@fault("limit-ignored", "LIST-04")
class LimitIgnored(Limiting):
    """A page holds twenty-five, whatever was asked for."""

    def limited(self, limit: int) -> int:
        return 25


@fault("limit-lost-after-first-page", "LIST-04")
class LimitLostAfterFirstPage(Service):
    """Pages after the first hold twenty-five, whatever was asked for."""

    def query(self, pairs: list[tuple[str, str]]) -> Query:
        query = super().query(pairs)
        return replace(query, limit=25) if query.starting_after else query


class Tolerant(Service):
    """Accepts some limits that are out of range or no integers."""

    def read_limit(self, text: str | None) -> int:
        number = self.tolerated(text) if text is not None else None
        return super().read_limit(text) if number is None else number

    def tolerated(self, text: str) -> int | None:
        raise NotImplementedError


@fault("limit-unbounded", "LIST-05", "LIST-05-S")
class LimitUnbounded(Tolerant):
    """A limit beyond 100 is followed."""

    def tolerated(self, text: str) -> int | None:
        return int(text) if re.fullmatch("[1-9][0-9]{2,5}", text) else None


@fault("limit-negative-unbounded", "LIST-05", "LIST-05-S")
class LimitNegativeUnbounded(Tolerant):
    """A negative limit yields everything."""

    def tolerated(self, text: str) -> int | None:
        return 100_000 if re.fullmatch("-[0-9]{1,5}", text) else None


@fault("limit-clamped", "LIST-05-S")
class LimitClamped(Tolerant):
    """A limit out of range is clamped."""

    def tolerated(self, text: str) -> int | None:
        return min(max(int(text), 1), 100) if re.fullmatch("-?[0-9]{1,9}", text) else None


@fault("limit-fraction-cut", "LIST-05-S")
class LimitFractionCut(Tolerant):
    """The fraction of a limit is cut off."""

    def tolerated(self, text: str) -> int | None:
        return int(text.partition(".")[0]) if re.fullmatch(r"[1-9]\.[0-9]+", text) else None


@fault("limit-cut-to-32-bits", "LIST-05-S")
class LimitCutTo32Bits(Tolerant):
    """Of a limit that is larger than 32 bits hold the lower ones are read."""

    def tolerated(self, text: str) -> int | None:
        return int(text) % 2**32 if re.fullmatch("[0-9]{10,18}", text) else None


@fault("limit-cut-to-64-bits", "LIST-05-S")
class LimitCutTo64Bits(Tolerant):
    """Of a limit that is larger than 64 bits hold the lower ones are read."""

    def tolerated(self, text: str) -> int | None:
        return int(text) % 2**64 if re.fullmatch("[0-9]{19,30}", text) else None


@fault("limit-empty-default", "LIST-05-S")
class LimitEmptyDefault(Tolerant):
    """An empty limit counts as left out."""

    def tolerated(self, text: str) -> int | None:
        return None if text else 25


@fault("limit-text-default", "LIST-05-S")
class LimitTextDefault(Tolerant):
    """A limit that is no number counts as left out."""

    def tolerated(self, text: str) -> int | None:
        return None if re.fullmatch("-?[0-9.]*", text) else 25


@fault("limit-zero-empty", "LIST-05-S")
class LimitZeroEmpty(Tolerant):
    """A limit of zero yields an empty page."""

    def tolerated(self, text: str) -> int | None:
        return 0 if text == "0" else None


@fault("limit-text-500", "LIST-05", "LIST-11", "ERR-01")
class LimitText500(Tolerant):
    """A limit that is no number breaks the server."""

    def tolerated(self, text: str) -> int | None:
        int(float(text or 0))
        return None


@fault("limit-zero-500", "LIST-05", "ERR-01")
class LimitZero500(Tolerant):
    """A limit of zero breaks the server."""

    def tolerated(self, text: str) -> int | None:
        return None if text != "0" else 1 // int(text)


@fault("limit-huge-500", "LIST-05", "ERR-01")
class LimitHuge500(Tolerant):
    """A limit of more than eight bytes breaks the server."""

    def tolerated(self, text: str) -> int | None:
        if re.fullmatch("[0-9]{10,}", text):
            int(text).to_bytes(8, "big", signed=True)
        return None
