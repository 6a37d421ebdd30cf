"""Recorded requests made ready to be sent again: with the keys that a recording withholds, without what no client sends."""

from __future__ import annotations

import base64
import json
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11

from conformance import har

KEYS = {
    "$MESSAGES_API_KEY": "api_key",
    "$PUBLISHABLE_KEY": "publishable_key",
    "$OTHER_ACCOUNT_KEY": "other_account_key",
}
HOP = {"host", "content-length", "transfer-encoding", "connection"}
"""Headers that each client writes by itself."""


@dataclass
class Material:
    """Requests in the order in which they were begun, and what was left out of the recording, by reason."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def told(self) -> str:
        """What was left out, in words."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.left_out.items()))
        return f"{sum(self.left_out.values())} left out" + (f": {reasons}" if reasons else "")

    def write(self, file: Path) -> None:
        """Keep the requests for a client in another process."""
        file.write_text(json.dumps(self.requests), encoding="utf-8")


def read(archive: Path, target: str) -> Material:
    """The requests of an archive; the keys that they were made with are those of the target file."""
    known = tomllib.loads(target)
    keys = {name: str(known[field]) for name, field in KEYS.items()}
    entries, skipped = har.read(archive)
    made = Material(left_out=Counter({f"recorded {reason}": count for reason, count in skipped.items()}))
    listed = json.loads(archive.read_text(encoding="utf-8-sig"))["log"]["entries"]
    if others := len(listed) - len(entries) - made.left_out.total():
        made.left_out["to other paths"] = others
    for entry in entries:
        request = _request(entry, keys)
        if reason := unsendable(request, entry.answer is not None):
            made.left_out[reason] += 1
        else:
            made.requests.append(request)
    return made


def _request(entry: har.Entry, keys: dict[str, str]) -> dict[str, Any]:
    body = entry.body
    for name, key in keys.items():
        body = body.replace(name.encode(), key.encode())
    pairs = [(name, _with_keys(value, keys)) for name, value in entry.headers if name.lower() not in HOP]
    return {
        "method": entry.method,
        "target": _with_keys(entry.target, keys),
        "headers": pairs,
        "body": base64.b64encode(body).decode(),
        "status": entry.answer[0] if entry.answer else 0,
    }


def _with_keys(text: str, keys: dict[str, str]) -> str:
    for name, key in keys.items():
        text = text.replace(name, key)
    return text


def unsendable(request: dict[str, Any], answered: bool) -> str:
    """Why an ordinary client does not send a request again; an empty word where it does."""
    if not answered:
        return "without an answer"
    try:
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in request["headers"]]
        h11.Request(method="GET", target="/", headers=[(b"host", b"x"), *headers])
    except (h11.LocalProtocolError, UnicodeEncodeError):
        return "with a header that no client writes"
    try:
        h11.Request(method=request["method"], target=request["target"], headers=[("host", "x")])
    except (h11.LocalProtocolError, UnicodeEncodeError):
        return "with a path of raw bytes"
    return ""
