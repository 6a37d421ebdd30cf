"""HTTP Archive 1.2, written and read: a run's own exchanges, and what a browser or a proxy recorded of anybody's.

What is written holds no keys. Fields of ours begin with an underscore, as the format asks; an archive without them is
read, too. Who asked with which key is not a matter of the format: `conformance.audit` finds it out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance import __version__
from conformance.model import Exchange, Request, Response
from conformance.redact import Redactor
from conformance.tables import TableError
from conformance.target import Target, TargetError, normal_url
from conformance.whole import write_text

Json = dict[str, Any]
_URL = re.compile(r"(?P<base>https?://[^?#]*?)(?P<path>/v1/messages(?P<below>/[^?#]*)?)(?P<query>\?[^#]*)?(?:#.*)?")


class HarError(TableError):
    """A file that is no archive, or holds nothing to judge; the message is one sentence."""


# -- writing -------------------------------------------------------------------------------------------------------


def entries(exchanges: Sequence[Exchange], target: Target, among_others: bool = False) -> list[Json]:
    """Exchanges as entries of an archive, keys replaced; on the clock of the wall where several processes make one."""
    redactor = Redactor(target)
    shift = exchanges[0].at - exchanges[0].began if among_others and exchanges else 0.0
    return [_entry(each, target.base_url, redactor, shift) for each in exchanges]


def write(path: Path, found: Iterable[Json]) -> None:
    """Write an archive of entries, in the order in which they began."""
    log = {
        "version": "1.2",
        "creator": {"name": "messages-conformance", "version": __version__},
        "entries": sorted(found, key=lambda each: float(each["_began"])),
    }
    try:
        write_text(path, json.dumps({"log": log}, indent=1) + "\n")
    except OSError as error:
        raise HarError(f"the archive cannot be written to {path}: {error.strerror}") from None


def _entry(exchange: Exchange, base_url: str, redactor: Redactor, shift: float) -> Json:
    took = round((exchange.ended - exchange.began) * 1000, 3)
    request = exchange.request
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.at, UTC).isoformat().replace("+00:00", "Z"),
        "time": took,
        "request": _asked(request, base_url, redactor),
        "response": _answered(exchange.response, redactor),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_began": exchange.began + shift,
        "_ended": exchange.ended + shift,
        "_number": exchange.number,
        "_credential": request.credential.value,
        "_tag": request.tag,
        "_facts": sorted(fact.name for fact in request.facts),
        **({"_trouble": exchange.trouble} if exchange.trouble else {}),
        **({"_echoed": True} if exchange.echoed_key else {}),
    }


def _asked(request: Request, base_url: str, redactor: Redactor) -> Json:
    body = redactor.body(request.body)
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    return {
        "method": request.method,
        "url": base_url + redactor.text(request.target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(request.headers, redactor),
        "queryString": _pairs(
            (name, redactor.text(value))
            for name, value in parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
        ),
        **({"postData": {"mimeType": kind, **_text(body, "_encoding")}} if body else {}),
        "headersSize": -1,
        "bodySize": len(body),
    }


def _answered(response: Response | None, redactor: Redactor) -> Json:
    """The answer; one that never came has the status 0, as browsers write it."""
    status = response.status if response else 0
    body = redactor.body(response.body) if response else b""
    return {
        "status": status,
        "statusText": HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(response.headers, redactor) if response else [],
        "content": {
            "size": len(body),
            "mimeType": (response.header("Content-Type") if response else None) or "",
            **_text(body, "encoding"),
        },
        "redirectURL": (response.header("Location") if response else None) or "",
        "headersSize": -1,
        "bodySize": len(body) if response else -1,
    }


def _headers(headers: Iterable[tuple[str, str]], redactor: Redactor) -> list[Json]:
    return _pairs((name, redactor.text(value)) for name, value in headers)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _text(body: bytes, encoding: str) -> Json:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), encoding: "base64"}


# -- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One entry of an archive that asks the API for something, bodies decoded. `answer` is None where none came."""

    base_url: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answer: tuple[int, tuple[tuple[str, str], ...], bytes] | None
    at: float
    seconds: float | None
    """How long it took; None where the recording does not say."""
    own: Mapping[str, Any]
    """The fields that begin with an underscore."""


def read(path: Path) -> tuple[list[Entry], dict[str, int]]:
    """The entries of a file whose path ends in /v1/messages or a message's, and how many were left out, by reason."""
    found: list[Entry] = []
    left_out: dict[str, int] = {}
    for each in _log(path):
        made = _read_entry(each)
        if isinstance(made, Entry):
            found.append(made)
        elif made:
            left_out[made] = left_out.get(made, 0) + 1
    return found, left_out


def _log(path: Path) -> Sequence[Any]:
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
        listed = document["log"]["entries"]
    except OSError as error:
        raise HarError(f"cannot read the archive {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise HarError(f"{path} is no complete JSON text ({error}): was the recording cut short?") from None
    except (KeyError, TypeError):
        listed = None
    if not isinstance(listed, list):
        raise HarError(f"{path} is JSON but no HTTP Archive: it has no log.entries; save the recording as HAR 1.2")
    return listed


def _read_entry(entry: Any) -> Entry | str:
    """The entry, or the reason why it is left out; an empty one where it asks for something else altogether."""
    request, response = _part(entry, "request"), _part(entry, "response")
    match = _URL.fullmatch(str(request.get("url") or ""))
    if match is None or ("/" in (match["below"] or "")[1:] and "_credential" not in entry):
        return ""  # what lies below a message is somebody's addition, unless it was this suite that asked for it
    if any(entry.get(name) for name in ("_fromCache", "_fetchedViaServiceWorker")) or response.get("status") == 304:
        return "answered from a cache"
    try:
        base_url = normal_url(re.sub("//[^/@]*@", "//", match["base"]))
    except TargetError:
        return ""
    at = _instant(entry.get("startedDateTime"))
    if at is None:
        return "without a time"
    asked, answered = _part(request, "postData"), _part(response, "content")
    body, given = _body(asked, "_encoding", request.get("bodySize")), _body(answered, "encoding", answered.get("size"))
    status = response.get("status")
    came = isinstance(status, int) and 100 <= status < 600
    if body is None or (came and given is None):
        return "without its body"
    return Entry(
        base_url=base_url,
        method=str(request.get("method") or "GET").upper(),
        target=match["path"] + (match["query"] or ""),
        headers=_with_type(_read_headers(request), asked),
        body=body,
        answer=(int(status or 0), _read_headers(response), given or b"") if came else None,
        at=at,
        seconds=_seconds(entry),
        own={name: value for name, value in entry.items() if name.startswith("_")},
    )


def _part(whole: Any, name: str) -> Json:
    part = whole.get(name) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}


def _instant(text: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _body(part: Json, encoding: str, size: Any) -> bytes | None:
    """The bytes of a body; None where there were some and the recording does not hold them."""
    text = part.get("text")
    if not isinstance(text, str):
        return None if isinstance(size, int) and size > 0 else b""
    if part.get(encoding) != "base64":
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None


def _read_headers(part: Json) -> tuple[tuple[str, str], ...]:
    listed = part.get("headers")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    pairs = ((str(each.get("name") or ""), str(each.get("value") or "")) for each in found)
    return tuple((name, value) for name, value in pairs if name and not name.startswith(":"))


def _with_type(headers: tuple[tuple[str, str], ...], asked: Json) -> tuple[tuple[str, str], ...]:
    """The headers, with the Content-Type that only the body's description tells."""
    kind = asked.get("mimeType")
    if not isinstance(kind, str) or not kind or any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return (*headers, ("Content-Type", kind))


def _seconds(entry: Json) -> float | None:
    """The seconds that an exchange took: the whole, or the sum of the phases that are told."""
    whole = _milliseconds(entry.get("time"))
    timings = _part(entry, "timings")
    phases = [_milliseconds(timings.get(name)) for name in ("blocked", "dns", "connect", "send", "wait", "receive")]
    return (whole or sum(phases)) / 1000 or None


def _milliseconds(value: Any) -> float:
    """A time; 0 where there is none, or a recorder says so by -1."""
    return max(0.0, float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
