"""The comparison with peers: copies of the document, reading of reports, and the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from conformance import reference
from tests.peers import findings, page, spec, table, tools
from tests.peers.__main__ import sample
from tests.peers.table import Row, Run

OWNER = spec.Owner("http://127.0.0.1:1", ("conv_8xk2m", "conv_web1"), ("msg_one", "msg_two"))
CHOICES = spec.Owner("http://127.0.0.1:1", ("conv_8xk2m",), (), 202, 422, 403, empty_body=True, null_optionals=False)


@pytest.mark.parametrize("owner", [OWNER, CHOICES], ids=["reference", "choices"])
@pytest.mark.parametrize("copied", [spec.fitted, spec.for_specmatic, spec.for_dredd, spec.for_portman])
def test_every_copy_is_a_valid_document(copied: object, owner: spec.Owner) -> None:
    validate(copied(owner))  # type: ignore[operator]


def test_a_copy_says_what_the_owner_knows() -> None:
    document = spec.fitted(OWNER)
    send = document["components"]["schemas"]["SendMessage"]["properties"]
    assert send["conversation_id"]["enum"] == ["conv_8xk2m", "conv_web1"]
    assert send["body"]["minLength"] == 1
    assert send["metadata"]["type"] == ["object", "null"]
    assert document["paths"]["/v1/messages/{id}"]["get"]["parameters"][0]["example"] == "msg_one"
    open_ones = spec.fitted(CHOICES)["components"]["schemas"]["SendMessage"]["properties"]
    assert "minLength" not in open_ones["body"]
    assert open_ones["metadata"]["type"] == "object"


def test_only_the_success_that_the_server_uses_is_left() -> None:
    responses = spec.one_success(spec.fitted(CHOICES), CHOICES)["paths"]["/v1/messages"]["post"]["responses"]
    assert [status for status in responses if status.startswith("2")] == ["202"]


def test_a_downgraded_document_holds_nothing_of_3_1() -> None:
    text = json.dumps(spec.downgraded(spec.fitted(OWNER)))
    for word in ('"if"', '"then"', '"const"', '"unevaluatedProperties"', "jsonSchemaDialect", '"null"]', "3.1.0"):
        assert word not in text


def test_portman_is_told_the_statuses_in_use() -> None:
    config = json.loads(tools.portman_config(CHOICES))
    told = [each["openApiResponse"] for each in config["tests"]["variationTests"]]
    assert told == ["202", "200", "422", "422", "403", "404", "403", "401"]


def test_every_package_is_pinned() -> None:
    wanted = {name for names in tools.PACKAGES.values() for name in names}
    assert set(tools.pins()) == wanted
    assert all(number.replace(".", "").isdigit() for number in tools.pins().values())


def write(folder: Path, text: str) -> Path:
    report = folder / "report"
    report.write_text(text, encoding="utf-8")
    return report


def test_failures_and_errors_of_schemathesis(tmp_path: Path) -> None:
    report = {
        "failures": [{"type": "ServerError", "operations": ["GET /v1/messages", "POST /v1/messages"]}],
        "errors": [{"title": "Network Error"}],
    }
    assert findings.of_schemathesis(write(tmp_path, json.dumps(report))) == {
        "ServerError GET /v1/messages",
        "ServerError POST /v1/messages",
        "error: Network Error",
    }


def test_failed_scenarios_of_specmatic(tmp_path: Path) -> None:
    report = (
        '<testsuite><testcase name="Tests &gt; contractTest() &gt; +ve GET /v1/messages/msg_a1"><failure/></testcase>'
        '<testcase name="Tests &gt; contractTest() &gt; -ve POST"/></testsuite>'
    )
    assert findings.of_specmatic(write(tmp_path, report)) == {"+ve GET /v1/messages/msg_…"}


def test_failed_transactions_of_dredd(tmp_path: Path) -> None:
    report = (
        '<testsuite><testcase name="GET (200) /v1/messages?limit=1&amp;a=b"><failure>\x01</failure></testcase>'
        '<testcase name="POST (201) /v1/messages"/><testcase name="POST (422) /v1/messages"><skipped/></testcase></testsuite>'
    )
    assert findings.of_dredd(write(tmp_path, report)) == {"GET (200) /v1/messages"}


def test_failed_assertions_of_newman(tmp_path: Path) -> None:
    failures = [
        {"source": {"name": "List messages"}, "error": {"name": "AssertionError", "test": "Schema is valid"}},
        {"source": {"name": "Send"}, "error": {"name": "Error"}},
    ]
    report = json.dumps({"run": {"failures": failures}})
    assert findings.of_newman(write(tmp_path, report)) == {"List messages: Schema is valid", "Send: Error"}


def test_failed_requirements_of_ours(tmp_path: Path) -> None:
    rows = [{"id": "PAGE-01", "outcome": "failed"}, {"id": "PAGE-02", "outcome": "inconclusive"}]
    assert findings.of_ours(write(tmp_path, json.dumps({"requirements": rows}))) == {"PAGE-01"}


RUNS = [
    Run("tool", "reference", "seed 1", ["a"], 10, 1.0, 0.5),
    Run("tool", "reference", "seed 2", [], 20, 3.0, 0.5),
    Run("tool", "fault", "hidden", ["a"], 30, 2.0, 0.5),
    Run("tool", "fault", "seen", ["a", "b"], 30, 2.0, 0.5),
    Run("tool", "fault", "stopped", [], 30, 2.0, 0.5, trouble="no end within 1 s"),
    Run("tool", "variant", "quiet", [], 30, 2.0, 0.5),
    Run("tool", "variant", "loud", ["a"], 30, 2.0, 0.5),
    Run("another", "fault", "seen", ["c"], 1, 0.1, 0.1),
]


def test_a_fault_is_found_by_what_the_reference_does_not_show() -> None:
    assert table.row("tool", RUNS) == Row(
        tool="tool",
        faults=3,
        found=("seen",),
        references=2,
        red_references=1,
        variants=2,
        red_variants=("loud",),
        requests=30,
        seconds=2.0,
        cpu_seconds=0.5,
        troubles=1,
    )


def test_the_table_names_who_could_not_be_installed() -> None:
    text = table.summary([table.row("tool", RUNS)], {"absent": "no java"}, {"tool": "a copy"})
    assert "| tool | 1 of 3 | 1 of 2 runs | 1 of 2 | 30 | 2 | 0.5 | 1 | a copy |" in text
    assert "| absent | could not be installed: no java |" in text
    assert len({line.count("|") for line in text.splitlines()}) == 1


def test_each_fault_has_a_line_of_marks() -> None:
    text = table.by_fault([table.row("tool", RUNS)], {"seen": ("PAGE-01",), "hidden": ("PAGE-02", "PAGE-03")})
    assert text.splitlines()[2:] == ["| hidden | PAGE-02 PAGE-03 | · |", "| seen | PAGE-01 | found |"]


def test_what_was_said_of_correct_servers_is_told() -> None:
    assert table.alarms(RUNS) == "- tool, on loud: a\n- tool, on seed 1: a"
    assert table.alarms([]) == "None."


def test_what_only_a_peer_found() -> None:
    ours = Row("ours", 2, ("b",), 1, 0, 0, (), 1, 1.0, 1.0, 0)
    peer = Row("peer", 2, ("a", "b"), 1, 0, 0, (), 1, 1.0, 1.0, 0)
    assert table.only_elsewhere([ours, peer], ["ours"]) == {"a": ["peer"]}


def test_a_smaller_draw_is_the_beginning_of_a_larger_one() -> None:
    small, large = sample(1, 3, 2), sample(1, 40, 10)
    for kind, count in (("fault", 3), ("variant", 2)):
        assert [it for it in small if it.kind == kind] == [it for it in large if it.kind == kind][:count]
    assert not any(reference.VARIANTS[it.name].warns for it in large if it.kind == "variant")


def test_the_page_and_the_document_say_the_same() -> None:
    subjects, tool = sample(1, 2, 1), tools.TOOLS[2]
    runs = [Run(tool.name, it.kind, it.name, ["a"] if it.kind == "fault" else [], 5, 1.0, 0.5) for it in subjects]
    began = {"began": "today", "commit": "abc"}
    paper = page.Paper(1, subjects, runs, [tool.name], {"Dredd": "no npm"}, began, 3)
    document, text = paper.document(), paper.markdown()
    names = [it.name for it in subjects if it.kind == "fault"]
    assert document["faults"] == names
    assert document["found_by_peers_only"] == {name: [tool.name] for name in sorted(names)}
    assert f"| {tool.name} | 2 of 2 | 0 of 3 runs | 0 of 1 | 5 |" in text
    assert "Begun today at commit abc" in text
    assert "make bench-peers JOBS=3" in text
    assert "| Dredd | could not be installed: no npm |" in text
