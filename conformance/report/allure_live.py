"""Allure's results of a run under way: cases are filled in, and files written, while answers are waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from allure_commons import hookimpl, plugin_manager
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import TestResult

from conformance.model import Exchange, Requirement
from conformance.report import allure_results
from conformance.report.evidence import evidence
from conformance.run import Run


class Cases:
    """Stands in for Allure's own writer of files, until it is closed: what is to be written becomes an errand."""

    def __init__(self, run: Run, plugins: pytest.PytestPluginManager, began: float, started: float) -> None:
        """`began` and `started` are when the run began, in seconds of Unix time and of the monotonic clock."""
        self._run, self._plugins, self._began, self._started = run, plugins, began, started
        self._told = 0
        """Exchanges that were some driver's."""
        self._writers: list[Any] = [each for each in plugin_manager.get_plugins() if isinstance(each, AllureFileLogger)]
        self._names = [plugin_manager.get_name(each) for each in self._writers]
        for each in self._writers:
            plugin_manager.unregister(each)
        self._is_heard = bool(plugin_manager.hook.report_result.get_hookimpls())
        """Whether anybody else is told of each case: it must be whole by then."""
        plugin_manager.register(self)

    def close(self) -> None:
        """Write what is left, and let Allure's own writer have its place again."""
        plugin_manager.unregister(self)
        for writer, name in zip(self._writers, self._names, strict=True):
            plugin_manager.register(writer, name)
        self._run.errands.finish()

    def tell(self, requirements: Sequence[Requirement], violations: Iterable[Mapping[str, Any]]) -> None:
        """Tell in Allure's case of the test that is running what it put to the test, what it found, what it asked."""
        own = self._run.history.since(self._told)
        self._told += len(own)
        listener = self._plugins.get_plugin("allure_listener")
        case = listener.allure_logger.get_test(None) if listener is not None else None
        if case is not None:
            self._run.errands.add(
                partial(allure_results.describe, case, requirements),
                partial(allure_results.attach, case, violations, self._began),
                partial(self._recount, case, own[: allure_results.MADE]),
            )
        while self._is_heard and self._run.errands.do_one():
            pass

    def _recount(self, case: TestResult, own: Sequence[Exchange]) -> None:
        client = self._run.client
        made = evidence(own, client.target.base_url, self._started)
        allure_results.recount(case, made, self._began, client.redactor.text)

    def _leave(self, write: Callable[..., object], *given: Any) -> None:
        self._run.errands.add(partial(write, *given))

    @hookimpl
    def report_result(self, result: Any) -> None:
        """Leave a case to be written."""
        for each in self._writers:
            self._leave(each.report_result, result)

    @hookimpl
    def report_container(self, container: Any) -> None:
        """Leave what was set up for cases to be written."""
        for each in self._writers:
            self._leave(each.report_container, container)

    @hookimpl
    def report_attached_data(self, body: Any, file_name: str) -> None:
        """Leave an attachment to be written."""
        for each in self._writers:
            self._leave(each.report_attached_data, body, file_name)

    @hookimpl
    def report_attached_file(self, source: Any, file_name: str) -> None:
        """Have a file copied at once: it may be gone, or be another, as soon as the one who attached it goes on."""
        for each in self._writers:
            each.report_attached_file(source, file_name)

    @hookimpl
    def report_globals(self, globals_item: Any) -> None:
        """Leave what is attached to no case to be written; Allure knows of it from 2.16 on."""
        for each in self._writers:
            self._leave(each.report_globals, globals_item)
