"""What a process of a run notes beside its deeds: counts, latencies, steps of statuses, walks. It crosses as JSON."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from conformance.history import understand
from conformance.oracles.differences import passed_over
from conformance.paging import Chain
from conformance.report.evidence import latencies
from conformance.run import Run

INSECURE = "Nobody checked that this is the target: its TLS certificate was taken as it was (--insecure)."
UNFINISHED = "A list was not walked to its end: it goes on behind {} pages (--max-pages)."

UNKNOWN = "The target does not know all the conversations that are declared: {} was refused."
_COMPARED, _LOST = 8, 100


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
    """The walks of several pages, those that repeat or lose a message first, at most twenty."""
    # Where no list was found at fault nothing can have been lost, and nothing is looked for.
    suspect = any(each.startswith(("PAGE", "LIST", "CONC")) for each in run.violated())
    told_ = []
    for chains in run.judge.walks.chains.values():
        others = sorted(chains, key=lambda each: len(each.ids))[-_COMPARED:] if suspect else []
        told_ += [_walk(chain, others, run) for chain in chains if len(chain.pages) > 1]
    return sorted(told_, key=lambda each: not (each["repeated"] or each["lost"]))[:20]


def _walk(chain: Chain, others: list[Chain], run: Run) -> dict[str, Any]:
    ids = chain.ids
    return {
        "filters": dict(chain.pages[0].filters),
        "pages": [
            {"cursor": page.cursor, "limit": page.limit, "ids": list(page.ids), "has_more": page.has_more}
            for page in chain.pages
        ],
        "repeated": sorted(each for each, times in Counter(ids).items() if times > 1),
        "lost": passed_over(chain, [each for each in others if each is not chain], run.judge.ledger)[:_LOST],
    }
