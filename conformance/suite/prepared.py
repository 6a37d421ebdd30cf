"""What generates the same each time, generated once and kept in spec/generated.json: the document as JSON and
schemathesis' coverage cases, by the document's hash, and what Hypothesis draws for a standard run of the default seed.

Neither library is imported where nothing else is asked for. `python -m conformance.suite.prepared` writes the file anew,
and a test compares it with what is generated now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from conformance import contract
from conformance.derived import digest, kept, of_spec
from conformance.run import SEED

Case = dict[str, Any]
MESSAGES = 24
"""Messages whose bodies and metadata are drawn."""
PAGINATION = ("ends", "arrivals", "mixtures", "filtered", "crowds", "echoes")
STATUSES = ("deliveries", "movements")
"""The situations that programs are drawn of."""


def cases() -> list[Case]:
    """The coverage cases: kept ones where they fit the spec, else generated now."""
    if (kept := of_spec("cases")) is not None:
        return list(kept)
    from conformance.suite import coverage

    return coverage.generate()


def drawn(name: str, count: int, seed: int) -> list[Any]:
    """So many programs of a situation, or `messages`: kept ones where they fit the seed, else drawn now."""
    found = kept().get("drawn", {}).get(_key(name, count, seed))
    return list(found) if found else _drawn(name, count, seed)


def _drawn(name: str, count: int, seed: int) -> list[Any]:
    from conformance.suite import generate, values

    strategy = values.messages() if name == "messages" else getattr(generate, name)()
    return generate.draw(strategy, count, seed)


def _key(name: str, count: int, seed: int) -> str:
    return f"{name} {count} {seed}"


def made() -> dict[str, Any]:
    """All that is kept, generated now."""
    from importlib.metadata import version

    from conformance.suite import coverage

    asked = [(name, 1, SEED + place) for names in (STATUSES, PAGINATION) for place, name in enumerate(names)]
    return {
        "spec": digest(),
        "schemathesis": version("schemathesis"),
        "hypothesis": version("hypothesis"),
        "document": contract.read(),
        "cases": coverage.generate(),
        "drawn": {_key(*each): _drawn(*each) for each in (*asked, ("messages", MESSAGES, SEED))},
    }


def _lines() -> Iterator[str]:
    whole = made()
    yield "{\n"
    yield from (f' "{name}": "{whole[name]}",\n' for name in ("spec", "schemathesis", "hypothesis"))
    yield f' "document": {json.dumps(whole["document"])},\n'
    yield ' "cases": [\n' + ",\n".join(f"  {json.dumps(each, sort_keys=True)}" for each in whole["cases"]) + "\n ],\n"
    drawn = whole["drawn"].items()
    yield ' "drawn": {\n' + ",\n".join(f'  "{name}": {json.dumps(each)}' for name, each in drawn) + "\n }\n}\n"


if __name__ == "__main__":
    sys.stdout.write("".join(_lines()))
