"""Allure's page: made by Allure's own command where Node is, refused with a sentence where not, without a tracker."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from conformance.report import allure, cli
from conformance.report.document import ReportError

TAG = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-FVWC4GKEYS"></script>'
CALL = "<script>window.dataLayer=[];function gtag(){} gtag('config', 'G-FVWC4GKEYS');</script>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report folder with one Allure result."""
    (tmp_path / "allure-results").mkdir()
    (tmp_path / "allure-results" / "a-result.json").write_text("{}")
    return tmp_path


def _npx(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    made = folder / "bin" / "npx"
    made.parent.mkdir()
    # The folder that --output names is the script's first word, the file that --history-path names its second.
    words = 'while [ "$1" != --output ]; do shift; done\nmkdir -p "$2"\nset -- "$2" "$4"'
    made.write_text(f"#!/bin/sh\n{words}\n{script}\n")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{made.parent}:/usr/bin:/bin")
    return folder


def test_the_page_is_made_without_analytics_and_with_the_switch_set(folder: Path, monkeypatch) -> None:
    _npx(folder, monkeypatch, f"""echo "<p>$ALLURE_NO_ANALYTICS</p>{TAG.replace('"', "")}" > "$1/index.html" """)

    made = allure.render(folder, folder / "allure.html")

    assert made.read_text().strip() == "<p>true</p>"


def test_the_trend_goes_back_over_the_previous_results(folder: Path, monkeypatch, tmp_path: Path) -> None:
    """Allure's command adds each run to one history file, the oldest first; the page is that of the last."""
    for name in ("old", "older"):
        (tmp_path / name / "allure-results").mkdir(parents=True)
        (tmp_path / name / "allure-results" / "a-result.json").write_text("{}")
    _npx(folder, monkeypatch, 'echo run >> "$2"; cp "$2" "$1/index.html"')

    words = ["--allure", str(folder), "--previous", str(tmp_path / "older"), "--previous", str(tmp_path / "old")]

    assert cli.run(argparse.Namespace(words=words)) == 0
    assert (folder / "allure.html").read_text() == "run\nrun\nrun\n"


def test_scripts_that_call_home_are_taken_out_and_the_application_stays() -> None:
    page = f"<head>{TAG}{CALL}</head><script>app()</script>"

    assert allure.without_trackers(page) == "<head></head><script>app()</script>"


def test_a_tracker_that_cannot_be_taken_out_is_refused() -> None:
    with pytest.raises(ReportError, match="analytics"):
        allure.without_trackers(f"<script>{'x' * 5000} gtag('config')</script>")
    with pytest.raises(ReportError, match="analytics"):
        allure.without_trackers('<img src="https://www.google-analytics.com/collect">')


def test_without_node_a_sentence_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))

    with pytest.raises(ReportError, match=r"needs Node\.js"):
        allure.render(folder, folder / "allure.html")


@pytest.mark.parametrize(("script", "said"), [("echo broken >&2; exit 3", "failed .3.: broken"), ("true", "no index")])
def test_a_command_that_fails_is_told_in_its_own_words(folder: Path, monkeypatch, script: str, said: str) -> None:
    _npx(folder, monkeypatch, script)

    with pytest.raises(ReportError, match=said):
        allure.render(folder, folder / "allure.html")


def test_a_folder_without_results_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no Allure results"):
        allure.render(tmp_path, tmp_path / "allure.html")


@pytest.mark.parametrize("words", [["--allure", "DIR"], ["DIR", "--allure"], ["allure", "DIR"]])
def test_the_command_takes_both_spellings(folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    _npx(folder, monkeypatch, 'echo page > "$1/index.html"')
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())

    given = parser.parse_args(["report", *(str(folder) if word == "DIR" else word for word in words)])

    assert cli.run(given) == 0
    assert (folder / "allure.html").read_text() == "page\n"
