"""What a comparison came to, on paper: a page in Markdown, and the same as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import conformance
from conformance import reference
from tests.paper import machine, moment
from tests.peers import table
from tests.peers.table import Row, Run
from tests.peers.tools import TOOLS, pins
from tests.peers.trying import PATIENCE, Subject

HEAD = """# Peers, side by side

What tools of the field find on this API, given [spec/openapi.yaml](../spec/openapi.yaml), and what this suite finds: on the
same {faults} faults of the reference, drawn at random with seed {seed} from {all_faults}, and the same {variants} correct
variants, in one run. Made by

```sh
make bench-peers JOBS={jobs}
```

{rule}

{summary}

Begun {began} at commit {commit}, written {ended}; {machine}; {jobs} runs at a time, the load at the end {load}. Requests are
counted by the server. Requests, seconds and processor time are medians of all runs of a row; where others load the machine,
trust the processor time. A run that has not ended after {patience:g} s is stopped, and finds nothing. Versions: {versions}.

## How each peer is run

Each tool is given what the owner of a server would give it, so that its false alarms are its own (`tests/peers/spec.py`,
and its configuration beside that file):

- A key, the ids of conversations and messages that exist, and of the statuses that are all right those that this server
  uses. Where the documentation is silent, the copy of the document says what this server chose (empty bodies, null).
  schemathesis is told, too, where a server limits the rate, and where a send takes a moment to be visible.
- Every server has a copy of its own, the faulty ones as well as the correct ones.
- schemathesis reads OpenAPI 3.1 as it is. Specmatic and Dredd get a copy in 3.0, without if/then; Specmatic no images,
  which need it. Portman gets 3.1 without if/then, whose `required` it takes for the object's own.
- Dredd's hooks and Portman's variations bring about each documented error that one request can bring about.
- Ours runs with `--strict`: it fails on a SHOULD, too, as its peers know no levels. The variants drawn depart from no SHOULD.
- The plain reference is tried with the seeds 1, 2 and 3, all others with seed 1.

The faults are this project's own, and its checks were developed against that catalogue: that it finds them is what
`make matrix` holds it to, and says nothing of faults that nobody thought of. The peers had not seen them.

What these tools do not set out to do is not held against them: Dredd and Portman check examples, and a status that goes
backwards is no matter of an OpenAPI document. The table says what a user of this API gets from each.

## Which faults were found

{by_fault}

Found by a peer and by none of ours: {elsewhere}.

## What was said of correct servers

{alarms}
"""


@dataclass(frozen=True)
class Paper:
    """A comparison that is over."""

    seed: int
    subjects: Sequence[Subject]
    runs: Sequence[Run]
    tools: Sequence[str]
    unavailable: Mapping[str, str]
    began: Mapping[str, str]
    jobs: int

    @property
    def rows(self) -> list[Row]:
        """A row per tool."""
        return [table.row(tool, self.runs) for tool in self.tools]

    def summary(self) -> str:
        """The table of all tools."""
        return table.summary(self.rows, dict(self.unavailable), {tool.name: tool.adapted for tool in TOOLS})

    def names(self, kind: str) -> list[str]:
        """What was drawn of a kind."""
        return [subject.name for subject in self.subjects if subject.kind == kind]

    def elsewhere(self) -> dict[str, list[str]]:
        """Faults that a peer found and none of ours did."""
        return table.only_elsewhere(self.rows, [tool.name for tool in TOOLS if tool.ours])

    def document(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "format": 1,
            **self.began,
            "written": moment(),
            "machine": machine(),
            "versions": _versions(),
            "rule": table.RULE,
            "seed": self.seed,
            "faults": self.names("fault"),
            "variants": self.names("variant"),
            "unavailable": dict(self.unavailable),
            "tools": table.plain(self.rows),
            "found_by_peers_only": self.elsewhere(),
            "runs": [_short(run) for run in self.runs],
        }

    def markdown(self) -> str:
        """The page."""
        faults = self.names("fault")
        return HEAD.format(
            faults=len(faults),
            all_faults=len(reference.FAULTS),
            variants=len(self.names("variant")),
            seed=self.seed,
            rule=table.RULE,
            summary=self.summary(),
            **self.began,
            ended=moment(),
            machine=machine(),
            jobs=self.jobs,
            load=f"{os.getloadavg()[1]:.1f}",
            patience=PATIENCE,
            versions=", ".join(f"{name} {number}" for name, number in _versions().items()),
            by_fault=table.by_fault(self.rows, {name: reference.FAULTS[name].violates for name in faults}),
            elsewhere="; ".join(f"{fault} ({', '.join(who)})" for fault, who in self.elsewhere().items()) or "none",
            alarms=table.alarms(self.runs),
        )


def _short(run: Run) -> dict[str, Any]:
    return asdict(run) | {"findings": run.findings[:10], "all_findings": len(run.findings)}


def _versions() -> dict[str, str]:
    ours = {"messages-conformance": conformance.__version__, "schemathesis": version("schemathesis")}
    return ours | {name.removeprefix("@apideck/"): number for name, number in pins().items()}
