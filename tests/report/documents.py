"""Report documents to test with, made up from the catalogue: conformant, faulty, partial, interrupted, hostile."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import Any

from conformance.report.document import conclude, summarise

CATALOGUE = Path(__file__).resolve().parents[2] / "spec" / "requirements.toml"
UNSEEN: dict[str, Any] = {"decisive": 0, "evidence": []}
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> \"'`&amp; {{7*7}} {% raw %} "
    "\x1b[31mred\x07 \u202egnp.exe\u202c \u2066iso\u2069 \u200bzero\ufeff\x00nul \ud800 @everyone #1 "
    "::error::x ##[error]y |pipe| [a](javascript:alert(1)) </style></title>\r\n::set-output name=a::b"
)


def conformant(base_url: str = "https://api.example.com") -> dict[str, Any]:
    """A standard run of a correct target: everything passed, save what it offered no key for."""
    dice = random.Random(7)
    rows = [_row(entry, number, dice) for number, entry in enumerate(_entries())]
    for row in rows:
        if row["needs"]:
            row.update(outcome="not_exercised", reason=f"The target declares no {row['needs'][0]}.", **UNSEEN)
    return settle(
        {
            "format": 1,
            "suite": {"name": "messages-conformance", "version": "0.1.0", "spec": "1.0"},
            "target": {
                "base_url": base_url,
                "conversations": [{"id": "conv_8xk2m", "channel": "whatsapp", "outcome": "read"}, {"id": "conv_mail1"}],
            },
            "started_at": "2025-06-15T14:30:00.250Z",
            "duration_s": 4.81,
            "seed": 20250615,
            "profile": "standard",
            "requests": 412,
            "partial": False,
            "interrupted": False,
            "strict": False,
            "requirements": rows,
            "choices": _choices(),
            "latency": {
                name: [round(dice.lognormvariate(middle, 0.45), 3) for _ in range(count)]
                for name, middle, count in (("send", 2.6, 160), ("list", 2.1, 200), ("retrieve", 1.2, 90))
            },
            "transitions": [
                {"from": "queued", "to": "sent", "count": 31, "allowed": True},
                {"from": "sent", "to": "delivered", "count": 24, "allowed": True},
                {"from": "delivered", "to": "read", "count": 12, "allowed": True},
                {"from": "queued", "to": "delivered", "count": 4, "allowed": True},
                {"from": "sent", "to": "failed", "count": 3, "allowed": True},
            ],
            "walks": [_walk(25, 10), _walk(12, 5), _walk(6, 2), *[_walk(9, size) for size in range(1, 9)]],
            "environment": {"python": "3.11.7", "platform": "Linux", "packages": {"httpx": "0.28.1"}},
        }
    )


def faulty(base_url: str = "http://127.0.0.1:8000") -> dict[str, Any]:
    """A run of a target that skips a message at a page boundary and lets a status go back."""
    document = conformant(base_url)
    _fail(
        document,
        "PAGE-07",
        "of 8 messages created within one second, 2 came twice and 1 never came.",
        "each of the 8 messages once:\nmsg_000001, msg_000002, msg_000003, msg_000004, msg_000005",
        "msg_000001, msg_000002, msg_000002, msg_000003, msg_000005",
        6,
    )
    _fail(
        document,
        "STAT-02",
        "expected a message that was delivered to be delivered or read, got sent.",
        '{"id": "msg_000041", "status": "delivered"}',
        '{"id": "msg_000041", "status": "sent"}',
        3,
    )
    _fail(
        document, "ERR-02", "expected one of the six error types, got oops.", '"type": "not_found"', '"type": "oops"', 1
    )
    _fail(document, "LIST-05-S", "expected 400 or 422, got 200.", "400 or 422", "200", 1)
    by_id(document, "CONC-01").update(outcome="inconclusive", reason="The request budget was spent.", **UNSEEN)
    by_id(document, "PAGE-07")["repro"] = ["repro/PAGE-07.py", "repro/PAGE-07.json"]
    by_id(document, "SEND-11").update(outcome="failed", known=True, reason="expected the body as sent, got it trimmed.")
    document["transitions"] += [
        {"from": "delivered", "to": "sent", "count": 2, "allowed": False},
        {"from": "read", "to": "failed", "count": 1, "allowed": False},
    ]
    document["walks"].insert(1, _broken_walk())
    return settle(document)


def partial() -> dict[str, Any]:
    """A run of one chapter alone."""
    document = conformant()
    for row in document["requirements"]:
        if not row["id"].startswith("PAGE"):
            row.update(outcome="inconclusive", reason="not selected in this run.", **UNSEEN)
    return settle({**document, "partial": True, "walks": [], "transitions": [], "latency": {}})


def interrupted() -> dict[str, Any]:
    """A run that was stopped half way."""
    document = conformant()
    for row in document["requirements"][40:]:
        row.update(outcome="inconclusive", reason="The run was interrupted before this was judged.", **UNSEEN)
    return settle({**document, "interrupted": True})


def hostile() -> dict[str, Any]:
    """A run of a target that wants the readers of its report to come to harm."""
    document = faulty(f"http://evil.example/{HOSTILE}")
    for row in document["requirements"][:6]:
        row.update(outcome="failed", reason=HOSTILE, expected=HOSTILE, got=f"{HOSTILE} got", title=HOSTILE)
        row.update(
            text=HOSTILE,
            source=HOSTILE,
            judged=HOSTILE,
            needs=[HOSTILE],
            repro=[HOSTILE],
            evidence=[_hostile_exchange()],
        )
    document["requirements"][6]["evidence"] = [_megabytes()] * 3
    document["requirements"][7]["source"] = "javascript:alert(1)"
    document["requirements"][8]["chapter"] = HOSTILE
    document["choices"].append({"id": "SEND-01", "question": HOSTILE, "observed": HOSTILE})
    document["transitions"].append({"from": HOSTILE, "to": "sent", "count": 1, "allowed": False})
    document["latency"][HOSTILE] = [1.0, 2.0]
    document["walks"].append(
        {
            "filters": {HOSTILE: HOSTILE},
            "pages": [{"cursor": HOSTILE, "limit": HOSTILE, "ids": [HOSTILE, HOSTILE], "has_more": None}],
            "repeated": [HOSTILE],
            "lost": [HOSTILE],
        }
    )
    document["environment"]["packages"][HOSTILE] = HOSTILE
    document["profile"] = HOSTILE
    document["suite"]["version"] = HOSTILE
    return settle(document)


def settle(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the summary and the verdict that its requirements amount to."""
    strict, stopped = bool(document["strict"]), bool(document["interrupted"])
    verdict, reason = conclude(document["requirements"], strict=strict, interrupted=stopped)
    return {**document, "verdict": verdict, "verdict_reason": reason, "summary": summarise(document["requirements"])}


def by_id(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The row of one requirement."""
    return next(row for row in document["requirements"] if row["id"] == name)


def _entries() -> list[dict[str, Any]]:
    chapters = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return [entry for entry in chapters["requirement"] if not entry.get("excluded")]


def _row(entry: dict[str, Any], number: int, dice: random.Random) -> dict[str, Any]:
    folded = {name: " ".join(value.split()) for name, value in entry.items() if isinstance(value, str)}
    return {
        "id": entry["id"],
        "level": entry["level"],
        "chapter": folded.get("chapter", ""),
        "title": folded.get("title", entry["id"]),
        "text": folded.get("text", ""),
        "source": folded.get("source", ""),
        "needs": list(entry.get("needs", [])),
        "judged": folded.get("judged", ""),
        "outcome": "passed",
        "reason": "",
        "expected": "",
        "got": "",
        "decisive": dice.randint(1, 40),
        "seconds": round(dice.random() / 4, 4),
        "evidence": [exchange(number * 10 + turn, began=number * 41.5 + turn * 9.0) for turn in range(4)],
    }


def exchange(number: int, began: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A send and its answer, as evidence."""
    sent: dict[str, Any] = {"conversation_id": "conv_8xk2m", "body": "Hi! Your order #1042 has been shipped 🚚"}
    sent["metadata"] = {"n": number}
    came = {"id": f"msg_{number:06}", "object": "message", **sent, "type": "text", "direction": "outbound"}
    came |= {"channel": "whatsapp", "status": "sent", "created_at": "2025-06-15T14:30:00Z"}
    body, answer = json.dumps(sent, ensure_ascii=False), json.dumps(came, ensure_ascii=False)
    url = "http://127.0.0.1:8000/v1/messages"
    return {
        "request": {
            "method": "POST",
            "url": url,
            "headers": [["Authorization", "Bearer ‹redacted›"], ["Content-Type", "application/json"]],
            "body": body,
        },
        "response": {
            "status": 201,
            "headers": [["content-type", "application/json"], ["server", "uvicorn"]],
            "body": answer,
            "elapsed_ms": 3.4 + number % 7,
            "bytes": len(answer.encode()),
        },
        "trouble": None,
        "curl": f'curl -sS -X POST {url} -H "Authorization: Bearer $MESSAGES_API_KEY" \\\n'
        f"  -H 'Content-Type: application/json' \\\n  --data-raw '{body}'",
        "began_ms": began,
        **changes,
    }


def _fail(document: dict[str, Any], name: str, reason: str, expected: str, got: str, count: int) -> None:
    row = by_id(document, name)
    evidence = [exchange(700 + turn, began=900 + turn * 12.0) for turn in range(count)]
    if count > 2:
        for turn, item in enumerate(evidence[1:], 1):
            item["request"] |= {
                "method": "GET",
                "url": f"http://127.0.0.1:8000/v1/messages?limit=2&starting_after=msg_{turn:06}",
            }
            item["request"]["body"] = None
            item["response"]["status"] = 200
        evidence[1]["response"] = None
        evidence[1]["trouble"] = "The connection was closed before an answer came."
        evidence[-1]["note"] = "msg_000002 stood on the page before already."
    row.update(outcome="failed", reason=reason, expected=expected, got=got, evidence=evidence)
    row["warning"] = row["level"] == "SHOULD"


def _choices() -> list[dict[str, str]]:
    return [
        {"id": "SEND-01", "question": "status of an accepted send", "observed": "201"},
        {"id": "SEND-05", "question": "an empty body", "observed": "refused with 422"},
        {"id": "PAGE-09", "question": "order of lists", "observed": "newest first"},
        {"id": "LIST-06", "question": "list of an unknown conversation", "observed": "200 with an empty list"},
    ]


def _walk(count: int, limit: int) -> dict[str, Any]:
    ids = [f"msg_{number:06}" for number in range(count)]
    pages = [ids[start : start + limit] for start in range(0, count, limit)]
    return {
        "filters": {"conversation_id": "conv_8xk2m"},
        "pages": [
            {"cursor": pages[at - 1][-1] if at else None, "limit": limit, "ids": page, "has_more": at + 1 < len(pages)}
            for at, page in enumerate(pages)
        ],
        "repeated": [],
        "lost": [],
    }


def _broken_walk() -> dict[str, Any]:
    walk = _walk(8, 3)
    walk["pages"][1]["ids"][0] = walk["pages"][0]["ids"][-1]
    return {**walk, "repeated": ["msg_000002"], "lost": ["msg_000003"], "filters": {"direction": "outbound"}}


def _hostile_exchange() -> dict[str, Any]:
    made = exchange(1, curl=HOSTILE, note=HOSTILE)
    made["request"] = {"method": HOSTILE, "url": HOSTILE, "headers": [[HOSTILE, HOSTILE]], "body": HOSTILE}
    made["response"] |= {"headers": [[HOSTILE, HOSTILE]], "body": json.dumps({HOSTILE: HOSTILE}, ensure_ascii=False)}
    return made


def _megabytes() -> dict[str, Any]:
    made = exchange(2, curl="curl " + "\x1b" * 1_000_000)
    made["response"] |= {"body": "<&\u202e" * 700_000, "headers": [["x", "\x01" * 100_000]] * 10}
    return made
