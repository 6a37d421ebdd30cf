"""The page: what it says, how large it is, that it asks for nothing, and that hostile text stays text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import documents
import pytest

from conformance.report import html, markdown, pictures, text
from conformance.report.difference import differences

EXAMPLES = ["conformant", "faulty", "partial", "interrupted", "hostile"]


class Page(HTMLParser):
    """A page as a parser sees it: its elements with their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every example, rendered."""
    return {name: html.render(getattr(documents, name)()) for name in EXAMPLES}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("conformant", "Conformant"),
        ("faulty", "Not conformant"),
        ("partial", "Inconclusive"),
        ("interrupted", "Inconclusive"),
    ],
)
def test_the_page_opens_with_the_verdict_and_says_why(pages: dict[str, str], name: str, verdict: str) -> None:
    words = Page(pages[name]).words

    assert f"<h1>{verdict}</h1>" in pages[name]
    assert getattr(documents, name)()["verdict_reason"] in words
    assert "15 June 2025, 14:30 UTC" in words
    assert "20250615" in words


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_under_a_megabyte(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode("utf-8")) < 1_000_000


def test_a_run_of_ninety_failures_with_all_their_evidence_is_under_a_megabyte() -> None:
    made = documents.faulty()
    long = documents.exchange(1)
    long["response"]["body"] = '{"data": [' + ", ".join('{"body": "<&>"}' for _ in range(250)) + "]}"
    row = documents.by_id(made, "PAGE-07")
    made["requirements"] = [{**row, "id": f"PAGE-{n:02}", "evidence": [long] * 12} for n in range(1, 91)]

    page = html.render(documents.settle(made))

    assert len(page.encode("utf-8")) < 1_000_000
    assert "left out here for the size of this page" in page


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_in_a_page_is_asked_for_from_elsewhere(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])

    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "audio", "video", "base", "source")
        assert "src" not in attributes
        assert "srcset" not in attributes
        assert tag == "a" or (attributes.get("href") or "#").startswith(("#", "data:image/svg+xml,"))
    assert "@import" not in pages[name]
    assert not re.search(r"url\((?!#)", re.sub(r"<pre.*?</pre>", "", pages[name], flags=re.DOTALL))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_policy_admits_the_one_script_and_the_one_style_by_their_digests(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    policy = next(m["content"] for m in Page(page).all("meta") if m.get("http-equiv") == "Content-Security-Policy")

    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_element_carries_a_handler_a_style_or_a_script_address(pages: dict[str, str], name: str) -> None:
    for tag, attributes in Page(pages[name]).elements:
        assert not [key for key in attributes if key.startswith("on") or key == "style"], tag
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "vbscript:"))
        assert "srcdoc" not in attributes


def test_hostile_text_is_shown_as_the_characters_that_it_is(pages: dict[str, str]) -> None:
    page, words = pages["hostile"], Page(pages["hostile"]).words

    assert "<script>window.hacked=1</script>" in words
    assert "⟨U+202E⟩" in words
    assert "␛" in words
    assert "⟨U+D800⟩" in words
    assert "{{7*7}} {% raw %}" in words
    assert not [char for char in page if text.hides(char, keep="\n")]


def test_ids_are_unique_and_every_link_within_the_page_leads_somewhere(pages: dict[str, str]) -> None:
    page = Page(pages["faulty"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        within, _, name = (link["href"] or "").partition("#")
        known = ("https://www.rfc-editor.org/rfc/rfc", "https://cwe.mitre.org/data/definitions/")
        assert within.startswith(known) if within else name in ids
    for use in page.all("use"):
        assert (use["href"] or "")[1:] in ids


def test_a_requirement_opens_to_what_an_implementer_needs(pages: dict[str, str]) -> None:
    page = pages["faulty"]
    opened = page[page.index('id="PAGE-07"') : page.index('id="PAGE-08"')]

    for wanted in (
        "What it asks",
        "Source",
        "Expected",
        "Got",
        "repro/PAGE-07.py",
        "20250615",
        "curl -sS",
        "no answer",
    ):
        assert wanted in opened
    assert opened.count('class="exchange"') == 6
    assert "<ins>" in opened
    assert "<del>" in opened


def test_a_walk_shows_what_repeated_and_what_was_lost(pages: dict[str, str]) -> None:
    words = Page(pages["faulty"]).words

    assert "1 repeated" in words
    assert "1 lost" in words
    assert "msg_000003" in words


def test_a_document_with_no_pictures_is_still_a_page() -> None:
    made = documents.conformant()
    for name in ("latency", "transitions", "walks", "environment", "partial", "interrupted"):
        made.pop(name)

    page = html.render(made | {"choices": [], "seed": None})

    assert "How long answers took" not in page


def test_a_web_address_as_source_is_a_link_and_another_scheme_is_not() -> None:
    made = documents.conformant()
    made["requirements"][0]["source"] = "https://docs.example/messages#send"
    made["requirements"][1]["source"] = "javascript:alert(1)//https://docs.example"

    links = [link["href"] for link in Page(html.render(made)).all("a")]

    assert "https://docs.example/messages#send" in links
    assert not [link for link in links if "javascript" in (link or "")]


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\x1b", "␛"),
        ("\x00", "␀"),
        ("\x7f", "␡"),
        ("\u202e", "⟨U+202E⟩"),
        ("\u2028", "⟨U+2028⟩"),
        ("\x85", "⟨U+0085⟩"),
        ("\u00a0", "⟨U+00A0⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("\U000e0101", "⟨U+E0101⟩"),
        ("\u200d", "⟨U+200D⟩"),
    ],
)
def test_a_character_without_a_shape_gets_one(char: str, shown: str) -> None:
    assert text.plain(f"a{char}b") == f"a{shown}b"
    assert shown in text.visible(f"a{char}b")


def test_letters_of_every_script_and_emoji_stay_as_they_are() -> None:
    for said in ("é", "שלום", "日本語", "🚚", "مرحبا"):
        assert text.plain(said) == said
        assert text.visible(said) == said


def test_a_tower_of_accents_is_cut_down() -> None:
    assert len(text.plain("a" + "\u0301" * 500)) < 20


def test_long_text_is_cut_and_says_by_how_much() -> None:
    assert text.plain("x" * 1500, 500).endswith(" … 1,000 more characters")


def test_json_is_indented_without_a_change_to_any_of_its_tokens() -> None:
    body = '{"a":1.0,"a":[],"n":12345678901234567890,"s":"\\u202e{,}","o":{"x":[1,{"y":null}]}}'

    shown = "".join(token for _, token in text.reflow(body))

    assert re.sub(r"\n *|(?<=:) ", "", shown) == body
    assert '\n  "a": 1.0,\n' in shown


@pytest.mark.parametrize("body", ['{"a": "cut sho', "[1, 2", "{{{{", "]]]", '{"', "[" * 5000, "{\x00}"])
def test_broken_json_is_shown_too(body: str) -> None:
    assert len(text.pretty(body)) >= len(body)


def test_a_difference_is_marked_where_it_is() -> None:
    left, right = differences('{"status": "read"}', '{"status": "sent"}')

    assert left == "{&#34;status&#34;: &#34;<del>read</del>&#34;}"
    assert right == "{&#34;status&#34;: &#34;<ins>sent</ins>&#34;}"


def test_texts_that_have_nothing_in_common_are_left_unmarked() -> None:
    assert differences("400 or 422", "the message was sent") == ("400 or 422", "the message was sent")


def test_a_status_that_nobody_knows_gets_a_place_of_its_own() -> None:
    made = pictures.transitions([{"from": "sent", "to": "lost", "count": 2, "allowed": False}])

    assert made is not None
    assert [node["name"] for node in made["nodes"] if not node["known"]] == ["lost"]
    assert made["wrong"] == 1


def test_a_thousand_unknown_statuses_are_drawn_as_four() -> None:
    rows = [{"from": f"a{n}", "to": f"b{n}", "count": 1, "allowed": False} for n in range(1000)]

    made = pictures.transitions(rows)

    assert made is not None
    assert len(made["nodes"]) == 9


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert pictures.percentile([1, 2, 3, 4], 50) == 2
    assert pictures.percentile([1, 2, 3, 4], 95) == 4
    assert pictures.percentile([7], 50) == 7


@pytest.mark.parametrize("values", [[0.0], [0.0, 0.0], [1e-9], [5.0, 5.0], [1e7], [0.001, 1e6]])
def test_any_latency_has_a_place_on_the_axis(values: list[float]) -> None:
    made = pictures.latency({"send": values})

    assert made is not None
    assert all(80 <= strip["x50"] <= 630 for strip in made["strips"])


def test_a_reason_that_only_repeats_the_two_sides_is_not_said_twice() -> None:
    made = documents.conformant()
    made["requirements"][0].update(outcome="failed", expected="401", got="200", reason="expected 401, got 200")

    page = html.render(documents.settle(made))
    opened = page[page.index('id="AUTH-01"') : page.index('id="AUTH-01-S"')]

    assert 'class="why"' not in opened
    assert "expected 401, got 200" in page


def test_names_between_back_quotes_are_set_apart_and_stay_escaped() -> None:
    assert text.prose("`limit` is <1") == "<code>limit</code> is &lt;1"
    assert text.prose("`<b>`") == "<code>&lt;b&gt;</code>"
    assert text.prose("a ` b") == "a ` b"


def test_what_a_finding_names_is_marked_in_its_exchanges_with_its_neighbours_in_a_list() -> None:
    document = documents.faulty()
    row = documents.by_id(document, "PAGE-07")
    row.update(expected="every message", got="the page passes over msg_lost0001", reason="msg_lost0001 is passed over.")
    ids = [f"msg_{number:08}" for number in range(50)]
    ids[20] = "msg_lost0001"
    row["evidence"] = [documents.exchange(1)]
    row["evidence"][0]["response"].update(body='{"data": [{"id": "msg_lost0001"}]}', ids=[*ids, "<script>"])

    page = html.render(document)
    opened = page[page.index('id="PAGE-07"') :][:8000]

    assert opened.count("<mark>msg_lost0001</mark>") == 3
    assert "… <bdi>msg_00000019</bdi> <bdi><mark>msg_lost0001</mark></bdi> <bdi>msg_00000021</bdi> …" in opened


def test_the_shortest_program_and_how_often_it_failed_are_told() -> None:
    document = documents.faulty()
    documents.by_id(document, "PAGE-07").update({"x-steps": ["send <b>", "walk by 2"], "x-flaky": "2 of 5"})

    page = html.render(document)

    assert "<li><code>send &lt;b&gt;</code></li><li><code>walk by 2</code></li>" in page
    assert "It failed 2 of 5 times when it was tried again." in page


@pytest.mark.parametrize("form", [html.render, markdown.render])
def test_warnings_and_an_outdated_baseline_stand_beside_the_verdict(form) -> None:
    document = documents.conformant()
    document["x-warnings"] = ["Nobody checked the certificate."]
    document["x-baseline"] = {"listed": [], "problems": ["SEND-01 passes."]}

    made = form(document)

    assert "Nobody checked the certificate." in made
    assert re.search(r"Baseline: SEND-01 passes\.", made)
