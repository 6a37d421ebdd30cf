"""Allure's own page of a run's results, made by Allure's command from npm; no analytics tag is left in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from conformance.report.document import ReportError, write_text

PACKAGE = "allure@3"
RESULTS = "allure-results"
_TRACKERS = re.compile(
    r"googletagmanager|google-analytics|gtag\s*\(|\bG-[A-Z0-9]{8,}\b|mc\.yandex|plausible\.io|segment\.(?:io|com)/",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_PATIENCE_S = 300


def render(folder: Path, output: Path, previous: Sequence[Path] = ()) -> Path:
    """Makes one self-contained Allure page from a folder's Allure results; tells where it is.

    The trend goes back over the results of the previous folders, the oldest first.
    """
    runs = [_results(each) for each in (*previous, folder)]
    with tempfile.TemporaryDirectory() as scratch:
        for number, results in enumerate(runs):
            made = Path(scratch) / str(number)
            _run([*_command(results, made), "--history-path", f"{scratch}/history.jsonl"])
        if not (made / "index.html").exists():
            raise ReportError("Allure's command ended well but wrote no index.html.")
        write_text(output, without_trackers((made / "index.html").read_text(encoding="utf-8")))
    return output


def _results(folder: Path) -> Path:
    results = folder if folder.name == RESULTS else folder / RESULTS
    if not any(results.glob("*-result.json")):
        raise ReportError(f"{results} holds no Allure results; a run with --report-dir or --alluredir writes them.")
    return results.resolve()


def _command(results: Path, output: Path) -> list[str]:
    return [_npx(), "--yes", PACKAGE, "allure2", str(results), "--single-file", "--output", str(output)]


def without_trackers(page: str) -> str:
    """The page without its analytics scripts; `ReportError` where a trace of one is left."""
    kept = _SCRIPT.sub(lambda match: "" if _short_tracker(match[0]) else match[0], page)
    left = _tracker(kept)
    if left:
        raise ReportError(f"Allure's page still holds an analytics tag ({left}); it was not kept.")
    return kept


def _short_tracker(script: str) -> bool:
    # The application's own bundle is megabytes; a tag is short. Cutting the bundle would leave an empty page.
    return len(script) < 4000 and bool(_tracker(script))


def _tracker(page: str) -> str | None:
    match = _TRACKERS.search(page)
    return match[0] if match else None


def _npx() -> str:
    found = shutil.which("npx")
    if found is None:
        raise ReportError("Allure's page needs Node.js: npx is not on the path; the results themselves are unharmed.")
    return found


def _run(command: list[str]) -> None:
    # A target file may name another variable for its key (api_key_env): no value that looks like one goes along.
    needed = {
        name: value
        for name, value in os.environ.items()
        if name != "MESSAGES_API_KEY" and not value.startswith(("sk_", "pk_"))
    }
    environment = {**needed, "ALLURE_NO_ANALYTICS": "true"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReportError(f"Allure's command could not be run: {type(error).__name__}.") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise ReportError(f"Allure's command failed ({done.returncode}): {lines[-1][:200]}")
