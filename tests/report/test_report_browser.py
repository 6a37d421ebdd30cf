"""The page in a real browser: Chromium, driven by Playwright; skipped with a sentence where either is missing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
import pytest

from conformance.report import compare, html

sync_api = pytest.importorskip(
    "playwright.sync_api",
    reason="THE REPORT WAS NOT LOOKED AT IN A BROWSER: Playwright is not installed (pip install playwright)",
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="THE REPORT WAS NOT LOOKED AT IN A BROWSER: no chromium on the path (apt-get install chromium)",
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"width": 375, "height": 720}
DESK = {"width": 1280, "height": 900}


class Visit:
    """A page that was opened, and what it said and asked for since."""

    def __init__(self, page: Any) -> None:
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))

    def shown(self) -> list[str]:
        """The ids of the requirements that can be seen."""
        return self.page.eval_on_selector_all("details.req:not([hidden])", "all => all.map(one => one.id)")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of the pages, as files."""
    folder = tmp_path_factory.mktemp("pages")
    pages = {name: html.render(getattr(documents, name)()) for name in ("conformant", "faulty", "partial", "hostile")}
    three = [documents.conformant(), documents.faulty(), documents.hostile()]
    pages["comparison"] = compare.to_html(compare.compare(three, [None, "../x/index.html"]))
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in pages}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, files: dict[str, str]) -> Iterator[Any]:
    """Opens an example, with a fragment and the browser's options; checks at the end that it kept quiet."""
    contexts, visits = [], []

    def opened(name: str, fragment: str = "", **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": DESK, **options})
        contexts.append(context)
        visits.append(Visit(context.new_page()))
        visits[-1].page.goto(files[name] + fragment)
        return visits[-1]

    yield opened
    said, asked = [v.said for v in visits], [url for v in visits for url in v.asked]
    for context in contexts:
        context.close()
    assert not any(said), "the console, a dialog or an error spoke"
    assert all(url.startswith(("file:", "data:image/svg+xml,")) for url in asked), "something was asked for"


def _wide(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


# -------------------------------------------------------------------------------------------------- filters and links


def test_a_filter_shows_its_requirements_and_stands_in_the_address(visit) -> None:
    seen = visit("faulty")

    seen.page.click("button[data-show=failed]")

    assert seen.shown() == ["SEND-11", "PAGE-07", "STAT-02"]
    assert seen.page.url.endswith("#show=failed")
    assert seen.page.inner_text("#found") == f"3 of {len(documents.faulty()['requirements'])} requirements"
    assert seen.page.get_attribute("button[data-show=failed]", "aria-pressed") == "true"


def test_filters_add_up_and_search_and_chapter_narrow_them(visit) -> None:
    seen = visit("faulty")

    seen.page.click("button[data-show=failed]")
    seen.page.click("button[data-show=warning]")
    assert len(seen.shown()) == 5
    seen.page.select_option("#chapter", "chapter-errors")
    assert seen.shown() == ["ERR-02"]
    seen.page.fill("#search", "nothing like it")
    assert seen.shown() == []
    assert seen.page.is_visible("#none")
    assert "chapter=errors" in seen.page.url
    seen.page.click("button[type=reset]")

    assert len(seen.shown()) == len(documents.faulty()["requirements"])
    assert "#" not in seen.page.url


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ("#show=failed,warning&q=oops", ["ERR-02"]),
        ("#show=inconclusive", ["CONC-01"]),
        ("#chapter=concurrency", ["CONC-01", "CONC-02"]),
        ("#q=page-07", ["PAGE-07"]),
    ],
)
def test_a_filter_that_someone_sent_as_a_link_applies(visit, fragment: str, shown: list[str]) -> None:
    seen = visit("faulty", fragment)

    assert seen.shown() == shown
    assert seen.page.evaluate("scrollY") > 200


def test_a_link_to_a_requirement_opens_it_and_lifts_a_filter_that_hides_it(visit) -> None:
    seen = visit("faulty", "#PAGE-02")
    assert seen.page.evaluate("document.getElementById('PAGE-02').open")
    seen.page.wait_for_function("document.activeElement.parentElement?.id === 'PAGE-02'")

    seen.page.click("button[data-show=failed]")
    assert "PAGE-02" not in seen.shown()
    seen.page.click(".tile[data-for='PAGE-02']")

    assert "PAGE-02" in seen.shown()
    assert seen.page.url.endswith("#PAGE-02")
    box = seen.page.locator("#PAGE-02 > summary").bounding_box()
    bar = seen.page.locator("#filters").bounding_box()
    assert bar["y"] + bar["height"] <= box["y"] + 1 < DESK["height"], "the sticky bar covers the finding"


@pytest.mark.parametrize("fragment", ["#nothing-here", "#%", "#show=<script>", "#q=%E0%A4%A", "#__proto__", "#a=b"])
def test_a_fragment_that_means_nothing_does_nothing(visit, fragment: str) -> None:
    seen = visit("faulty", fragment)

    assert seen.page.is_visible("#filters")


def test_opening_a_failure_shows_the_exchange_and_copies_the_command(visit) -> None:
    seen = visit("faulty", permissions=["clipboard-read", "clipboard-write"])

    seen.page.click("#PAGE-07 > summary")
    opened = seen.page.locator("#PAGE-07")

    assert opened.locator(".why").is_visible()
    assert opened.locator("ins").count() > 0
    assert opened.locator(".exchange[open]").count() == 1
    button = opened.locator(".exchange[open] button.copy")
    button.click()
    sync_api.expect(button).to_have_text("Copied")
    assert seen.page.evaluate("navigator.clipboard.readText()").startswith("curl -sS")


def test_the_page_is_worked_by_keyboard_alone(visit) -> None:
    seen = visit("faulty")

    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "requirements"
    seen.page.focus("#STAT-02 > summary")
    seen.page.keyboard.press("Enter")

    assert seen.page.evaluate("document.getElementById('STAT-02').open")
    outline = seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_open_all_opens_what_the_filter_shows(visit) -> None:
    seen = visit("faulty", "#show=failed")

    seen.page.click("#unfold")

    assert seen.page.locator("details.req[open]").count() == 3
    assert seen.page.inner_text("#unfold") == "Close all"


def test_without_scripts_everything_can_be_read(visit) -> None:
    seen = visit("faulty", java_script_enabled=False)

    assert seen.page.is_visible("h1")
    assert not seen.page.is_visible("#filters")
    seen.page.click("#PAGE-07 > summary")
    assert seen.page.is_visible("#PAGE-07 .why")
    assert not seen.page.is_visible("#PAGE-07 button.copy >> nth=0")


# ----------------------------------------------------------------------------------------- screens, colours and paper


@pytest.mark.parametrize("name", ["conformant", "faulty", "hostile", "comparison"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 320, "height": 600}, DESK])
def test_no_screen_has_to_be_moved_sideways(visit, name: str, viewport: dict[str, int]) -> None:
    seen = visit(name, viewport=viewport)
    seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    assert not _wide(seen.page)


def test_dark_mode_is_dark_and_light_mode_is_light(visit) -> None:
    def brightness(scheme: str) -> float:
        page = visit("faulty", color_scheme=scheme).page
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    assert brightness("dark") < 40
    assert brightness("light") > 240


def test_on_paper_the_findings_stand_open_and_the_controls_are_gone(visit) -> None:
    page = visit("faulty", color_scheme="dark").page
    page.emulate_media(media="print")

    assert not page.is_visible("#filters")
    assert page.locator("#PAGE-07 .why").bounding_box()["height"] > 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf(format="A4")) > 20_000
    assert not page.evaluate("document.getElementById('PAGE-01').open")


@pytest.mark.parametrize(
    ("name", "fragment", "viewport", "scheme"),
    [
        ("conformant", "", PHONE, "light"),
        ("faulty", "#PAGE-07", DESK, "light"),
        ("faulty", "#PAGE-07", DESK, "dark"),
        ("partial", "#show=failed", DESK, "dark"),
        ("hostile", "#AUTH-01", DESK, "light"),
        ("comparison", "", DESK, "light"),
        ("comparison", "", PHONE, "dark"),
    ],
)
def test_axe_finds_no_violation(visit, name: str, fragment: str, viewport: dict[str, int], scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="THE REPORT WAS NOT CHECKED FOR ACCESSIBILITY: axe-playwright-python is not installed",
    )
    page = visit(name, fragment, viewport=viewport, color_scheme=scheme).page

    # What is folded away is of the same make as what stands open; without it axe takes a tenth of the time.
    page.evaluate("document.querySelectorAll('details.req:not([open]) > .inside').forEach(one => one.remove())")
    found = axe.Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


# -------------------------------------------------------------------------------------------------------- hostile text


@pytest.mark.parametrize("name", ["hostile", "comparison"])
def test_hostile_text_executes_nothing_and_changes_nothing(visit, name: str) -> None:
    seen = visit(name)
    seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    seen.page.wait_for_timeout(200)

    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("img, iframe, object, embed").count() == 0
    assert seen.page.evaluate("document.scripts.length") == 1
    assert "evil.example" not in seen.page.evaluate("[...document.links].map(link => link.href).join()")
    assert "<script>window.hacked=1</script>" in seen.page.inner_text("main")


def test_the_policy_stops_a_script_that_would_get_in_all_the_same(browser: Any, files: dict[str, str]) -> None:
    place = Path(files["faulty"].removeprefix("file://"))
    spoilt = place.with_name("spoilt.html")
    spoilt.write_text(place.read_text(encoding="utf-8").replace("<main", "<script>window.hacked=1</script><main"))
    page = browser.new_page()

    page.goto(spoilt.as_uri())

    assert page.evaluate("window.hacked") is None
    assert page.is_visible("#filters")
    page.close()
