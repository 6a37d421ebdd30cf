"""Schemathesis' cases from spec/openapi.yaml, as requests of our own client.

The coverage phase gives the same cases each time, so they are generated once (`prepared.py`). The deep profile also draws
random ones. What a case must be answered with is not schemathesis' to say but the contract's: what it leaves open is
never judged negative.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from conformance.catalogue import spec_path
from conformance.client import Call
from conformance.history import COLLECTION
from conformance.model import Fact
from conformance.oracles.sending import must_refuse
from conformance.suite.kit import JSON, Kit
from conformance.suite.prepared import Case

CONVERSATION, MESSAGE = "conv_8xk2m", "msg_xyz789"
"""The ids in the spec's examples; in a run, those of the scene stand in for them."""
_METHODS = {"createMessage": "POST", "listMessages": "GET", "retrieveMessage": "GET"}


def generate() -> list[Case]:
    """The coverage cases of the installed schemathesis, without those that ask for something else than the operation."""
    from schemathesis.generation import GenerationMode

    schema = _schema()
    found: list[Case] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        config = schema.config.generation_for(operation=operation, phase="coverage")
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        for case in schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config):
            described = case.meta.phase.data
            if case.method.upper() == operation.method.upper() and described.parameter != "Authorization":
                found.append({"says": described.description, **_plain(case)})
    return [each for index, each in enumerate(found) if each not in found[:index]]


def telling(found: list[Case]) -> list[Case]:
    """One case for each thing that is wrong or at a limit, at each operation: the last, in which least else is said."""
    return list({(each["method"], each["id"] is None, each["says"]): each for each in found}.values())


def drawn(count: int, seed: int) -> list[Case]:
    """Random cases, positive and negative, as many of each operation."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis.generation import GenerationMode

    from conformance.suite.generate import repeatable

    found: list[Case] = []
    for result in _schema().get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = result.ok().as_strategy(generation_mode=mode)

            @hypothesis.seed(seed)
            @settings(
                max_examples=max(1, count // 6),
                phases=[Phase.generate],
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @hypothesis.given(strategy)
            def collect(case: Any) -> None:
                found.append({"says": "drawn", **_plain(case)})

            with suppress(hypothesis.errors.HypothesisException), repeatable():
                collect()
    return found


def _schema() -> Any:
    import schemathesis

    config = schemathesis.Config.from_dict({"headers": {"Authorization": "Bearer sk_test_example"}})
    return schemathesis.openapi.from_path(str(spec_path("openapi.yaml")), config=config)


def _plain(case: Any) -> Case:
    """What a case asks, as JSON values."""
    body = case.body
    asks: Case = {
        "method": case.method.upper(),
        "query": dict(case.query or {}),
        "id": (case.path_parameters or {}).get("id"),
    }
    headers = {name.title(): value for name, value in (case.headers or {}).items()}
    if "Content-Type" in headers:
        asks["type"] = headers["Content-Type"]
    if type(body).__name__ != "NotSet":
        asks["body"] = body if not isinstance(body, bytes) else body.decode("utf-8", "replace")
    return asks


def put(kit: Kit, cases: list[Case]) -> None:
    """Put cases to the target; in a run that only reads, those that read."""
    calls = [call(each, kit) for each in cases if each["method"] == "GET" or not kit.reads_only]
    sends = [each for each in calls if each.method == "POST"]
    refused = [each for each in sends if must_refuse(json.loads(each.body or b"null"))]
    for each in sends:
        if each not in refused:
            kit.call(each)
    kit.apart(partial(kit.call, each) for each in refused)
    kit.apart(partial(kit.call, each) for each in calls if each.method == "GET")


def call(case: Case, kit: Kit) -> Call:
    """The call that puts a case to the target, with the scene's conversation and message in place of the examples'."""
    scene = kit.run.scene
    anchor = scene.anchors[scene.main.id]
    kind = (("Content-Type", case["type"]),) if "type" in case else JSON
    if case["method"] == "POST":
        raw = json.dumps(_marked(case["body"], kit)).encode() if "body" in case else b""
        return Call("POST", COLLECTION, kind, raw, tag=kit.run.tag_in(raw))
    if case["id"] is not None:
        identifier = anchor if case["id"] == MESSAGE else str(case["id"])
        facts = frozenset() if identifier == anchor else frozenset({Fact.ODD_ID})
        return Call("GET", f"{COLLECTION}/{quote(identifier, safe='')}", facts=facts)
    names = {CONVERSATION: scene.main.id, MESSAGE: anchor}
    pairs = [(name, names.get(each, each)) for name, value in case["query"].items() for each in _each(value)]
    if ("starting_after", anchor) in pairs and ("direction", "inbound") in pairs:
        pairs.remove(("starting_after", anchor))  # an outbound message is no cursor of that list
    return Call("GET", f"{COLLECTION}?{urlencode(pairs)}" if pairs else COLLECTION, facts=_odd(pairs))


def _each(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _odd(pairs: list[tuple[str, str]]) -> frozenset[Fact]:
    names = [name for name, _ in pairs]
    unknown = set(names) - {"conversation_id", "direction", "limit", "starting_after"}
    return frozenset({Fact.ODD_QUERY}) if unknown or len(names) != len(set(names)) else frozenset()


def _marked(body: Any, kit: Kit) -> Any:
    """The body with the scene's conversation and, where there is room for one, a mark of the suite."""
    if not isinstance(body, dict):
        return body
    body = {name: kit.run.scene.main.id if value == CONVERSATION else value for name, value in body.items()}
    mark, text, metadata = f"{kit.prefix}{kit.run.next_tag()}", body.get("body"), body.get("metadata", {})
    if isinstance(text, str) and len(text) > len(mark) + 1:
        body["body"] = f"{mark} {text[len(mark) + 1 :]}"
    elif isinstance(metadata, dict):
        body["metadata"] = {**metadata, "conformance": mark.removeprefix(kit.prefix)}
    elif isinstance(text, str) and text:
        body["body"] = f"{mark} {text}"
    return kit.branded(body)
