"""What Hypothesis draws: programs, each of a situation that many servers get wrong, with its numbers at random.

Examples are generated in one go and run afterwards: Hypothesis neither sees the target nor shrinks against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from conformance.suite.programs import BOTH, IN_CONVERSATION, NOWHERE, OUTBOUND, Program, Step

Drawn = st.SearchStrategy[Program]
_PLACE = st.integers(0, 7)
_WHERE = st.integers(0, 3)
_SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
_LIMIT = st.sampled_from([None, 20, 50, 100])


def _step(do: str, **fields: Any) -> st.SearchStrategy[Step]:
    drawn = {name: each if isinstance(each, st.SearchStrategy) else st.just(each) for name, each in fields.items()}
    return st.fixed_dictionaries({"do": st.just(do), **drawn})


def _program(*steps: st.SearchStrategy[Step], to: st.SearchStrategy[int] = _PLACE) -> Drawn:
    """Steps one after the other; those that name no conversation are all of one, which is drawn."""
    return st.builds(lambda made, place: [_placed(each, place) for each in made], st.tuples(*steps), to)


def _placed(step: Step, place: int) -> Step:
    """The step in the conversation of a place, or in one that is so many further on."""
    placed = {"do": step["do"], "to": (place + step.get("next", 0)) % 8, **step}
    return {name: value for name, value in placed.items() if name != "next"}


def _send(count: st.SearchStrategy[int] | int, **fields: Any) -> st.SearchStrategy[Step]:
    return _step("send", count=count, at_once=fields.pop("at_once", st.booleans()), **fields)


def _walk(where: Any = _WHERE, sizes: Any = _SIZES, **fields: Any) -> st.SearchStrategy[Step]:
    return _step("walk", where=where, sizes=sizes, **fields)


_SMALL = st.lists(st.integers(1, 2), min_size=1, max_size=2)
_LISTED = _step("list", where=_WHERE, limit=_LIMIT)
_AFTER = _step("list", where=_WHERE, limit=st.integers(1, 3) | st.none(), after=_PLACE)


# -- pagination --------------------------------------------------------------------------------------------------------


def ends() -> Drawn:
    """The end of a list, by a filter and without: full pages, what follows the very last, every kind of cursor."""
    size = st.integers(1, 3)
    narrow, wide = st.sampled_from([IN_CONVERSATION, BOTH]), st.sampled_from([OUTBOUND, NOWHERE])
    tails = [_step("tail", where=where, size=size) for where in (narrow, wide)]
    tails.append(_step("tail", where=narrow, size=size, next=st.integers(1, 2)))
    return _program(_send(st.integers(4, 6)), *tails, _walk(narrow, size.map(lambda each: [each]), after=_PLACE))


def arrivals() -> Drawn:
    """Walks while messages arrive: between the pages, and from other connections at the same time."""
    calm, crowd = _walk(sizes=_SMALL, meanwhile="send"), _walk(sizes=_SMALL, meanwhile="send at once")
    return _program(_send(st.integers(4, 6)), calm, crowd, _AFTER)


def mixtures() -> Drawn:
    """One stretch walked by several page sizes, and taken up at any message."""
    return _program(_send(st.integers(4, 6)), _walk(), _walk(sizes=st.integers(1, 3).map(lambda each: [each])), _AFTER)


def filtered() -> Drawn:
    """Messages of two conversations in turn, by every filter."""
    other = st.integers(1, 3)
    turns = [_send(1), _step("send", next=other), _send(2), _step("send", next=other), _send(1)]
    walks = [_walk(BOTH, _SMALL), _walk(OUTBOUND), _walk(IN_CONVERSATION, _SMALL), _walk(IN_CONVERSATION, next=other)]
    return _program(*turns, *walks, _AFTER)


def crowds() -> Drawn:
    """Sends at one time, some of one payload: each is there, once."""
    one = _send(st.integers(2, 3), same=True, at_once=st.booleans())
    many = _send(st.integers(4, 6), at_once=True)
    return _program(one, many, _step("list", where=_WHERE, limit=100), _step("look", message=_PLACE))


def echoes() -> Drawn:
    """One list asked for before and after a send, at once, and the other lists that it belongs to."""
    return st.builds(
        lambda place, where, limit, other: [
            {"do": "list", "to": place, "where": where, "limit": limit},
            {"do": "send", "to": place, "count": 1},
            {"do": "list", "to": place, "where": where, "limit": limit},
            {"do": "list", "to": place, "where": (where + other) % 4, "limit": limit},
            {"do": "look", "message": 0},
            {"do": "send", "to": place + 1, "count": 1, "kind": "template"},
            {"do": "list", "to": place + 1, "where": (where + other) % 4, "limit": limit},
        ],
        *(_PLACE, _WHERE, st.sampled_from([20, 50, 100]), st.integers(1, 3)),
    )


def wanderings() -> Drawn:
    """Any steps in any order."""
    pause = _step("pause", ms=st.sampled_from([5, 20, 60, 120]))
    meanwhile = st.sampled_from([None, None, "send", "send at once", "look"])
    walk = _walk(after=st.sampled_from([None, None, 0, 1, 3]), meanwhile=meanwhile, next=_PLACE)
    tail = _step("tail", where=_WHERE, size=st.integers(1, 4))
    steps = st.one_of(walk, walk, _AFTER, _LISTED, _send(st.integers(1, 5), next=_PLACE), pause, tail)
    return st.builds(
        lambda first, others, place: [_placed(each, place) for each in [first, *others]],
        *(_send(st.integers(3, 6)), st.lists(steps, min_size=3, max_size=6), _PLACE),
    )


# -- statuses ----------------------------------------------------------------------------------------------------------


def deliveries() -> Drawn:
    """Messages of every kind in every conversation, looked at in any interleaving until they rest, and after."""
    kinds = st.permutations(["text", "image", "template", "text"])
    sends = st.builds(
        lambda places, kinds: [
            {"do": "send", "to": place, "count": 1, "kind": kind, "metadata": {"order_id": "ord_abc123"}}
            for place, kind in zip(places, kinds, strict=True)
        ],
        *(st.permutations(range(4)), kinds),
    )
    order = st.sampled_from(["list first", "list last", "list last", "at once"])
    looks = st.lists(_step("round", order=order, ms=st.sampled_from([20, 50, 90, 120])), min_size=4, max_size=5)
    last = [{"do": "settle"}, {"do": "round", "order": "list last", "ms": 0}]
    return st.builds(lambda first, rounds: [*first, *rounds, *last], sends, looks)


def movements() -> Drawn:
    """One list again and again while statuses move, and a walk through it."""
    list_again = _step("list", where=NOWHERE, limit=50)
    pause = _step("pause", ms=st.sampled_from([60, 90, 120]))
    sends = [_step("send", count=st.integers(1, 2), next=place) for place in range(3)]
    walk = _walk(st.sampled_from([NOWHERE, OUTBOUND]), st.just([3, 2]), meanwhile=st.sampled_from([None, "look"]))
    return _program(*sends, list_again, pause, walk, pause, list_again, pause, list_again)


def glances() -> Drawn:
    """Few messages looked at one by one, by retrieve and by list, from one connection or two."""
    look = _step("look", message=_PLACE, at_once=st.sampled_from([False, False, True]))
    pause = _step("pause", ms=st.sampled_from([5, 20, 60, 120]))
    rest = st.lists(st.one_of(look, look, _LISTED, pause, _send(st.integers(1, 3))), min_size=8, max_size=16)
    return st.builds(lambda rest, place: [_placed(each, place) for each in [{"do": "send"}, *rest]], rest, _PLACE)


@contextmanager
def repeatable() -> Iterator[None]:
    """Let what is drawn follow from the seed alone.

    Hypothesis mixes in constants of every module that was imported from outside site-packages, so that the same seed would
    draw something else once another module is there. There is no setting for it; a version of Hypothesis that keeps them
    elsewhere draws as it does by itself, and a test says so.
    """
    try:
        from hypothesis.internal.conjecture import providers
        from hypothesis.internal.constants_ast import Constants

        found, nothing = providers._get_local_constants, Constants()
        providers.CONSTANTS_CACHE.cache.clear()
    except (ImportError, AttributeError):
        yield
        return
    providers._get_local_constants = lambda: nothing
    try:
        yield
    finally:
        providers._get_local_constants = found
        providers.CONSTANTS_CACHE.cache.clear()


def draw(strategy: st.SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """So many examples, the same for the same seed. The first that Hypothesis gives is the simplest: it is left out."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count + 1,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    with repeatable():
        collect()
    return found[1 : count + 1] or found
