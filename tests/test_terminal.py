"""The report of the terminal: all there is to say, and no character of the target's that acts."""

from __future__ import annotations

import copy
import unicodedata

import pytest

from conformance.report.terminal import lines, safe

ROW = {
    "id": "SEND-01",
    "level": "MUST",
    "title": "A send is accepted",
    "outcome": "failed",
    "reason": "expected 201, got 400",
    "expected": "201",
    "got": "400",
    "source": "Messages",
    "evidence": [{"curl": "curl -sS http://h"}],
}
COUNTS = {"passed": 0, "failed": 1, "not_exercised": 0, "inconclusive": 0}
DOCUMENT = {
    "requirements": [ROW],
    "choices": [{"id": "SEND-01", "question": "status of an accepted send", "observed": "201"}],
    "verdict": "non-conformant",
    "verdict_reason": "1 requirement failed: SEND-01",
    "partial": False,
    "target": {"base_url": "http://h"},
    "summary": {"MUST": COUNTS, "SHOULD": {**COUNTS, "failed": 0, "passed": 3}},
    "requests": 12,
    "duration_s": 1.25,
    "profile": "quick",
    "seed": 7,
}


def document(**changes: object) -> dict:
    """A report, changed."""
    return copy.deepcopy(DOCUMENT) | changes


def row(**changes: object) -> dict:
    """A row of a report, changed."""
    return copy.deepcopy(ROW) | changes


def told(report: dict, color: bool = False) -> str:
    """The report as it is printed."""
    return "\n".join(lines(report, color))


def test_a_line_to_paste_is_never_cut_where_a_script_has_it_whole():
    said = f"curl -sS http://h -d '{'a' * 1000}'"
    assert said in told(document(requirements=[row(evidence=[{"curl": said}])]))
    long = row(evidence=[{"curl": said * 4}], repro=["repro/SEND-01.py", "repro/SEND-01.sh"])
    assert f"try       sh repro/SEND-01.sh  (its curl line has {4 * len(said)} characters)" in told(
        document(requirements=[long])
    )


def test_one_request_is_one_request():
    assert "  1 request in" in told(document(requests=1))


def test_a_failure_says_requirement_expected_got_and_what_to_try():
    text = told(document())
    for each in ("SEND-01", "A send is accepted", "expected  201", "got       400", "curl -sS http://h", "Messages"):
        assert each in text
    assert "NOT CONFORMANT  http://h" in text
    assert "MUST    0 passed, 1 failed" in text
    assert "12 requests in 1.2 s · profile quick · seed 7" in text


def test_a_broken_should_is_a_warning():
    text = told(document(requirements=[row(level="SHOULD")], verdict="conformant"))
    assert "Warnings (1)" in text
    assert "Failed" not in text
    assert "curl" not in text


def test_what_was_not_judged_is_told_by_its_reason():
    rows = [row(id=f"SEND-{n:02}", outcome="not_exercised", reason="no key") for n in range(1, 16)]
    text = told(document(requirements=[*rows, row(outcome="inconclusive", reason="not selected")]))
    assert "Not exercised (15)\n  no key\n      SEND-01 SEND-02" in text
    assert "… and 3 more" in text
    assert "Inconclusive (1)\n  not selected" in text


def test_a_selection_says_that_it_is_one():
    assert "partial" in told(document(partial=True))
    assert "partial" not in told(document())
    assert "partial" not in told(document(partial=True, interrupted=True))  # nobody selected that


def test_a_known_failure_says_so():
    assert "(known)" in told(document(requirements=[row(known=True)]))


@pytest.mark.parametrize("verdict", ["conformant", "non-conformant", "inconclusive"])
def test_color_is_paint_and_nothing_else(verdict):
    import re

    report = document(verdict=verdict)
    assert re.sub(r"\033\[\d+m", "", told(report, color=True)) == told(report)
    assert "\033" not in told(report)


ACTING = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\link",
    "\x9b31m",
    "\r\x08\x08overwritten",
    "\x00",
    "\u202egnp.exe",
    "\u2066\u2069",
    "\u200b\u200d\ufeff",
    "\u2028\u2029",
    "\ud800",
    "\x7f",
    "\ue000",
]


@pytest.mark.parametrize("text", ACTING)
@pytest.mark.parametrize("color", [False, True])
def test_what_the_target_says_does_not_act(text, color):
    report = document(
        requirements=[
            row(expected=text, got=text, evidence=[{"curl": f"curl {text}"}], repro=[]),
            row(level="SHOULD", expected=text, got=text),
            row(outcome="inconclusive", reason=text),
        ],
        choices=[{"id": "SEND-01", "question": "status", "observed": text}],
        verdict_reason=text,
        target={"base_url": f"http://h/{text}"},
    )
    shown = "".join(lines(report, color)).replace("\033[", "" if color else "\033[")

    shown.encode()
    assert not [each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    picture = (
        {0x7F: "␡"}.get(ord(text[0]), chr(0x2400 + ord(text[0]))) if text[0] < "\x80" else f"⟨U+{ord(text[0]):04X}⟩"
    )
    assert picture in shown


def test_a_long_text_is_cut():
    text = told(document(requirements=[row(got="x" * 5000)]))
    assert "…" in text
    assert max(map(len, text.splitlines())) < 500


def test_a_text_of_several_lines_stays_on_one():
    text = told(document(requirements=[row(got="one\nCONFORMANT  http://h")]))
    assert "one⏎CONFORMANT" in text


def test_plain_text_is_left_as_it_is():
    assert safe("é 🚚 ⏎ | <b> 中文\n") == "é 🚚 ⏎ | <b> 中文\n"
