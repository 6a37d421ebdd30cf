"""Addresses of what a requirement's source cites: of RFCs, of CWE entries, and those that it spells out.

The documentation's pages are cited by page and section, for they have no public address to link to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_CITED = re.compile(
    r"RFC (?P<rfc>[0-9]+)(?: §(?P<first>[0-9]+(?:\.[0-9]+)*))?|§(?P<next>[0-9]+(?:\.[0-9]+)*)|CWE-(?P<cwe>[0-9]+)"
    r"|(?P<address>https?://[\w.-]+(?::[0-9]+)?(?:/[\w.~/%#?=&+-]*)?)",
    re.ASCII,
)


class Part(NamedTuple):
    """A piece of a source: its text, and where it leads with the name of that place, if anywhere."""

    text: str
    name: str = ""
    url: str = ""


def parts(source: str) -> Iterator[Part]:
    """The source piece by piece; the texts together are the source."""
    end, rfc = 0, ""
    for found in _CITED.finditer(source):
        between = source[end : found.start()]
        rfc = found["rfc"] or ("" if ";" in between else rfc)
        if between:
            yield Part(between)
        yield Part(found[0], *_place(found, rfc))
        end = found.end()
    if source[end:]:
        yield Part(source[end:])


def cited(source: str) -> list[tuple[str, str]]:
    """The names and addresses of the places that a source cites, each once."""
    return list(dict.fromkeys((part.name, part.url) for part in parts(source) if part.url))


def _place(found: re.Match[str], rfc: str) -> tuple[str, str]:
    if found["address"]:
        return found["address"], found["address"]
    if found["cwe"]:
        return found[0], f"https://cwe.mitre.org/data/definitions/{found['cwe']}.html"
    if not rfc:  # a section of a page that has no address
        return "", ""
    section = found["first"] or found["next"]
    url = f"https://www.rfc-editor.org/rfc/rfc{rfc}"
    return (f"RFC {rfc} §{section}", f"{url}#section-{section}") if section else (f"RFC {rfc}", url)
