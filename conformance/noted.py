"""What a process of a run notes beside its deeds: counts, latencies, steps of statuses, walks. It crosses as JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from conformance.history import understand
from conformance.report.evidence import latencies
from conformance.run import Run

INSECURE = "Nobody checked that this is the target: its TLS certificate was taken as it was (--insecure)."
UNFINISHED = "A list was not walked to its end: it goes on behind {} pages (--max-pages)."

UNKNOWN = "The target does not know all the conversations that are declared: {} was refused."


def noted(run: Run) -> dict[str, Any]:
    """The facts of one process of a run, for whoever puts the report together."""
    target = run.client.target
    seen = [(understand(each.request).operation.value, each) for each in run.history]
    clean = run.client.redactor.clean
    return {
        "base_url": target.base_url,
        "conversations": [each.__dict__ for each in target.terms.conversations],
        "read_only": run.plan.read_only,
        "requests": len(seen),
        "latency": latencies(seen),
        "transitions": clean(transitions(run)),
        "walks": clean(walks(run)),
        "warnings": [INSECURE] * target.insecure
        + [UNFINISHED.format(run.client.limits.max_pages)] * run.unfinished
        + [UNKNOWN.format(", ".join(run.unknown))] * bool(run.unknown),
    }


def transitions(run: Run) -> list[tuple[str, str, int]]:
    """Every step between two statuses that the run saw, and how often."""
    counts: dict[tuple[str, str], int] = {}
    for message in run.judge.ledger.messages.values():
        told_ = [str(view.status) for view in sorted(message.views, key=lambda each: each.began) if view.status]
        for before, after in pairwise(told_):
            if before != after:
                counts[before, after] = counts.get((before, after), 0) + 1
    return [(before, after, count) for (before, after), count in counts.items()]


def walks(run: Run) -> list[dict[str, Any]]:
    """The walks of several pages, the ones that repeat a message first, at most twenty."""
    chains = [chain for chains in run.judge.walks.chains.values() for chain in chains if len(chain.pages) > 1]
    told_ = [
        {
            "filters": dict(chain.pages[0].filters),
            "pages": [
                {"cursor": page.cursor, "limit": page.limit, "ids": list(page.ids), "has_more": page.has_more}
                for page in chain.pages
            ],
            "repeated": sorted({each for each in chain.ids if chain.ids.count(each) > 1}),
            "lost": [],
        }
        for chain in chains
    ]
    return sorted(told_, key=lambda each: not each["repeated"])[:20]
