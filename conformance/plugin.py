"""The pytest glue: options, fixtures, marker, and what becomes of a driver. Light where it is merely installed.

A driver that ends is judged: it fails for a MUST that it broke, is an expected failure for a SHOULD, is skipped where
nothing was offered to judge or nothing could be judged. The outcomes of all drivers, of all workers, make the verdict.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from conformance.limits import LIMITS

if TYPE_CHECKING:
    from conformance.given import Given
    from conformance.run import Run
    from conformance.session import Session
    from conformance.suite.kit import Kit
    from conformance.target import Target

SUITE = "conformance.suite."
T = TypeVar("T")


def seconds(text: str) -> float:
    """A number of seconds that an option gives; read by what is loaded only when such an option is given."""
    from conformance.target import seconds as read

    return read(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite; `--base-url` is pytest-base-url's."""
    group = parser.getgroup("messages-conformance", "conformance to the Messages API (pytest --pyargs conformance)")
    add = group.addoption
    add("--target", metavar="FILE", help="target file (TOML): keys, conversations, declared times")
    add("--conformance-api-key", metavar="KEY", help="API key (or MESSAGES_API_KEY, or the target file)")
    add("--conformance-conversation", metavar="ID", action="append", default=[], help="a conversation to send to")
    add("--conformance-profile", choices=("quick", "standard", "deep"), default="standard", help="how deep to look")
    add("--conformance-body-prefix", metavar="TEXT", help="what the body of every message that is sent begins with")
    add("--conformance-dry-run", action="store_true", help="tell what a run would ask and send, and ask nothing")
    add("--conformance-read-only", action="store_true", help="send nothing")
    add("--conformance-allow-live", action="store_true", help="send with a live key, too")
    add("--conformance-strict", action="store_true", help="a broken SHOULD fails, too")
    add("--conformance-max-requests", type=int, metavar="N", help="requests that the run may make")
    add("--conformance-max-time", type=seconds, default=900.0, metavar="SECONDS", help="seconds that the run may take")
    add("--conformance-until", type=float, help=argparse.SUPPRESS)
    for limit in LIMITS:
        add(limit.option, type=limit.read, metavar=limit.unit, help=limit.help)
    add("--conformance-ca-bundle", metavar="FILE", help="certificates (PEM) that the target's is checked with")
    add("--conformance-client-cert", metavar="FILE", help="certificate and key (PEM) to show to the target")
    add("--conformance-insecure", action="store_true", help="take any certificate")
    add("--conformance-rate", metavar="N/min", help="requests a minute that the run may make")
    add("--conformance-seed", type=int, metavar="N", help="the number that generated inputs follow from")
    add("--conformance-baseline", metavar="FILE", help="known failures (TOML), which do not fail the run")
    add("--conformance-write-baseline", metavar="FILE", help="write what failed now as a baseline")
    add("--conformance-har", metavar="FILE", help="write the exchanges of the run as an HTTP Archive")
    add("--conformance-shard", metavar="N/M", help="take the Nth of M parts of the run, as a CI matrix does")
    add("--conformance-earlier", metavar="ID", action="append", default=[], help="a requirement to try before others")
    add("--conformance-kept", metavar="DIR", default=".messages-conformance", help="where failing programs are kept")
    add("--conformance-report-dir", metavar="DIR", help="where report.json and index.html are written")


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers."""
    if config.getoption("--conformance-dry-run") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--conformance-dry-run asks nothing, and so has no work to share: leave -n out")
    config.addinivalue_line("markers", "requirement(*ids): the requirements that a driver puts to the test")
    for name in ("must", "should"):
        config.addinivalue_line("markers", f"{name}: a driver of at least one {name.upper()} requirement")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the drivers into the order of a run, and mark them with the levels of their requirements."""
    drivers = [item for item in items if is_driver(item)]
    if not drivers:
        return
    from conformance import catalogue
    from conformance.extras import chosen
    from conformance.suite import CHAPTERS, TOUR, drivers_of

    profile = config.getoption("--conformance-profile")
    if profile == "quick":
        drivers = [item for item in drivers if _module(item).removeprefix(SUITE) in TOUR]
    drivers = [item for item in drivers if _module(item) != f"{SUITE}test_search" or profile == "deep"]
    known = catalogue.load()
    for item in drivers:
        for level in {known[name].level for name in requirements_of(item)}:
            item.add_marker(level.value.lower())
    order = {name: place for place, name in enumerate(CHAPTERS)}
    earlier = set(config.getoption("--conformance-earlier"))
    drivers.sort(key=lambda item: order.get(_module(item).removeprefix(SUITE), len(order)))
    drivers.sort(key=lambda item: earlier.isdisjoint(requirements_of(item)))
    session = open_session(config)
    taken = session.meant = chosen(session.shard, drivers_of(profile), profile)
    config.hook.pytest_deselected(items=[item for item in drivers if name_of(item) not in taken])
    items[:] = [item for item in items if not is_driver(item)] + [item for item in drivers if name_of(item) in taken]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take note of what is left out of a run: by -k, by -m, or by naming some tests only."""
    if _SESSION in session.config.stash:
        ours = open_session(session.config)
        ours.narrowed = bool(ours.meant - {name_of(item) for item in session.items if is_driver(item)})


def is_driver(item: pytest.Item) -> bool:
    """Whether a test is a driver of this suite."""
    return _module(item).startswith(SUITE)


def _module(item: pytest.Item) -> str:
    module = getattr(item, "module", None)
    return getattr(module, "__name__", "")


def name_of(item: pytest.Item) -> str:
    """The name of a driver: its chapter and its own."""
    return f"{_module(item).removeprefix(SUITE)}::{getattr(item, 'originalname', None) or item.name}"


def requirements_of(item: pytest.Item) -> list[str]:
    """The ids of the requirements that a driver puts to the test."""
    return [name for mark in item.iter_markers("requirement") for name in mark.args]


_SESSION = pytest.StashKey["Session"]()


def open_session(config: pytest.Config) -> Session:
    """The session of this process, opened when the first driver is met."""
    if _SESSION not in config.stash:
        from conformance.session import Session

        config.stash[_SESSION] = session = Session(config)
        config.pluginmanager.register(session, "messages-conformance-session")
    return config.stash[_SESSION]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Where only a plan is asked for, set up one driver, as its fixtures say what the target is, and run nothing."""
    if session.config.getoption("--conformance-dry-run"):
        drivers = [item for item in session.items if is_driver(item)]
        open_session(session.config).planned = [name_of(item) for item in drivers]
        session.items[:] = drivers[:1]


_LAST = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Know the last driver of this process: what is under way comes to its end with it."""
    item.stash[_LAST] = nextitem is None or not is_driver(nextitem)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let a driver act, then judge what it did."""
    if not is_driver(pyfuncitem):
        return (yield)
    from conformance.session import Ending

    session = open_session(pyfuncitem.config)
    if pyfuncitem.config.getoption("--conformance-dry-run"):
        session.foretell()
        pytest.skip("only a plan was asked for")
    began, ending = time.monotonic(), Ending()
    with session.acting(ending):
        session.ready()
        yield
    if pyfuncitem.stash.get(_LAST, True) and ending.state != "trouble":
        with session.acting(ending):
            session.run_out()
    deed = session.finish(pyfuncitem, ending.state, ending.reason, time.monotonic() - began)
    if ending.state == "trouble" and ending.error is not None:
        if not isinstance(ending.error, Exception):
            raise ending.error
        session.broke(ending.error)
    session.conclude(pyfuncitem, deed)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Open the session of a controller, which collects nothing itself, at the first report of a worker's driver."""
    config = getattr(getattr(report, "node", None), "config", None)
    if config is not None and hasattr(report, "conformance") and _SESSION not in config.stash:
        open_session(config).pytest_runtest_logreport(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Send what a driver's judges found along with its report, which also crosses from worker to controller."""
    report = yield
    deed = item.stash.get(DEED, None)
    if deed is not None and call.when == "call":
        report.conformance = json.dumps(deed)
    return report


DEED = pytest.StashKey[dict[str, Any]]()


@pytest.fixture(scope="session")
def api_key(pytestconfig: pytest.Config) -> str | None:
    """The API key by its option; override it in a conftest.py to take it from elsewhere."""
    key: str | None = pytestconfig.getoption("--conformance-api-key")
    return key


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, base_url: str | None, api_key: str | None) -> Given:
    """What is under test, by flags, environment and file; a conftest.py may give a Target, a mapping or a path."""
    return _resolve(request.session, request.config.getoption("--target"), base_url, api_key)


@pytest.fixture(scope="session")
def advance_delivery() -> Callable[[str, str, str], object] | None:
    """A function (conversation, message, status) that lets a message move; override it where yours can be told to."""
    return None


@pytest.fixture(scope="session")
def receive_inbound() -> Callable[[str, str], str | None] | None:
    """A function (conversation, body) by which a customer writes, and the message's id; override it where yours can."""
    return None


@pytest.fixture(scope="session")
def run(
    request: pytest.FixtureRequest,
    target: Given,
    base_url: str | None,
    api_key: str | None,
    advance_delivery: Callable[[str, str, str], object] | None,
    receive_inbound: Callable[[str, str], str | None] | None,
) -> Run:
    """The run of this process: its client, its record and its judge."""
    from conformance.given import Hooks

    known = _resolve(request.session, target, base_url, api_key)
    hooks = _described(request.session, lambda: Hooks(advance_delivery, receive_inbound))
    return open_session(request.config).begin(known, hooks)


def _resolve(session: pytest.Session, given: Given, base_url: str | None, api_key: str | None) -> Target:
    from conformance.given import resolve
    from conformance.target import prefixed
    from conformance.transport import secured

    named = tuple(session.config.getoption("--conformance-conversation"))
    option = session.config.getoption
    flags = [option(f"--conformance-{name}") for name in ("ca-bundle", "client-cert", "insecure")]
    prefix = option("--conformance-body-prefix")
    return _described(session, lambda: prefixed(secured(resolve(given, base_url, api_key, named), *flags), prefix))


def _described(session: pytest.Session, make: Callable[[], T]) -> T:
    """What fixtures and options describe; where they describe nothing usable, the run ends with one sentence."""
    from conformance.tables import TableError

    try:
        return make()
    except TableError as error:
        reason = str(error)
    if hasattr(session.config, "workerinput"):
        session.shouldstop = reason  # the controller hears of it, and says it
        pytest.fail(reason, pytrace=False)
    pytest.exit(reason, returncode=2)


@pytest.fixture(scope="session")
def kit(run: Run) -> Kit:
    """What the drivers work with."""
    from conformance.suite.kit import Kit

    return Kit(run)
