"""`python -m tests.samples`: the sample reports under reports/: of the reference, and of one with three faults."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from conformance.cli import main as command
from conformance.reference import Settings, run_in_thread

REPORTS = Path(__file__).parent.parent / "reports"
SAMPLES = {
    "sample-conformant": (),
    "sample-faulty": ("cursor-skips-one", "failed-without-error", "body-trimmed"),
}
PORT = 8137


def make(name: str, faults: tuple[str, ...]) -> None:
    """Check a reference with these faults, and keep the report and its page."""
    folder = REPORTS / name
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as aside, run_in_thread(Settings(), faults, PORT) as running:
        target = Path(aside) / "target.toml"
        target.write_text(running.target_toml(), encoding="utf-8")
        with contextlib.chdir(aside):
            command(["check", "--target", str(target), "--report-dir", str(folder), "--seed", "1"])
    shutil.rmtree(folder / "allure-results", ignore_errors=True)
    (folder / "junit.xml").unlink(missing_ok=True)  # it names the folders of the machine that it was made on
    picture(folder)


def picture(folder: Path) -> None:
    """A picture of the page's top, where there is a browser."""
    browser = shutil.which("chromium")
    if browser is None:
        print("no chromium: no picture is taken", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = window.new_page(viewport={"width": 1280, "height": 860})
        page.goto((folder / "index.html").as_uri())
        page.screenshot(path=folder / "index.png")
        window.close()


if __name__ == "__main__":
    for each, broken in SAMPLES.items():
        make(each, broken)
