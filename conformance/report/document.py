"""The report document: read, checked, summed up, written. It is the only input of every other form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from conformance.model import Level, Outcome, Verdict
from conformance.verdict import Row as Row
from conformance.verdict import conclude as conclude
from conformance.verdict import gates as gates
from conformance.verdict import selected as selected
from conformance.whole import write_text as write_text

FORMAT = 1
NAME = "report.json"
Document = dict[str, Any]

_CHAPTERS = {
    "AUTH": "Authentication",
    "SEND": "Send",
    "GET": "Retrieve",
    "LIST": "List",
    "PAGE": "Pagination",
    "STAT": "Statuses",
    "ERR": "Errors",
    "HTTP": "HTTP",
    "CONC": "Concurrency",
}


class ReportError(Exception):
    """A file that cannot be taken for a report, or reports that do not go together; the text is one sentence."""


def locate(path: str | Path) -> Path:
    """The report file that a path means: the file itself, or the `report.json` of a folder."""
    place = Path(path)
    return place / NAME if place.is_dir() else place


def read(path: str | Path) -> Document:
    """The document of a report file or folder; `ReportError` says in one sentence why there is none."""
    place = locate(path)
    try:
        data = place.read_bytes()
    except FileNotFoundError:
        raise ReportError(f"{place} does not exist.") from None
    except OSError as error:
        raise ReportError(f"{place} cannot be read: {error.strerror}.") from None
    return check(_parse(data, place), place)


def write(path: str | Path, document: Document) -> Path:
    """Writes a document, whole or not at all, once it is found valid; tells where."""
    place = locate(path)
    check(document, place)
    write_text(place, text(document))
    return place


def text(document: Document) -> str:
    """The document as a JSON text in which every character is ASCII, so that nothing in it can reorder or hide."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def check(document: object, place: str | Path = "the document") -> Document:
    """The document itself if it is a report by the published schema; `ReportError` says where it is none."""
    if not isinstance(document, dict) or "format" not in document or "requirements" not in document:
        raise ReportError(f"{place} is JSON, but no report of messages-conformance.")
    if document["format"] != FORMAT or document["format"] is True:
        shown = _short(document["format"])
        raise ReportError(f"{place} is a report of format {shown}; this version reads format {FORMAT}.")
    error = next(_validator().iter_errors(_encodable(document)), None)
    if error is not None:
        where = "/".join(str(step) for step in error.instance_path) or "its top"
        raise ReportError(f"{place} is no valid report: at {where}, {_short(error.message)}.")
    return _unique(document, place)


def summarise(requirements: Iterable[Row]) -> dict[str, dict[str, int]]:
    """How many requirements of each level came to each outcome."""
    counts = {level.value: {outcome.value: 0 for outcome in Outcome} for level in Level}
    for row in requirements:
        counts[row["level"]][row["outcome"]] += 1
    return counts


def verdict_of(document: Document) -> tuple[str, str]:
    """The document's verdict and reason; where it calls a target conformant and its own rows do not, what they say."""
    stated = str(document["verdict"])
    derived, why = conclude(
        document["requirements"],
        strict=bool(document.get("strict")),
        interrupted=bool(document.get("interrupted")),
    )
    if stated == Verdict.CONFORMANT.value and derived != stated:
        return derived, f"The file says conformant, its own requirements do not. {why}"
    return stated, str(document.get("verdict_reason") or (why if derived == stated else ""))


def kind(row: Row, strict: bool = False) -> str:
    """How a row is shown: its outcome, save that a failed SHOULD is a warning where it does not gate."""
    if row["outcome"] == "failed" and row["level"] == "SHOULD" and not strict:
        return "warning"
    return str(row["outcome"])


def chapter(row: Row) -> str:
    """The chapter that a requirement belongs to; by its id where the document does not say."""
    prefix = str(row["id"]).split("-")[0]
    return str(row.get("chapter") or _CHAPTERS.get(prefix, prefix))


@cache
def _validator() -> Any:
    import jsonschema_rs  # 30 ms that only those pay who read a report

    return jsonschema_rs.validator_for(json.loads(_schema_path().read_bytes()), validate_formats=True)


def _schema_path() -> Path:
    package = Path(__file__).resolve().parent.parent
    installed = package / "_spec" / "report.schema.json"
    return installed if installed.exists() else package.parent / "spec" / "report.schema.json"


def _parse(data: bytes, place: Path) -> object:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ReportError(f"{place} is no report: it is not a UTF-8 text.") from None
    except RecursionError:
        raise ReportError(f"{place} is no report: it is nested too deeply.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ReportError(f"{place} is no complete JSON text ({error.msg} at {where}); was it cut short?") from None
    except ValueError as error:
        raise ReportError(f"{place} is no JSON text: {error}.") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _encodable(document: Document) -> Any:
    # A lone surrogate is a legal JSON escape but no UTF-8; what the schema asks does not depend on it.
    try:
        return json.loads(json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))
    except (TypeError, ValueError) as error:
        raise ReportError(f"the document cannot be written as JSON: {error}.") from None


def _unique(document: Document, place: str | Path) -> Document:
    ids = [row["id"] for row in document["requirements"]]
    if len(set(ids)) != len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise ReportError(f"{place} is no valid report: it holds the requirement {twice} twice.")
    return document


def _short(value: object, limit: int = 160) -> str:
    text = " ".join(str(value).split()).rstrip(".")
    text = "".join(char if char.isprintable() else "·" for char in text)
    return text if len(text) <= limit else f"{text[:limit]}…"
