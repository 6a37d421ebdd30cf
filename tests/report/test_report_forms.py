"""The other forms of a report: badge, Markdown, CTRF, comparison, merge, difference, and the command for them."""

from __future__ import annotations

import argparse
import copy
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import documents
import pytest

from conformance.report import badge, cli, commands, compare, ctrf, diff, document, html, markdown, merge, text
from conformance.report.document import ReportError


def _with(name: str, **values: object) -> dict:
    made = documents.conformant()
    documents.by_id(made, name).update(values)
    return documents.settle(made)


def _command(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="messages-conformance")
    cli.add_parser(parser.add_subparsers())
    return cli.run(parser.parse_args(["report", *words]))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the reports of a conformant and of a faulty target."""
    for name in ("conformant", "faulty", "partial"):
        document.write(tmp_path / name / "report.json", getattr(documents, name)())
    return tmp_path


# ------------------------------------------------------------------------------------------------------------- badge


@pytest.mark.parametrize("name", ["conformant", "faulty", "partial", "hostile"])
def test_the_badge_is_well_formed_and_says_its_text_to_who_cannot_see_it(name: str) -> None:
    made = getattr(documents, name)()

    root = ElementTree.fromstring(badge.svg(made))

    assert root.get("role") == "img"
    assert badge.message(made) in root.get("aria-label", "")
    assert root.findtext("{http://www.w3.org/2000/svg}title") == root.get("aria-label")


@pytest.mark.parametrize(
    ("name", "colour", "message"),
    [
        ("conformant", "brightgreen", "conformant"),
        ("faulty", "red", "not conformant"),
        ("partial", "lightgrey", "inconclusive"),
    ],
)
def test_the_endpoint_is_what_shields_reads(name: str, colour: str, message: str) -> None:
    made = json.loads(badge.endpoint(getattr(documents, name)()))

    assert made["schemaVersion"] == 1
    assert made["color"] == colour
    assert made["message"].startswith(message)


def test_a_forged_verdict_makes_no_green_badge() -> None:
    assert "not conformant" in badge.svg(documents.faulty() | {"verdict": "conformant"})


# ---------------------------------------------------------------------------------------------------------- markdown


def test_the_summary_names_verdict_counts_and_findings() -> None:
    said = markdown.render(documents.faulty())

    assert said.startswith("## ❌ Not conformant")
    assert "| **MUST** | 46 | 3 | 1 | 7 |" in said or re.search(r"\*\*MUST\*\* \| \d+ \| 3 \|", said)
    assert "**PAGE-07** Messages of the same instant" in said
    assert "(known)" in said
    assert "<details><summary>⚠️ Warning: 2</summary>" in said


def test_what_a_target_said_stands_in_code_spans_alone() -> None:
    said = markdown.render(documents.hostile())
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", said)

    for danger in ("<script", "<img", "@everyone", "](", "::", "##[", "{{", "javascript:", "http"):
        assert danger not in outside.replace("## ❌", "")
    assert not [char for char in said if text.hides(char, keep="\n")]


def test_no_line_can_be_taken_for_a_command_of_a_runner() -> None:
    for name in ("faulty", "hostile"):
        said = markdown.render(getattr(documents, name)())
        assert not re.search(r"^\s*::", said, re.MULTILINE)
        assert not re.search(r"##\[|##vso\[|##teamcity\[", said, re.IGNORECASE)


@pytest.mark.parametrize("said", ["`", "``` x", "a`b``c", "", " ", "``", "x" * 999, "a\nb"])
def test_any_text_fits_into_a_code_span(said: str) -> None:
    made = markdown.code(said)
    fence = re.match("`+", made)[0]  # type: ignore[index]

    assert "\n" not in made
    assert made.endswith(fence)
    assert fence not in re.findall("`+", made[len(fence) : -len(fence)])


@pytest.mark.parametrize("said", ["a | b", "<b>", "*x*", "[a](b)", "`c`", "@me", "www.evil.example", "a\\|b"])
def test_a_cell_of_a_table_holds_no_sign_that_markdown_knows(said: str) -> None:
    inner = markdown.cell(said).removeprefix("<code>").removesuffix("</code>")

    assert not re.search(r"[|<>*`\[\]@\\]|www\.", re.sub(r"&#\d+;", "", inner))


@pytest.mark.parametrize("said", ["A 401 carries it.", "expected 400 or 422, got 200.", "has_more is true", "0.1.0"])
def test_plain_prose_stays_plain(said: str) -> None:
    assert markdown.prose(said) == said


@pytest.mark.parametrize("said", ["www.evil.example", "@me", "#1", "http://x", "_x_", "a  \n b", "*b*", "evil.example"])
def test_what_is_not_plain_prose_becomes_code(said: str) -> None:
    assert markdown.prose(said).startswith("` ")


# -------------------------------------------------------------------------------------------------------------- ctrf


def test_ctrf_has_a_test_a_requirement_and_counts_that_add_up() -> None:
    made = documents.faulty()
    found = json.loads(ctrf.render(made))
    results, summary = found["results"], found["results"]["summary"]

    assert found["reportFormat"] == "CTRF"
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["specVersion"])
    assert len(results["tests"]) == summary["tests"] == len(made["requirements"])
    assert sum(summary[key] for key in ("passed", "failed", "pending", "skipped", "other")) == summary["tests"]
    assert summary["failed"] == 3
    assert summary["stop"] - summary["start"] == 4810
    for test in results["tests"]:
        assert test["status"] in ("passed", "failed", "skipped", "pending", "other")
        assert isinstance(test["duration"], int)


# ------------------------------------------------------------------------------------------------------------ compare


def test_differences_come_first_and_the_worst_of_them_before_all() -> None:
    made = compare.compare([documents.conformant(), documents.faulty()])
    differs = [row["differs"] for row in made["requirements"]]

    assert differs == sorted(differs, reverse=True)
    assert made["differing"] == sum(differs) == 6
    assert {row["id"] for row in made["requirements"][:3]} == {"PAGE-07", "STAT-02", "SEND-11"}


def test_what_was_not_selected_is_no_difference() -> None:
    made = compare.compare([documents.conformant(), documents.partial()])

    assert made["differing"] == 0


def test_runs_of_one_target_are_told_apart_by_their_time() -> None:
    later = documents.conformant() | {"started_at": "2025-06-16T14:30:00Z"}

    names = [one["name"] for one in compare.compare([documents.conformant(), later])["implementations"]]

    assert names[0] != names[1]
    assert "16 June" in names[1]


def test_a_requirement_that_one_report_lacks_is_shown_as_lacking() -> None:
    short = documents.conformant()
    short["requirements"] = short["requirements"][1:]

    made = compare.compare([documents.conformant(), documents.settle(short)])

    row = next(row for row in made["requirements"] if row["id"] == "AUTH-01")
    assert row["outcomes"] == ["passed", None]
    assert "AUTH-01" in compare.to_html(made)


def test_every_form_of_a_comparison_withstands_hostile_reports() -> None:
    made = compare.compare([documents.hostile(), documents.faulty(), documents.hostile()])
    page, said = compare.to_html(made), compare.to_markdown(made)

    assert json.loads(compare.to_json(made)) == made
    assert page.count("<script>") == 1
    assert "<img" not in page + said
    assert not [char for char in page + said if text.hides(char, keep="\n")]
    tables = [line for line in said.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {4, 5}


# -------------------------------------------------------------------------------------------------------------- merge


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ("passed", "failed", "failed"),
        ("passed", "inconclusive", "inconclusive"),
        ("passed", "not_exercised", "passed"),
        ("failed", "inconclusive", "failed"),
        ("not_exercised", "inconclusive", "inconclusive"),
        ("not_exercised", "not_exercised", "not_exercised"),
    ],
)
def test_the_worst_outcome_that_a_shard_came_to_wins(one: str, other: str, merged: str) -> None:
    left, right = _with("PAGE-01", outcome=one), _with("PAGE-01", outcome=other) | {"requests": 1}

    for shards in ([left, right], [right, left]):
        assert documents.by_id(merge.merge(shards), "PAGE-01")["outcome"] == merged


@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "not_exercised"])
def test_a_shard_that_did_not_select_a_requirement_has_no_say_in_it(outcome: str) -> None:
    judged = _with("PAGE-01", outcome=outcome, reason="A word of it.")
    blind = _with("PAGE-01", outcome="inconclusive", reason="not selected in this shard")

    made = merge.merge([blind, judged])

    assert documents.by_id(made, "PAGE-01")["outcome"] == outcome
    assert documents.by_id(made, "PAGE-01")["reason"] == "A word of it."
    assert made["partial"] is False


def test_a_failure_that_one_shard_does_not_know_is_not_known() -> None:
    known, unknown = _with("PAGE-01", outcome="failed", known=True), _with("PAGE-01", outcome="failed")

    made = merge.merge([known, unknown])

    assert made["verdict"] == "non-conformant"


def test_complementary_shards_make_one_whole_run() -> None:
    first, second = documents.faulty("https://api.example.com"), documents.partial()
    for row in first["requirements"]:
        if row["id"].startswith("PAGE"):
            row.update(outcome="inconclusive", reason="not selected")
    first, second = documents.settle(first), second | {"started_at": "2025-06-15T14:30:02.250Z"}

    made = merge.merge([first, second])

    assert document.check(made) == made
    assert made["requests"] == 824
    assert made["duration_s"] == pytest.approx(6.81)
    assert made["summary"]["MUST"]["failed"] == 2
    assert made["verdict"] == "non-conformant"
    assert all(len(row["evidence"]) <= 12 for row in made["requirements"])


def test_samples_and_counts_of_shards_are_joined() -> None:
    first, second = documents.faulty(), documents.faulty() | {"requests": 1, "choices": []}
    second["latency"]["send"] = [1.0] * 500

    made = merge.merge([first, second])

    assert len(made["latency"]["send"]) == 500
    assert made["transitions"][0]["count"] == 2 * first["transitions"][0]["count"]
    assert made["choices"] == first["choices"]
    assert made["walks"][0]["lost"]


def test_an_interrupted_shard_leaves_the_run_inconclusive() -> None:
    made = merge.merge([documents.conformant(), documents.conformant() | {"interrupted": True}])

    assert (made["verdict"], made["interrupted"]) == ("inconclusive", True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": {"base_url": "http://other"}}, "targets differ"),
        ({"seed": 2}, "seeds differ"),
        ({"profile": "deep"}, "profiles differ"),
        ({"strict": True}, "strictness differ"),
        ({"suite": {"name": "messages-conformance", "version": "0.1.0", "spec": "2.0"}}, "specs differ"),
        ({"suite": {"name": "messages-conformance", "version": "9", "spec": "1.0"}}, "suite versions differ"),
        ({}, "given twice"),
    ],
)
def test_what_is_no_shard_of_the_same_run_is_refused(change: dict, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        merge.merge([documents.conformant(), documents.conformant() | change])


def test_one_report_alone_is_nothing_to_merge() -> None:
    with pytest.raises(ReportError, match="two reports or more"):
        merge.merge([documents.conformant()])


# --------------------------------------------------------------------------------------------------------------- diff


def test_what_got_worse_and_what_got_better_mirror_each_other() -> None:
    forth = diff.compare(documents.conformant(), documents.faulty())
    back = diff.compare(documents.faulty(), documents.conformant())

    assert len(forth.worse) == len(back.better) == 7
    assert not forth.better
    assert not back.worse
    assert forth.worse[0] == "verdict: conformant → non-conformant"


def test_a_run_of_a_part_is_compared_in_that_part() -> None:
    found = diff.compare(documents.conformant(), documents.partial())

    assert found.worse == ["verdict: conformant → inconclusive"]
    assert found.uncompared


def test_a_requirement_that_is_gone_is_worse_and_a_new_one_that_passes_is_not() -> None:
    short = documents.conformant()
    short["requirements"] = short["requirements"][1:]

    assert diff.compare(documents.conformant(), short).worse == ["AUTH-01: gone"]
    assert diff.compare(short, documents.conformant()).worse == []
    assert diff.compare(short, _with("AUTH-01", outcome="failed")).worse[1].startswith("AUTH-01: failed")


def test_nothing_changed_is_said_so() -> None:
    assert diff.render(diff.compare(documents.faulty(), documents.faulty())) == "Nothing got better or worse.\n"


def test_a_difference_shows_hostile_reasons_harmless() -> None:
    said = diff.render(diff.compare(documents.conformant(), documents.hostile()))

    assert not [char for char in said if text.hides(char, keep="\n")]
    assert not re.search(r"^\s*::|##\[", said, re.MULTILINE)


# ---------------------------------------------------------------------------------------------------------------- cli


def test_each_form_is_written_beside_the_report(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(written / "faulty")

    assert [_command(form, folder) for form in ("html", "ctrf", "badge")] == [0, 0, 0]

    names = {path.name for path in (written / "faulty").iterdir()}
    assert names == {"report.json", "index.html", "ctrf.json", "badge.svg", "badge.json"}
    assert "index.html" in capsys.readouterr().out


def test_an_output_path_wins_and_a_dash_is_standard_output(written: Path, capfdbinary) -> None:
    report = str(written / "faulty" / "report.json")

    assert _command("html", report, "-o", str(written / "page.html")) == 0
    assert _command("badge", report, "-o", str(written / "b.json")) == 0
    assert _command("markdown", report) == 0

    assert (written / "page.html").read_text(encoding="utf-8") == html.render(documents.faulty())
    assert json.loads((written / "b.json").read_text())["schemaVersion"] == 1
    assert "Not conformant" in capfdbinary.readouterr().out.decode("utf-8")


def test_a_folder_alone_means_its_page(written: Path) -> None:
    assert _command(str(written / "faulty")) == 0
    assert (written / "faulty" / "index.html").exists()


def test_a_comparison_is_three_files_that_link_to_the_reports(written: Path) -> None:
    _command("html", str(written / "faulty"))

    code = _command("compare", str(written / "conformant"), str(written / "faulty"), "-o", str(written / "both"))

    assert code == 0
    assert {path.name for path in (written / "both").iterdir()} == {"index.html", "comparison.json", "comparison.md"}
    page = (written / "both" / "index.html").read_text(encoding="utf-8")
    assert 'href="../faulty/index.html#PAGE-07"' in page
    assert "../conformant/" not in page


def test_merging_writes_a_report_that_can_be_read(written: Path) -> None:
    code = _command("merge", str(written / "conformant"), str(written / "partial"), "-o", str(written / "m.json"))

    assert code == 0
    assert document.read(written / "m.json")["requests"] == 824


def test_diff_answers_one_where_something_is_worse(written: Path, capfd: pytest.CaptureFixture[str]) -> None:
    old, new = str(written / "conformant"), str(written / "faulty")

    assert [_command("diff", old, new), _command("diff", new, old), _command("diff", old, old)] == [1, 0, 0]
    assert "Worse: 7" in capfd.readouterr().out


@pytest.mark.parametrize("form", ["html", "markdown", "badge", "ctrf", "compare", "merge"])
def test_a_file_that_is_no_report_is_one_sentence_and_exit_two(
    form: str, written: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cut = written / "cut.json"
    cut.write_bytes((written / "faulty" / "report.json").read_bytes()[:5000])

    assert _command(form, str(cut), *([str(cut)] if form in ("compare", "merge") else [])) == 2

    said = capfd.readouterr()
    assert said.err.count("\n") == 1
    assert "cut short" in said.err
    assert said.out == ""


def test_an_output_that_cannot_be_written_is_one_sentence(written: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (written / "file").write_text("")

    assert _command("html", str(written / "faulty"), "-o", str(written / "file" / "index.html")) == 2

    assert capfd.readouterr().err.endswith(".\n")


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--help",), 0), (("html",), 2), (("html", "--help"), 0)])
def test_wrong_usage_is_exit_two_and_help_is_exit_zero(words: tuple[str, ...], code: int) -> None:
    assert _command(*words) == code


def test_no_form_changes_the_document_that_it_reads() -> None:
    made = documents.hostile()
    before = copy.deepcopy(made)

    for render in (html.render, markdown.render, ctrf.render, badge.svg, badge.endpoint):
        render(made)
    diff.compare(made, made)
    compare.compare([made, documents.faulty()])
    merge.merge([made, made | {"requests": 1}])

    assert made == before


def test_every_form_that_can_be_asked_for_is_carried_out() -> None:
    assert set(cli.FORMS) == set(commands.FORMS)
