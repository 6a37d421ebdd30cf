"""Sources lead to where they say: RFCs by section, CWE entries, addresses; a page without an address leads nowhere."""

from __future__ import annotations

import pytest

from conformance import catalogue
from conformance.report.links import cited, parts

RFC = "https://www.rfc-editor.org/rfc/rfc"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Messages page; RFC 9110 §15.5.6", [("RFC 9110 §15.5.6", f"{RFC}9110#section-15.5.6")]),
        (
            "RFC 8259 §4, §8.1.",
            [("RFC 8259 §4", f"{RFC}8259#section-4"), ("RFC 8259 §8.1", f"{RFC}8259#section-8.1")],
        ),
        ("RFC 3339", [("RFC 3339", f"{RFC}3339")]),
        ("RFC 3339; Errors page §2", [("RFC 3339", f"{RFC}3339")]),
        ("CWE-209, by convention", [("CWE-209", "https://cwe.mitre.org/data/definitions/209.html")]),
        ("see https://docs.example.com/x; and more", [("https://docs.example.com/x",) * 2]),
        ("Errors page §2", []),
        ('javascript:alert(1) "https://"', []),
    ],
)
def test_sources_lead_to_where_they_say(source: str, found: list[tuple[str, str]]) -> None:
    assert cited(source) == found
    assert "".join(part.text for part in parts(source)) == source


def test_every_rfc_that_the_catalogue_cites_is_linked() -> None:
    for each in catalogue.load().values():
        assert "RFC" not in "".join(part.text for part in parts(each.source) if not part.url)
