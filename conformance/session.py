"""One pytest session with drivers in it: sets the scene once, judges each driver, gathers the verdict, writes reports."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from conformance import baseline, catalogue, extras, kept, shards
from conformance.asked import plan_of
from conformance.client import Unjudgeable
from conformance.given import Hooks, resolve
from conformance.model import Choice, Conversation, Finding, Level, Observation, Terms, Verdict
from conformance.noted import noted
from conformance.orderly import guarded, unhurried
from conformance.plugin import DEED, requirements_of
from conformance.report import assemble, files
from conformance.report.allure_live import Cases
from conformance.report.evidence import accused
from conformance.report.terminal import failing, one_line, safe
from conformance.run import Plan, Run
from conformance.tables import TableError
from conformance.target import Target
from conformance.verdict import LEFT, UNDONE, Deed, Tally, proves


@dataclass
class Ending:
    """How a driver ended."""

    state: str = "done"
    reason: str = ""
    error: BaseException | None = None


class Session:
    """The suite's part of a pytest session, in the controller as in each worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        dry = config.getoption("--conformance-dry-run")
        self._allure: str | None = None if dry else getattr(config.option, "allure_report_dir", None)
        self.target = Target(base_url="")
        self.plan = Plan()
        self._run: Run | None = None
        try:
            self.baseline = baseline.load(config.getoption("--conformance-baseline"))
            self.shard = shards.parse(text) if (text := config.getoption("--conformance-shard")) else None
        except TableError as error:
            raise pytest.UsageError(str(error)) from None
        self.part = str(self.shard) if self.shard and self.shard.count > 1 else ""
        self.tally = Tally(catalogue.load(), part=self.part)
        self.facts: list[dict[str, Any]] = []
        self.started_at, self.started = time.time(), time.monotonic()
        self.interrupted = False
        self.unwritten = False
        """Whether a report could not be written."""
        self.document: dict[str, Any] | None = None
        self._cases: Cases | None = None
        self._scene_error: BaseException | None = None
        self._charged: set[str] = set()
        self._spent = 0
        self._withheld: list[str] = []
        self.meant: set[str] = set()
        """The drivers that the run, or its shard, is made up of; what is selected of them may be less."""
        self.narrowed = False
        self.planned: list[str] = []
        self.forecast: list[str] = []

    def begin(self, target: Target, hooks: Hooks) -> Run:
        """The run of this process, begun when it is first asked for: what the fixtures give decides what it is."""
        if self._run is None:
            self.target, self.plan = target, plan_of(self.config, target)
            self._run = Run(target, self.plan)
            self._run.hooks, self._run.kept = hooks, kept.read(self._kept)
            self._run.levels = {name: each.level for name, each in self.tally.catalogue.items()}
            if self._allure:
                self._cases = Cases(self._run, self.config.pluginmanager, self.started_at, self.started)
        return self._run

    def foretell(self) -> None:
        """Make the plan of what was selected; nothing is asked of the target, and no run is left to report of."""
        self.forecast = extras.forecast(self.target, self.plan, self.planned)
        self.run.client.close()
        self._run = None

    @property
    def run(self) -> Run:
        """The run of this process; there is none before the first driver's set-up, nor where workers do the work."""
        assert self._run is not None, "no run has begun"
        return self._run

    @property
    def spent(self) -> int:
        """The requests made so far, as far as this process knows."""
        return self._run.client.spent if self._run else sum(deed.requests for deed in self.tally.deeds)

    @property
    def _kept(self) -> Path:
        return kept.place(self.config.getoption("--conformance-kept"), self.target.base_url)

    def ready(self) -> None:
        """Set the scene before the first driver; before each later one look at what is watched.

        Where there is no scene, every driver is told why.
        """
        from conformance.suite.kit import Blocked, Kit
        from conformance.suite.stage import set_scene

        if self._scene_error is not None:
            raise self._scene_error
        if self.run.has_scene:
            Kit(self.run).glance()
            return
        try:
            set_scene(self.run)
        except Blocked as error:
            self._scene_error = error
            raise
        except Exception as error:
            self._scene_error = error
            raise

    def run_out(self) -> None:
        """Bring what is under way to its end, after the last driver of this process."""
        if self.run.under_way is not None:
            self.run.under_way.end()

    @contextmanager
    def acting(self, ending: Ending) -> Iterator[None]:
        """A block in which the target is asked; how it ends is told, and nothing is raised."""
        began = False
        try:
            with guarded(self.run.client):
                began = True
                yield
        except BaseException as error:
            if not began:  # an interruption that came before anything was asked: nothing of this driver's is to be told
                raise
            state, reason = self.state_of(error)
            if ending.state == "done" or state == "trouble":
                ending.state, ending.reason, ending.error = state, reason, error

    def state_of(self, error: BaseException) -> tuple[str, str]:
        """How a driver ended that raised: its state, and the reason in one sentence."""
        from conformance.suite.kit import Blocked, Left, NotOffered, Withheld

        if isinstance(error, Blocked | Unjudgeable):
            return ("blocked" if isinstance(error, Blocked) else "unjudgeable"), str(error)
        if isinstance(error, Withheld):
            self._withheld = list(error.requirements)
            return "withheld", self.run.plan.withheld
        if isinstance(error, Left):
            return LEFT, str(error)
        if isinstance(error, NotOffered):
            return "not_offered", str(error) or "the target does not offer what this needs"
        if isinstance(error, KeyboardInterrupt):
            self.interrupted = True
        return "trouble", f"trouble of the suite's own: {type(error).__name__}: {error}"

    def finish(self, item: pytest.Item, state: str, reason: str, seconds: float) -> Deed:
        """What a driver brought about, judged; put where the item's report takes it from."""
        deed = Deed(requirements_of(item), state, reason, seconds, self.run.client.spent - self._spent)
        self._spent = self.run.client.spent
        deed.held, self._withheld = self._withheld, []
        for finding in self._taken(deed):
            if isinstance(finding, Observation):
                deed.observed[finding.requirement] = deed.observed.get(finding.requirement, 0) + finding.count
            elif isinstance(finding, Choice):
                if (choice := (finding.id, finding.question, finding.observed)) not in deed.choices:
                    deed.choices.append(choice)
            elif finding.requirement not in self._charged:
                self._charged.add(finding.requirement)
                deed.violations.append(accused(self.run, finding, self.started))
        clean = self.run.client.redactor.clean
        deed.reason, deed.choices = clean(deed.reason), [tuple(each) for each in clean(deed.choices)]
        item.stash[DEED] = deed.__dict__
        if self._cases is not None:
            self._cases.tell([self.tally.catalogue[name] for name in deed.ids], deed.violations)
        return deed

    def _taken(self, deed: Deed) -> list[Finding]:
        """The findings so far; a judge that breaks off is the suite's own trouble, and what others found stands."""
        while True:
            try:
                return self.run.take()
            except Exception as error:
                deed.state, deed.reason = self.state_of(error)

    def broke(self, error: BaseException) -> None:
        """End a driver that came to grief by no fault of the target's: with what happened, as text without keys."""
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        places = [f"  {Path(each.filename).name}:{each.lineno} {each.name}" for each in frames]
        text = "\n".join([one_line(f"{type(error).__name__}: {error}"[:2000]), *places])
        pytest.fail(safe(self.run.client.redactor.text(text)), pytrace=False)

    def conclude(self, item: pytest.Item, deed: Deed) -> None:
        """End a driver as pytest knows it: failed, expected failure, skipped, or passed."""
        known = self.tally.catalogue
        gating = [
            each
            for each in deed.violations
            if (self.plan.strict or known[each["requirement"]].level is Level.MUST)
            and not self.baseline.accepts(each["requirement"], date.today())
        ]
        if gating:
            pytest.fail("\n\n".join(map(failing, gating)), pytrace=False)
        if deed.violations:
            sides = [
                f"{each['requirement']} (does not gate): expected {each['expected']}, got {each['got']}"
                for each in deed.violations
            ]
            pytest.xfail(one_line("; ".join(sides)))
        if deed.state == "trouble":
            pytest.fail(one_line(deed.reason), pytrace=False)
        if deed.state != "done":
            pytest.skip(one_line(f"{'inconclusive' if deed.state in UNDONE else 'not exercised'}: {deed.reason}"))
        if not any(deed.observed.get(name) for name in deed.ids) and not self._charged & set(deed.ids):
            needs = [need for name in deed.ids for need in known[name].needs]
            pytest.skip(
                "not exercised: " + (catalogue.NEEDS[needs[0]] if needs else "no decisive observation was made")
            )

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
        output, option = getattr(self.config, "workeroutput", None), self.config.getoption
        facts: dict[str, Any] = {}
        unwritten: list[str] = []
        if self._cases is not None:
            with unhurried():
                unwritten += files.attempt(f"{self._allure}", self._cases.close)
        if self._run:
            facts = (
                {"narrowed": self.narrowed, "unwritten": unwritten}
                | noted(self._run)
                | extras.archived(self._run, option("--conformance-har"), output is not None)
            )
            self._run.client.close()
        if output is not None:
            output["conformance"] = facts
            return
        self.facts = [each for each in (*self.facts, facts) if each] or (self._planned() if self.interrupted else [])
        if not self.facts:
            return
        self._adopt(self.facts[0])
        self.tally.narrowed = any(each.get("narrowed") for each in self.facts)
        # Where workers alone act, the session of their controller begins with the first report.
        ahead = self.started_at - min([self.started_at, *(each["began"] for each in self.facts if "began" in each)])
        self.document = assemble.document(
            *(self.tally, self.target, self.plan, self.started_at - ahead),
            time.monotonic() - self.started + ahead,
            *(self.facts, self.interrupted, self.baseline, self.part),
        )
        self._told_of_trouble(self.document)
        violations = [each for deed in self.tally.deeds for each in deed.violations]
        kept.write(self._kept, self._run.kept if self._run else kept.read(self._kept), violations)
        with unhurried():
            self._write(self.document, violations)
        if exitstatus == 0:
            outdated = bool(self.document.get("x-baseline", {}).get("problems"))
            session.exitstatus = 1 if outdated else 0 if self.is_green() else 3

    def _write(self, document: dict[str, Any], violations: list[dict[str, Any]]) -> None:
        """Write all that was asked for; what cannot be written keeps nothing else from being written."""
        option, clean = self.config.getoption, self._run.client.redactor.clean if self._run else str
        missing: list[str] = [sentence for each in self.facts for sentence in each.get("unwritten", ())]
        if self._allure:
            from conformance.report import allure_results

            place = Path(self._allure)
            missing += files.attempt(f"{place}", lambda: allure_results.write_folder(place, document))
        if folder := option("--conformance-report-dir"):
            missing += files.write(document, Path(folder), violations)
        wanted = (option("--conformance-write-baseline"), option("--conformance-har"))
        for sentence in (*missing, *extras.write(document, self.facts, self.baseline, *wanted)):
            print(one_line(clean(sentence)), file=sys.stderr)
        self.unwritten = bool(missing)

    def _told_of_trouble(self, document: dict[str, Any]) -> None:
        """Say in the document what its reader must know; the suite's own trouble leaves no target conformant."""
        warnings = sorted({each for facts in self.facts for each in facts.get("warnings", ())})
        document.update({"x-warnings": warnings} if warnings else {})
        if (junit := self.config.stash.get(xml_key, None)) is not None:
            for sentence in warnings:
                junit.add_global_property("warning", sentence)
        trouble = next((deed.reason for deed in self.tally.deeds if deed.state == "trouble"), None)
        if trouble and document["verdict"] == Verdict.CONFORMANT.value:
            document.update(verdict=Verdict.INCONCLUSIVE.value, verdict_reason=trouble)

    def is_green(self) -> bool:
        """Whether that nothing failed is as good as it looks."""
        names = {name for deed in self.tally.deeds for name in deed.ids}
        return self.document is not None and proves(self.document, names)

    def _planned(self) -> list[dict[str, Any]]:
        """What was to be checked, where the run was interrupted before any worker told."""
        option = self.config.getoption
        words = (option("--target"), option("base_url", None), option("--conformance-api-key"))
        try:
            target = resolve(*words, tuple(option("--conformance-conversation")))
        except TableError:
            return []
        names = [each.__dict__ for each in target.terms.conversations]
        return [{"base_url": target.base_url, "conversations": names, "read_only": option("--conformance-read-only")}]

    def _adopt(self, facts: dict[str, Any]) -> None:
        """Know the target where workers alone have met it: their fixtures may have started it."""
        if self._run is None:
            names = tuple(Conversation(**each) for each in facts["conversations"])
            self.target = Target(base_url=facts["base_url"], terms=Terms(names))
            self.plan = replace(plan_of(self.config, self.target), read_only=facts["read_only"])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the verdict under pytest's own summary."""
        for line in self.forecast:
            terminalreporter.write_line(line)
        if self.document is None:
            return
        from conformance.report import terminal

        terminalreporter.section("conformance to the Messages API")
        for line in terminal.lines(self.document, color=terminalreporter.hasmarkup):
            terminalreporter.write_line(line)
