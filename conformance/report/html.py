"""The report as one page: no request to anywhere, nothing of the target's that could act, all of it readable."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.report import view
from conformance.report.document import Document, check
from conformance.report.text import visible

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_DOT = {"passed": "%23146b3f", "failed": "%23b3261e", "inconclusive": "%235b4bb3", "not_exercised": "%23667079"}


def render(document: Document) -> str:
    """The whole page of one report."""
    return fill("index.html.j2", **view.page(check(document)))


def fill(template: str, **values: Any) -> str:
    """A template of ours as a page, with its style and script inside and a policy that admits these two alone."""
    style, script = _asset("style.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    icon = icon_of(str(values.get("mark", "inconclusive")))
    return page.render(style=Markup(style), script=Markup(script), policy=policy, icon=icon, **values)


def icon_of(mark: str) -> str:
    """A dot in the verdict's colour, as a data address."""
    dot = f"%3Ccircle cx='8' cy='8' r='7' fill='{_DOT.get(mark, _DOT['inconclusive'])}'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E{dot}%3C/svg%3E"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(visible=visible, ms=_milliseconds)
    return made


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 10 or not value else f"{value:.1f} ms"


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
