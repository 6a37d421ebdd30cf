"""What Hypothesis draws: programs by weight of what they are after, bodies and metadata of every kind.

Examples are generated in one go and run afterwards: Hypothesis neither sees the target nor shrinks against it.
"""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from conformance.suite.programs import Program

_PLACE = st.integers(0, 7)
_WHERE = st.integers(0, 3)
_SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def _step(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


_SEND = _step(
    do=st.just("send"),
    to=_PLACE,
    count=st.integers(1, 4),
    at_once=st.booleans(),
    same=st.sampled_from([False] * 4 + [True]),
)
_BURST = _step(do=st.just("send"), to=_PLACE, count=st.integers(3, 6), at_once=st.booleans())
_LIST = _step(
    do=st.just("list"),
    to=_PLACE,
    where=_WHERE,
    limit=st.sampled_from([None, 1, 2, 3, 5, 50, 100]),
    after=st.none() | _PLACE,
)
_WALK = _step(
    do=st.just("walk"),
    to=_PLACE,
    where=_WHERE,
    sizes=_SIZES,
    after=st.sampled_from([None, None, 0, 1, 3]),
    meanwhile=st.sampled_from([None, None, "send", "send at once", "look"]),
)
_LOOK = _step(do=st.just("look"), message=_PLACE, at_once=st.sampled_from([False, False, True]))
_PAUSE = _step(do=st.just("pause"), ms=st.sampled_from([5, 20, 60, 120]))


def pagination() -> st.SearchStrategy[Program]:
    """Programs that send in bursts and walk what they sent."""
    rest = st.lists(st.one_of(_WALK, _WALK, _LIST, _BURST, _PAUSE), min_size=3, max_size=6)
    return st.builds(lambda first, others: [first, *others], _BURST, rest)


def statuses() -> st.SearchStrategy[Program]:
    """Programs that send to every conversation and look at what they sent in any interleaving, with pauses."""
    sends = st.builds(
        lambda places: [{"do": "send", "to": place, "count": 1} for place in places], st.permutations(range(4))
    )
    rest = st.lists(st.one_of(_LOOK, _LOOK, _LIST, _PAUSE, _SEND), min_size=8, max_size=16)
    return st.builds(lambda first, others: [*first[:3], *others], sends, rest)


_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=40).filter(
    lambda t: t == t.strip()
)
_ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=12)


def bodies() -> st.SearchStrategy[str]:
    """Texts of every plane, sometimes with what a server may refuse, sometimes with space at their ends."""
    return st.one_of(
        _TEXT, _TEXT, _TEXT, _ANY, _TEXT.map(lambda text: f"{text}\n"), st.text("<>&\"'{}$%\\/`;|", max_size=20)
    )


def metadata() -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects of every shape; half of them hold strings under simple keys only."""
    keys = st.text("abcdefghijklmnopqrstuvwxyz_ABC-0123456789", min_size=1, max_size=12)
    plain = st.dictionaries(
        keys, st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=30), max_size=6
    )
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | _TEXT
    )
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=8
    )
    odd = st.sampled_from(["__proto__", "constructor", "toString", "length", "0", " "]) | _TEXT
    return plain | st.dictionaries(odd, values, max_size=4)


def draw(strategy: st.SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """So many examples, the same for the same seed."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found[:count]
