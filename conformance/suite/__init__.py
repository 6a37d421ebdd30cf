"""The drivers: they bring situations about and know no verdicts.

A driver is a pytest test that is marked with the requirements it puts to the test. It asserts nothing itself: the
plugin judges what it did, fails it for what it broke, and calls it inconclusive if it proved nothing.
"""

from importlib import import_module

TOUR = ("test_tour", "test_arrivals")
"""The chapters of the quick profile; every other run begins with the tour, too."""
CHAPTERS = (
    "test_tour",
    "test_send",
    "test_retrieve",
    "test_access",
    "test_pagination",
    "test_errors",
    "test_concurrency",
    "test_properties",
    "test_list",
    "test_arrivals",
    "test_statuses",
    "test_search",
    "test_extremes",
)
"""The order of a run: what finds most with fewest requests first; what asks for many messages, and what waits for
deliveries, late; what may spoil the lists last."""


def drivers_of(profile: str) -> set[str]:
    """The names of all drivers of a profile, each with its chapter's."""
    chapters: tuple[str, ...] = TOUR if profile == "quick" else CHAPTERS
    chapters = tuple(each for each in chapters if each != "test_search" or profile == "deep")
    modules = {name: vars(import_module(f"{__name__}.{name}")) for name in chapters}
    return {f"{name}::{each}" for name, module in modules.items() for each in module if each.startswith("test_")}
