"""Exchanges as evidence: what was asked, what came, and the curl line that repeats it. Keys were redacted before."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.model import Exchange, Request, Response, Violation
from conformance.run import Run

BODY = 4096
"""Bytes of a body that evidence shows."""
MOST = 12
SAMPLES = 500
"""Latencies of an operation that a report holds at most."""


def accused(run: Run, finding: Violation, started: float) -> dict[str, Any]:
    """A violation as reports tell it: what was expected, what came, the exchanges, and how to make it show again."""
    failure = run.failures.get(finding.requirement)
    if failure is not None and failure.failed:
        finding = failure.violation
    exchanges = [run.exchange(number) for number in finding.exchanges]
    made = failure.exchanges if failure is not None and failure.exchanges else finding.exchanges
    target, clean = run.client.target, run.client.redactor.clean
    return {
        "requirement": finding.requirement,
        "expected": clean(finding.expected),
        "got": clean(finding.got),
        "evidence": clean(evidence(exchanges, target.base_url, started)),
        "steps": clean(failure.steps) if failure else [],
        "program": failure.program if failure else [],
        "kind": failure.kind if failure else "",
        "flaky": f"{failure.failed} of {failure.tried}" if failure and failure.failed != failure.tried else "",
        "conversation": run.scene.main.id if run.has_scene else "",
        "consistency": target.terms.consistency_seconds,
        "replay": clean(replay([run.exchange(number) for number in made])),
    }


def evidence(exchanges: Sequence[Exchange], base_url: str, started: float) -> list[dict[str, Any]]:
    """The exchanges as the report shows them: all where they are few, the first and the last of many."""
    shown = exchanges if len(exchanges) <= MOST else [*exchanges[:4], *exchanges[4 - MOST :]]
    return [_one(each, base_url, started) for each in shown]


def _one(exchange: Exchange, base_url: str, started: float) -> dict[str, Any]:
    request = exchange.request
    body, cut = _text(request.body)
    return {
        "request": {
            "method": request.method,
            "url": base_url + request.target,
            "headers": [list(pair) for pair in request.headers],
            "body": body if request.body else None,
            **({"truncated": True} if cut else {}),
        },
        "response": _response(exchange, exchange.response) if exchange.response else None,
        "trouble": exchange.trouble,
        "curl": curl(request, base_url),
        "began_ms": round(max(0.0, exchange.began - started) * 1000, 1),
    }


def _response(exchange: Exchange, response: Response) -> dict[str, Any]:
    body, cut = _text(response.body)
    return {
        "status": response.status,
        "headers": [list(pair) for pair in response.headers],
        "body": body,
        **({"truncated": True} if cut else {}),
        "elapsed_ms": round((exchange.ended - exchange.began) * 1000, 2),
        "bytes": len(response.body),
        **({"ids": ids} if (ids := _ids(response)) else {}),
    }


def _ids(response: Response, most: int = 200) -> list[str]:
    """The ids of a list's items, which tell one page from another where the bodies are long."""
    body = response.json if len(response.body) < 200_000 else None
    items = body.get("data") if isinstance(body, dict) else None
    named = (item.get("id") for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
    return [name[:80] for name in named if isinstance(name, str)][:most]


def _text(body: bytes) -> tuple[str, bool]:
    return body[:BODY].decode("utf-8", "replace"), len(body) > BODY


def curl(request: Request, base_url: str) -> str:
    """A shell line that repeats the request; the key is the variable MESSAGES_API_KEY, all else is quoted."""
    words = ["curl", "-sS", "-i"]
    if request.method == "HEAD":
        words[-1] = "-I"
    elif request.method != "GET":
        words += ["-X", request.method]
    url = base_url + request.target
    words += ["-g"] if set(url) & set("[]{}") else []  # which curl would take for a range or a set of URLs
    words.append(shlex.quote(url))
    for name, value in request.headers:
        words += ["-H", _header(name, value)]
    if request.body and not any(name.lower() == "content-type" for name, _ in request.headers):
        words += ["-H", "Content-Type:"]  # curl would send one of its own
    if request.body and not _is_text(request.body):
        return f"printf '{_octal(request.body)}' | {' '.join(words)} --data-binary @-"
    return " ".join([*words, "--data-raw", shlex.quote(request.body.decode())] if request.body else words)


def _header(name: str, value: str) -> str:
    for variable in ("$MESSAGES_API_KEY", "$PUBLISHABLE_KEY", "$OTHER_ACCOUNT_KEY"):
        if value == f"Bearer {variable}":
            return f'"{name}: Bearer {variable}"'
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def _is_text(body: bytes) -> bool:
    try:
        return body.decode("utf-8").replace("\n", "").isprintable()
    except UnicodeDecodeError:
        return False


def _octal(body: bytes) -> str:
    """Bytes as the format of a printf, which every shell has."""
    return "".join(chr(each) if 32 <= each < 127 and each not in b"'\\%" else f"\\{each:03o}" for each in body)


def replay(exchanges: Sequence[Exchange], most: int = 60) -> list[dict[str, Any]]:
    """The requests of a finding, whole, with what the answers named: what a script needs to make them again."""
    return [
        {
            "method": each.request.method,
            "target": each.request.target,
            "headers": [list(pair) for pair in each.request.headers],
            "body": each.request.body.decode("latin-1"),
            "credential": each.request.credential.value,
            "began": each.began,
            "ended": each.ended,
            "status": each.response.status if each.response else None,
            "json": each.response.json if each.response and len(each.response.body) < 200_000 else None,
        }
        for each in exchanges[-most:]
    ]


def latencies(exchanges: Iterable[tuple[str, Exchange]]) -> dict[str, list[float]]:
    """Milliseconds that answers took, by operation; an even sample where there were many."""
    found: dict[str, list[float]] = {}
    for operation, each in exchanges:
        if each.response is not None:
            found.setdefault(operation, []).append(round((each.ended - each.began) * 1000, 2))
    return {name: sample(times) for name, times in found.items()}


def pooled(parts: Iterable[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """The latencies of several processes or shards as those of one run."""
    found: dict[str, list[float]] = {}
    for part in parts:
        for name, times in part.items():
            found.setdefault(name, []).extend(times)
    return {name: sample(times) for name, times in found.items()}


def sample(values: Sequence[float], most: int = SAMPLES) -> list[float]:
    """At most so many of the values, evenly spread over all of them."""
    step = max(1.0, len(values) / most)
    return [values[int(at * step)] for at in range(min(len(values), most))]
