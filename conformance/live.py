"""The terminal of `check`: one live line while it runs, the report at its end. It replaces pytest's own reporter."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

import pytest

from conformance.plugin import open_session
from conformance.session import Session


class Live:
    """Shows how far a run has come, on one line, where somebody watches."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.total = 0
        self.done = 0
        self.failed = 0
        self._plugins: pytest.PytestPluginManager | None = None
        self._config: pytest.Config | None = None
        self.troubles: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Take the place of pytest's reporter."""
        self._config, self._plugins = session.config, session.config.pluginmanager
        standard = self._plugins.getplugin("terminalreporter")
        if standard is not None:
            standard._tw._file = _Nowhere()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is to be done."""
        self.total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count what is to be done, as a worker tells it."""
        self.total = len(ids)

    @property
    def session(self) -> Session | None:
        """The session, once there is one: where workers do the work, that is when the first driver has ended."""
        found = self._plugins.getplugin("messages-conformance-session") if self._plugins else None
        return found if isinstance(found, Session) else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show one more driver done; a failure stays on a line of its own."""
        if report.when != "call":
            if report.failed:
                self.troubles.append(str(report.longrepr))
            return
        self.done += 1
        if report.failed:
            self.failed += 1
            deed = json.loads(getattr(report, "conformance", "{}"))
            if deed.get("state", "trouble") == "trouble":
                self.troubles.append(str(report.longrepr))
        self._show(report.nodeid.rpartition("::")[2])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not even be collected."""
        if report.failed:
            self.troubles.append(str(report.longrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """See that there is a session to report: before the first worker's driver has ended there is none."""
        if self._config is not None:
            open_session(self._config).interrupted = True

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep what broke off the run itself: a full disk, a plugin."""
        self.troubles.append(str(excrepr)[-3000:])

    def _show(self, name: str) -> None:
        if not self.stream.isatty():
            return
        spent = self.session.spent if self.session else 0
        words = name.removeprefix("test_").replace("_", " ")
        line = f"  {self.done}/{self.total or '?'}  {spent} requests  {self.failed} failed  {words}"
        self.stream.write(f"\r\033[K{line[:110]}")
        self.stream.flush()

    def clear(self) -> None:
        """Take the live line away."""
        if self.stream.isatty():
            self.stream.write("\r\033[K")
            self.stream.flush()


class _Nowhere:
    """A file in which nothing stays."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.__stdout__, name)
