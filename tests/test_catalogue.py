"""The catalogue: the frozen ids, the rule that names them, and what a broken catalogue is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import catalogue
from conformance.catalogue import NEEDS, CatalogueError, parse
from conformance.model import Level

SNAPSHOT = Path(__file__).parent / "snapshots" / "requirement-ids.txt"
CHAPTER = """
[meta]
spec = "1"
[[chapter]]
prefix = "SEND"
title = "Send"
intro = "To send."
"""
ROW = """
[[requirement]]
id = "SEND-01"
level = "MUST"
chapter = "Send"
title = "It is sent."
text = '''It is
   sent.'''
source = "Messages page"
needs = []
judged = "It is looked at."
"""
EXCLUDED = """
[[excluded]]
statement = "It arrives."
source = "Messages page"
excluded = "Out of sight."
"""


def test_every_requirement_has_the_id_and_the_level_that_it_always_had():
    """An id never changes its meaning: a change here is a change of the spec's version."""
    now = [f"{each.id} {each.level.value}" for each in catalogue.load().values()]

    assert now == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_the_snapshot_has_each_id_once():
    lines = SNAPSHOT.read_text(encoding="utf-8").splitlines()

    assert len(lines) == len({line.split()[0] for line in lines}) == 79


@pytest.mark.parametrize("requirement", catalogue.load().values(), ids=lambda each: each.id)
def test_a_clause_is_named_after_its_row_and_its_level(requirement):
    """-S is a SHOULD in a MUST row, -M a MUST in a SHOULD row."""
    row = catalogue.load()[requirement.row]
    suffix = requirement.id.removeprefix(row.id)

    expected = {"": row.level, "-S": Level.SHOULD, "-M": Level.MUST}[suffix.rstrip("0123456789")]

    assert requirement.level is expected
    assert suffix == "" or row.level is not requirement.level


def test_the_clauses_of_a_row_are_numbered_only_where_there_are_several():
    clauses = [each.id for each in catalogue.load().values() if each.row != each.id]
    numbered = {each for each in clauses if each[-1].isdigit()}

    assert numbered == {"SEND-02-S1", "SEND-02-S2"}


def test_every_need_is_needed_and_known():
    needed = {need for each in catalogue.load().values() for need in each.needs}

    assert needed == set(NEEDS)


def test_just_these_requirements_need_something_of_the_target():
    needing = {each.id: each.needs for each in catalogue.load().values() if each.needs}

    assert needing == {
        "AUTH-04": ("publishable_key",),
        "AUTH-05": ("other_account_key",),
        "PAGE-08": ("movement",),
        "STAT-02": ("movement",),
        "STAT-03": ("terminal_status",),
        "STAT-04": ("failed_message",),
        "STAT-06": ("outcome",),
        "STAT-07": ("movement",),
        "HTTP-03": ("rate_limit",),
    }


@pytest.mark.parametrize("requirement", catalogue.load().values(), ids=lambda each: each.id)
def test_a_requirement_reads_well(requirement):
    """A title is one sentence that fits a line; the texts are whole sentences; the source names a page or an RFC."""
    assert requirement.title.endswith(".")
    assert len(requirement.title) <= 90
    assert requirement.text.endswith(".")
    assert requirement.judged.endswith(".")
    assert "Decisive: " in requirement.judged
    assert any(word in requirement.source for word in ("page", "RFC", "onvention"))


def test_every_chapter_has_requirements_in_its_order():
    titles = [each.title for each in catalogue.chapters()]
    seen = list(dict.fromkeys(each.chapter for each in catalogue.load().values()))

    assert seen == titles
    assert titles == [
        "Authentication",
        "Send",
        "Retrieve",
        "List",
        "Pagination",
        "Statuses",
        "Errors",
        "HTTP",
        "Concurrency",
    ]


def test_what_is_not_judged_says_why():
    assert len(catalogue.excluded()) >= 10
    assert all(each.statement and each.source and each.why.endswith(".") for each in catalogue.excluded())


def test_the_catalogue_is_read_once_and_cannot_be_changed():
    assert catalogue.load() is catalogue.load()
    with pytest.raises(TypeError):
        catalogue.load()["SEND-01"] = None


def test_the_version_of_the_spec_is_the_catalogues():
    assert catalogue.SPEC_VERSION == "1.0"
    with pytest.raises(AttributeError, match="SPEC_VERSIONS"):
        catalogue.SPEC_VERSIONS  # noqa: B018


def test_importing_the_catalogue_reads_no_file_and_no_library():
    program = (
        "import sys; from conformance import catalogue; print(catalogue._catalogue.cache_info().misses, *sys.modules)"
    )

    misses, *modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert misses == "0"
    assert not {"yaml", "jsonschema", "jsonschema_rs", "httpx", "pytest"} & set(modules)


def test_white_space_of_a_text_is_folded():
    found = parse(CHAPTER + ROW + EXCLUDED)

    assert found.requirements["SEND-01"].text == "It is sent."
    assert found.excluded[0].why == "Out of sight."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[", "no TOML"),
        (CHAPTER + ROW, "excluded is missing"),
        (CHAPTER + ROW + EXCLUDED + "[other]", "unknown key other"),
        (CHAPTER.replace("[[chapter]]", "[chapter]") + ROW + EXCLUDED, r"chapter is no \[\[chapter\]\]"),
        (CHAPTER.replace('spec = "1"', "spec = 1") + ROW + EXCLUDED, "meta: spec is no text"),
        (CHAPTER + ROW + ROW + EXCLUDED, "SEND-01: the id stands twice"),
        (CHAPTER + ROW + "levle = 1" + EXCLUDED, "requirement SEND-01: unknown key levle"),
        (CHAPTER + ROW.replace("source =", "sauce =") + EXCLUDED, "unknown key sauce"),
        (CHAPTER + ROW.replace('title = "It is sent."', "") + EXCLUDED, "title is missing"),
        (CHAPTER + ROW.replace('"It is sent."', '" "') + EXCLUDED, "title is no text, or empty"),
        (CHAPTER + ROW.replace("MUST", "MAY") + EXCLUDED, "level 'MAY' is neither"),
        (CHAPTER + ROW.replace("[]", "['luck']") + EXCLUDED, r"needs names \['luck'\]"),
        (CHAPTER + ROW.replace("[]", "''") + EXCLUDED, "needs is no list"),
        (CHAPTER + ROW.replace("SEND-01", "SEND-1") + EXCLUDED, "an id is PREFIX-NN"),
        (CHAPTER + ROW.replace('chapter = "Send"', 'chapter = "List"') + EXCLUDED, "the id says 'Send'"),
        (CHAPTER + ROW.replace("SEND-01", "LIST-01") + EXCLUDED, "the id says None"),
        (CHAPTER + ROW.replace("SEND-01", "SEND-01-S") + EXCLUDED, "its row SEND-01 does not come before it"),
        (CHAPTER + ROW + ROW.replace("SEND-01", "SEND-01-S") + EXCLUDED, "a clause at MUST is not named so"),
        (CHAPTER + ROW + ROW.replace("SEND-01", "SEND-01-M") + EXCLUDED, "a clause at MUST is not named so"),
    ],
)
def test_a_broken_catalogue_is_told_where_it_is_broken(text, says):
    with pytest.raises(CatalogueError, match=says):
        parse(text)


def test_chapters_out_of_order_are_an_error():
    other = '[[chapter]]\nprefix = "LIST"\ntitle = "List"\nintro = "To list."\n'
    later = ROW.replace("SEND-01", "LIST-01").replace('"Send"', '"List"')

    with pytest.raises(CatalogueError, match="order of the chapters"):
        parse(CHAPTER + other + later + ROW + EXCLUDED)


def test_a_file_that_the_spec_lacks_is_an_error_that_names_both_places():
    with pytest.raises(CatalogueError, match=r"nothing\.yaml is in none of .*_spec.*spec"):
        catalogue.spec_path("nothing.yaml")
