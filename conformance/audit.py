"""Judges traffic that somebody else recorded: the same judges, no request of ours, and no more said than was seen.

A requirement that the recording could not show is not exercised. So an audit finds a target not conformant, or says
that nothing broken was seen; it calls one conformant only where everything was shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from conformance import catalogue, har
from conformance.baseline import Baseline
from conformance.har import Entry, HarError
from conformance.model import Choice, Credential, Exchange, Fact, Observation, Request, Response, Violation
from conformance.noted import noted
from conformance.redact import Redactor
from conformance.report import assemble
from conformance.report.document import Document, conclude, summarise
from conformance.report.evidence import evidence, replay
from conformance.run import Plan, Run
from conformance.target import Target, normal_url, read
from conformance.verdict import Deed, Tally
from conformance.wire import NotJson, parse_json

NOT_SHOWN = "the recording does not show it"
PROFILE = "audit"
Audit = tuple[Document, list[dict[str, Any]]]
_SECRET_HEADERS = ("cookie", "set-cookie", "proxy-authorization", "x-api-key", "api-key")
_PLACEHOLDER = re.compile(r"\$[A-Z_]+|<.*>")


@dataclass(frozen=True)
class Recording:
    """What an archive holds of one API: its exchanges, in the order in which they ended."""

    base_url: str
    exchanges: tuple[Exchange, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def audit(
    file: Path,
    base_url: str | None = None,
    target: str | None = None,
    strict: bool = False,
    known: Baseline | None = None,
) -> Audit:
    """The report document of a recording and the findings behind it; `TableError` says why there is none."""
    described = read(Path(target)) if target else Target(base_url="")
    recording = load(file, base_url, described)
    described = replace(described, base_url=recording.base_url)
    return judged(recording, described, Plan(profile=PROFILE, strict=strict), known or Baseline())


def load(file: Path, base_url: str | None, target: Target) -> Recording:
    """The exchanges of an archive with the API at a base URL: the one given, the target's, or the commonest."""
    entries, left_out = har.read(file)
    bases = Counter(each.base_url for each in entries)
    wanted = normal_url(base_url) if base_url else normal_url(target.base_url) if target.base_url in bases else ""
    if not bases:
        told = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise HarError(f"{file} holds no request to /v1/messages that could be judged" + (f" ({told})" if told else ""))
    if wanted and wanted not in bases:
        raise HarError(f"{file} holds no request to {wanted}/v1/messages; there are some to {', '.join(bases)}")
    chosen = wanted or bases.most_common(1)[0][0]
    ours = [each for each in entries if each.base_url == chosen]
    return Recording(chosen, exchanges_of(ours, target), left_out)


def judged(recording: Recording, target: Target, plan: Plan, known: Baseline) -> Audit:
    """The document of what the judges find in a recording."""
    run = Run(target, plan)
    for each in recording.exchanges:
        run.history.append(each)
    tally = Tally(catalogue.load())
    deed = _deed(run, list(tally.catalogue), target)
    tally.add(deed)
    run.client.close()
    began, ended = recording.exchanges[0], max(each.ended for each in recording.exchanges)
    seconds = ended - min(each.began for each in recording.exchanges)
    document = assemble.document(tally, target, plan, began.at, seconds, [noted(run)])
    if recording.left_out:
        document["x-left-out"] = dict(recording.left_out)
    if known.file:
        today = date.today()
        known.mark(document["requirements"], today)
        # A requirement that passes in a recording may be broken elsewhere: the entry is not called out of date for it.
        document["x-baseline"] = {"listed": known.listed, "problems": known.problems(tally.catalogue, today)}
    return _no_more_than_shown(document, plan.strict), deed.violations


def _deed(run: Run, ids: list[str], target: Target) -> Deed:
    """All that the judges find, as one deed that puts every requirement to the test."""
    deed = Deed(ids)
    started = min((each.began for each in run.history), default=0.0)
    for finding in run.take():
        if isinstance(finding, Observation):
            deed.observed[finding.requirement] = deed.observed.get(finding.requirement, 0) + finding.count
        elif isinstance(finding, Choice):
            if (choice := (finding.id, finding.question, finding.observed)) not in deed.choices:
                deed.choices.append(choice)
        elif finding.requirement not in [each["requirement"] for each in deed.violations]:
            deed.violations.append(_violation(run, finding, target.base_url, started))
    return deed


def _violation(run: Run, finding: Violation, base_url: str, started: float) -> dict[str, Any]:
    exchanges = [run.exchange(number) for number in finding.exchanges]
    return {
        "requirement": finding.requirement,
        "expected": finding.expected,
        "got": finding.got,
        "evidence": evidence(exchanges, base_url, started),
        "steps": [],
        "program": [],
        "kind": "",
        "flaky": "",
        "replay": replay(exchanges),
    }


def _no_more_than_shown(document: Document, strict: bool) -> Document:
    """The document in which what was not shown is not exercised, and nothing is concluded from it."""
    rows = document["requirements"]
    for row in rows:
        if row["outcome"] not in ("passed", "failed"):
            row["outcome"], row["reason"] = "not_exercised", NOT_SHOWN
    said, reason = conclude(rows, strict=strict)
    hidden = [row["id"] for row in rows if row["level"] == "MUST" and row["outcome"] == "not_exercised"]
    if said == "conformant" and hidden:
        shown = sum(row["level"] == "MUST" and row["outcome"] == "passed" for row in rows)
        said = "inconclusive"
        reason = f"Nothing broken was seen in {shown} MUST requirements; {len(hidden)} the recording does not show."
    return {**document, "verdict": said, "verdict_reason": reason, "summary": summarise(rows)}


# -- entries understood --------------------------------------------------------------------------------------------


def exchanges_of(entries: Sequence[Entry], target: Target) -> tuple[Exchange, ...]:
    """Entries as exchanges in the order in which they ended: who asked, how long it took, keys replaced."""
    entries = sorted(entries, key=lambda each: each.at)
    secrets = _Secrets(entries, target)
    times = _times(entries)
    made = [_exchange(each, number, *times[number - 1], secrets) for number, each in enumerate(entries, 1)]
    return tuple(sorted(made, key=lambda each: each.ended))


def _times(entries: Sequence[Entry]) -> list[tuple[float, float]]:
    """When each entry began and ended.

    Where a duration is missing, no more is taken for granted than that the answer came within the longest that is
    told; where none is told at all, one request is taken to have waited for the one before it.
    """
    if all("_began" in each.own and "_ended" in each.own for each in entries):
        return [(float(each.own["_began"]), float(each.own["_ended"])) for each in entries]
    told = [each.seconds for each in entries if each.seconds is not None]
    following = [each.at for each in entries[1:]] + [entries[-1].at]
    if not told:
        return [(each.at, after) for each, after in zip(entries, following, strict=True)]
    return [(each.at, each.at + (max(told) if each.seconds is None else each.seconds)) for each in entries]


class _Secrets:
    """The keys in a recording: which is whose, and what stands for them in all that is written."""

    def __init__(self, entries: Sequence[Entry], target: Target) -> None:
        self._target = target
        foreign = [each for each in entries if each.own.get("_credential") != Credential.INVALID.value]
        tokens = {token for each in foreign if (token := _token(each)) and _is_secret(token)}
        others = sorted(tokens - set(target.secrets), key=len, reverse=True)
        self._redactors = [Redactor(target), *(Redactor(Target("", api_key=each)) for each in others)]
        self._anonymous = not any(map(_token, entries))
        """Whether no request carries a key: recorders leave them out, and then nothing follows from that."""

    def text(self, text: str) -> str:
        for each in self._redactors:
            text = each.text(text)
        return text

    def body(self, body: bytes) -> bytes:
        for each in self._redactors:
            body = each.body(body)
        return body

    def echoed(self, entry: Entry) -> bool:
        """Whether the answer repeats the request's key."""
        token = _token(entry)
        if "_credential" in entry.own or not token or entry.answer is None:
            return bool(entry.own.get("_echoed"))
        _, headers, body = entry.answer
        return self._redactors[0].found(list(headers), body, token)

    def credential(self, entry: Entry) -> Credential:
        """Whose key a request carried: a key that is let in is taken for the account's."""
        own = entry.own.get("_credential")
        if own in [each.value for each in Credential]:
            return Credential(own)
        token = _token(entry)
        if entry.answer is not None and entry.answer[0] == 401:
            return Credential.INVALID if token else Credential.NONE
        if token and token == self._target.other_account_key:
            return Credential.OTHER_ACCOUNT
        if token.startswith("pk_") or (token and token == self._target.publishable_key):
            return Credential.PUBLISHABLE
        by_other_means = self._anonymous or any(name.lower() in _SECRET_HEADERS for name, _ in entry.headers)
        return Credential.KEY if token or by_other_means else Credential.NONE

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The headers without keys, cookies and the like."""
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        if name in _SECRET_HEADERS:
            return "<removed>"
        text = self.text(value)
        scheme, _, token = text.partition(" ")
        unknown = name == "authorization" and token and not _PLACEHOLDER.fullmatch(token) and _is_secret(token)
        return f"{scheme} <removed>" if unknown else text


def _token(entry: Entry) -> str:
    """The credential in a request's Authorization header, its scheme aside; empty where there is none."""
    value = next((value for name, value in entry.headers if name.lower() == "authorization"), "")
    return value.strip().rpartition(" ")[2]


def _is_secret(token: str) -> bool:
    """Whether a credential is to be looked for in bodies, too: not a word that may stand anywhere."""
    return not _PLACEHOLDER.fullmatch(token) and (len(token) >= 12 or token.startswith(("sk_", "pk_")))


def _exchange(entry: Entry, number: int, began: float, ended: float, secrets: _Secrets) -> Exchange:
    request = Request(
        method=entry.method,
        target=secrets.text(entry.target),
        headers=secrets.headers(entry.headers),
        body=secrets.body(entry.body),
        credential=secrets.credential(entry),
        tag=tag if isinstance(tag := entry.own.get("_tag"), str) else None,
        facts=frozenset(fact for fact in Fact if fact.name in _listed(entry.own.get("_facts"))),
    )
    trouble = None if entry.answer else str(entry.own.get("_trouble") or "aborted: no answer was recorded")
    return Exchange(number, began, ended, entry.at, request, _response(entry, secrets), trouble, secrets.echoed(entry))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _response(entry: Entry, secrets: _Secrets) -> Response | None:
    if entry.answer is None:
        return None
    status, headers, raw = entry.answer
    body = secrets.body(raw)
    try:
        return Response(status, secrets.headers(headers), body, parse_json(body))
    except NotJson as error:
        return Response(status, secrets.headers(headers), body, None, str(error))
