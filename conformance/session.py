"""One pytest session with drivers in it: sets the scene once, judges each driver, gathers the verdict, writes reports."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue, kept
from conformance.client import Unjudgeable
from conformance.history import understand
from conformance.model import Choice, Level, Observation, Verdict, Violation
from conformance.plugin import DEED, plan_of, requirements_of
from conformance.report import assemble
from conformance.report.evidence import evidence, latencies, replay
from conformance.run import Run
from conformance.target import Target, TargetError, load
from conformance.verdict import UNDONE, Deed, Tally

WITHHELD = "read-only: nothing was sent"


class Session:
    """The suite's part of a pytest session, in the controller as in each worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        try:
            self.target = self._target()
        except TargetError as error:
            raise pytest.UsageError(str(error)) from None
        self.plan = plan_of(config, self.target)
        self.run = Run(self.target, self.plan)
        self._kept = kept.place(config.getoption("--conformance-kept"), self.target.base_url)
        self.tally = Tally(catalogue.load())
        self.run.kept = kept.read(self._kept)
        self.run.levels = {name: each.level for name, each in self.tally.catalogue.items()}
        self.facts: list[dict[str, Any]] = []
        self.started_at, self.started = time.time(), time.monotonic()
        self.interrupted = False
        self.document: dict[str, Any] | None = None
        self._scene_error: BaseException | None = None
        self._charged: set[str] = set()
        self._spent = 0

    def _target(self) -> Target:
        option = self.config.getoption
        return load(
            option("--target"),
            option("base_url", None),
            option("--conformance-api-key"),
            tuple(option("--conformance-conversation")),
        )

    def ready(self) -> None:
        """Set the scene before the first driver; for every later one repeat why there is none, if there is none."""
        from conformance.suite.kit import Blocked
        from conformance.suite.stage import set_scene

        if self._scene_error is not None:
            raise self._scene_error
        if self.run.has_scene:
            return
        try:
            set_scene(self.run)
        except Blocked as error:
            self._scene_error = error
            raise
        except Exception as error:
            self._scene_error = error
            raise

    def state_of(self, error: BaseException) -> tuple[str, str]:
        """How a driver ended that raised: its state, and the reason in one sentence."""
        from conformance.suite.kit import Blocked, NotOffered, Withheld

        if isinstance(error, Blocked | Unjudgeable):
            return ("blocked" if isinstance(error, Blocked) else "unjudgeable"), str(error)
        if isinstance(error, Withheld):
            return "withheld", WITHHELD
        if isinstance(error, NotOffered):
            return "not_offered", str(error) or "the target does not offer what this needs"
        if isinstance(error, KeyboardInterrupt):
            self.interrupted = True
        return "trouble", f"trouble of the suite's own: {type(error).__name__}: {error}"

    def finish(self, item: pytest.Item, state: str, reason: str, seconds: float) -> Deed:
        """What a driver brought about, judged; put where the item's report takes it from."""
        deed = Deed(requirements_of(item), state, reason, seconds, self.run.client.spent - self._spent)
        self._spent = self.run.client.spent
        for finding in self.run.take():
            if isinstance(finding, Observation):
                deed.observed[finding.requirement] = deed.observed.get(finding.requirement, 0) + finding.count
            elif isinstance(finding, Choice):
                if (choice := (finding.id, finding.question, finding.observed)) not in deed.choices:
                    deed.choices.append(choice)
            elif finding.requirement not in self._charged:
                self._charged.add(finding.requirement)
                deed.violations.append(self._violation(finding))
        item.stash[DEED] = deed.__dict__
        return deed

    def _violation(self, finding: Violation) -> dict[str, Any]:
        failure = self.run.failures.get(finding.requirement)
        if failure is not None and failure.failed:
            finding = failure.violation
        exchanges = [self.run.exchange(number) for number in finding.exchanges]
        made = failure.exchanges if failure is not None and failure.exchanges else finding.exchanges
        return {
            "requirement": finding.requirement,
            "expected": finding.expected,
            "got": finding.got,
            "evidence": evidence(exchanges, self.target.base_url, self.started),
            "steps": failure.steps if failure else [],
            "program": failure.program if failure else [],
            "kind": failure.kind if failure else "",
            "flaky": f"{failure.failed} of {failure.tried}" if failure and failure.failed != failure.tried else "",
            "replay": replay([self.run.exchange(number) for number in made]),
        }

    def conclude(self, item: pytest.Item, deed: Deed) -> None:
        """End a driver as pytest knows it: failed, expected failure, skipped, or passed."""
        known = self.tally.catalogue
        gating = [
            each
            for each in deed.violations
            if self.plan.strict or known[each["requirement"]].level is Level.MUST
        ]
        if gating:
            pytest.fail("\n\n".join(map(told, gating)), pytrace=False)
        if deed.violations:
            pytest.xfail("; ".join(f"{each['requirement']} (SHOULD): expected {each['expected']}, got {each['got']}" for each in deed.violations))
        if deed.state != "done":
            pytest.skip(f"{'inconclusive' if deed.state in UNDONE else 'not exercised'}: {deed.reason}")
        if not any(deed.observed.get(name) for name in deed.ids) and not self._charged & set(deed.ids):
            needs = [need for name in deed.ids for need in known[name].needs]
            pytest.skip("not exercised: " + (catalogue.NEEDS[needs[0]] if needs else "no decisive observation was made"))

    # -- pytest's hooks ----------------------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what the drivers of this process, or of the workers, report."""
        text = getattr(report, "conformance", None)
        if isinstance(text, str):
            self.tally.add(Deed(**json.loads(text)))

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that the run was not let through."""
        self.interrupted = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker noted."""
        self.facts.append(getattr(node, "workeroutput", {}).get("conformance") or {})
        if error:
            self.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Come to the verdict, write what was asked for, and never end green without one."""
        facts = self._noted()
        self.run.client.close()
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["conformance"] = facts
            return
        self.facts.append(facts)
        self.document = assemble.document(
            self.tally, self.target, self.plan, self.started_at, time.monotonic() - self.started, self.facts, self.interrupted
        )
        violations = [each for deed in self.tally.deeds for each in deed.violations]
        kept.write(self._kept, self.run.kept, violations)
        folder = self.config.getoption("--conformance-report-dir")
        if folder:
            write_reports(self.document, Path(folder))
        if exitstatus == 0 and not self._is_green():
            session.exitstatus = 3

    def _is_green(self) -> bool:
        """Whether nothing failed is as good as it looks: a whole run is conformant, a selection proved something."""
        assert self.document is not None
        if self.document["verdict"] == Verdict.CONFORMANT.value:
            return True
        selected = {name for deed in self.tally.deeds for name in deed.ids}
        outcomes = [row["outcome"] for row in self.document["requirements"] if row["id"] in selected and row["level"] == "MUST"]
        return self.document["partial"] and "passed" in outcomes and "inconclusive" not in outcomes

    def _noted(self) -> dict[str, Any]:
        seen = [(understand(each.request).operation.value, each) for each in self.run.history]
        return {
            "requests": len(seen),
            "latency": latencies(seen),
            "transitions": transitions(self.run),
            "walks": walks(self.run),
        }

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the verdict under pytest's own summary."""
        if self.document is None:
            return
        from conformance.report import terminal

        terminalreporter.section("conformance to the Messages API")
        for line in terminal.lines(self.document, color=terminalreporter.hasmarkup):
            terminalreporter.write_line(line)


def told(violation: dict[str, Any]) -> str:
    """A violation as a failing test tells it: requirement, expected, got, exchanges, curl line."""
    from conformance.report.terminal import safe

    known = catalogue.load()[violation["requirement"]]
    lines = [f"[{known.id}] {known.level.value}: {known.title}", f"  expected {violation['expected']}", f"  got      {violation['got']}"]
    lines += [f"  {step}" for step in violation["steps"]]
    lines += [f"  flaky: it failed {violation['flaky']} times when it was tried again"] if violation["flaky"] else []
    for each in violation["evidence"][-2:]:
        response = each["response"]
        answer = f"{response['status']} {response['body'][:300]}" if response else each["trouble"]
        lines += [f"  {each['curl'][:600]}", f"    → {answer}"]
    return "\n".join(safe(line) for line in lines)


def transitions(run: Run) -> list[tuple[str, str, int]]:
    """Every step between two statuses that the run saw, and how often."""
    counts: dict[tuple[str, str], int] = {}
    for message in run.judge.ledger.messages.values():
        told_ = [str(view.status) for view in sorted(message.views, key=lambda each: each.began) if view.status]
        for before, after in zip(told_, told_[1:], strict=False):
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


def write_reports(document: dict[str, Any], folder: Path) -> None:
    """Write report.json and index.html into a folder, and say so where they cannot be written."""
    from conformance.report import document as documents
    from conformance.report import html

    try:
        documents.write(folder, document)
        documents.write_text(folder / "index.html", html.render(document))
    except OSError as error:
        print(f"the reports cannot be written to {folder}: {error.strerror}", file=sys.stderr)
    except Exception as error:
        # The verdict stands whatever became of its pages: trouble of the suite's own is told as that.
        print(f"a report could not be made: {type(error).__name__}: {error}", file=sys.stderr)
