"""Copies of the OpenAPI document for peers: what a server's owner would write of that server, in the dialect a tool reads."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

SPEC = Path(__file__).parents[2] / "spec" / "openapi.yaml"
NOBODYS = "msg_nobodys00000000000"


@dataclass(frozen=True)
class Owner:
    """What the owner of a server knows of it, beside its contract: what is there, and what it chose where all is right."""

    url: str
    conversations: tuple[str, ...]
    messages: tuple[str, ...]
    sent_status: int = 201
    invalid_status: int = 400
    unknown_conversation_status: int = 404
    empty_body: bool = False
    null_optionals: bool = True
    rate_limited: bool = False
    visible_at_once: bool = True


def fitted(owner: Owner) -> dict[str, Any]:
    """The document, with the ids that exist there and the server's own choices, so that no tool need guess them."""
    document = json.loads(json.dumps(yaml.safe_load(SPEC.read_text(encoding="utf-8"))))  # without anchors
    document["servers"] = [{"url": owner.url}]
    send = document["components"]["schemas"]["SendMessage"]["properties"]
    send["conversation_id"] = {"type": "string", "enum": list(owner.conversations)}
    if not owner.empty_body:
        send["body"]["minLength"] = 1
    # The server reads a media_url only where it uses one.
    del send["media_url"]["format"]
    document["components"]["schemas"]["SendMessage"]["then"]["properties"]["media_url"]["format"] = "uri"
    if owner.null_optionals:
        send["metadata"]["type"] = ["object", "null"]
        send["media_url"]["type"] = ["string", "null"]
        send["type"] = {"type": ["string", "null"], "enum": ["text", "image", "template", None], "default": "text"}
    if owner.messages:
        retrieve = document["paths"]["/v1/messages/{id}"]["get"]["parameters"][0]
        cursor = document["components"]["parameters"]["StartingAfter"]
        retrieve["example"] = cursor["example"] = owner.messages[0]
        cursor["schema"] = {"type": "string", "enum": list(owner.messages)}
    return document


def one_success(document: dict[str, Any], owner: Owner) -> dict[str, Any]:
    """The document without the answers that this server never gives to a send: some tools want each of them in turn."""
    document = copy.deepcopy(document)
    responses = document["paths"]["/v1/messages"]["post"]["responses"]
    for status in ("200", "201", "202"):
        if status != str(owner.sent_status):
            del responses[status]
    return document


def without_ranges(document: dict[str, Any]) -> dict[str, Any]:
    """The document without `4XX`, which some tools do not read."""
    document = copy.deepcopy(document)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("4XX", None)
    return document


def downgraded(document: dict[str, Any]) -> dict[str, Any]:
    """The document in OpenAPI 3.0, for tools that read no 3.1: the same but for what 3.0 has no words for."""
    document = _older(document)
    document["openapi"] = "3.0.3"
    del document["jsonSchemaDialect"], document["info"]["summary"]
    return document


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}  # 3.0 knows nothing beside it
    older = {key: _older(value) for key, value in node.items() if key not in ("if", "then", "unevaluatedProperties")}
    if "const" in older:
        older["enum"] = [older.pop("const")]
    if isinstance(older.get("examples"), list):  # of a schema; a media type's is a map, and stays
        older["example"] = older.pop("examples")[0]
    if isinstance(older.get("type"), list):
        older["type"] = next(each for each in older["type"] if each != "null")
        older["nullable"] = True
    if isinstance(older.get("enum"), list):
        older["enum"] = [each for each in older["enum"] if each is not None]
    return older


def for_specmatic(owner: Owner) -> dict[str, Any]:
    """For Specmatic: objects said to be open, examples paired by name, which is how it finds them, and no images.

    It reads no if/then, and as oneOf it takes a mutation out of one branch into the other for an error.
    One conversation, one cursor and one example of a send: it tries every combination of values.
    """
    few = replace(owner, conversations=owner.conversations[:1], messages=owner.messages[:1])
    document = downgraded(without_ranges(one_success(fitted(few), few)))
    schemas = document["components"]["schemas"]
    for name in ("Message", "MessageListItem", "MessageList", "ErrorAnswer", "ErrorObject"):
        schemas[name]["additionalProperties"] = True
    schemas["SendMessage"]["properties"]["type"]["enum"] = ["text", "template"]
    schemas["SentMessage"] = {"$ref": "#/components/schemas/Message"}
    post = document["paths"]["/v1/messages"]["post"]
    _only_example(post["requestBody"], "text")
    answers = post["responses"][str(owner.sent_status)]["content"]["application/json"]
    answers["examples"] = {"text": answers["examples"].pop("sent")}
    retrieve = document["paths"]["/v1/messages/{id}"]["get"]
    del schemas["MessageId"]["minLength"]  # or it asks for the id of no characters, which is the list
    _only_example(retrieve["responses"]["200"], "sent")
    if owner.messages:
        del retrieve["parameters"][0]["example"]
        identifiers = {"sent": owner.messages[0], "message": NOBODYS}
        retrieve["parameters"][0]["examples"] = {name: {"value": value} for name, value in identifiers.items()}
    return document


def for_dredd(owner: Owner) -> dict[str, Any]:
    """For Dredd: it holds an answer against one example, so that of a message without metadata, as the one there is."""
    document = downgraded(one_success(fitted(owner), owner))
    _only_example(document["paths"]["/v1/messages/{id}"]["get"]["responses"]["200"], "received")
    return document


def for_portman(owner: Owner) -> dict[str, Any]:
    """For Portman: without if/then, whose "required" it takes for the object's own, and examples whose length is one.

    It cuts and fills texts by UTF-16 units; a variation of its configuration sends what is beyond the BMP.
    """
    document = one_success(fitted(owner), owner)
    send = document["components"]["schemas"]["SendMessage"]
    del send["if"], send["then"]
    post = document["paths"]["/v1/messages"]["post"]
    for example in post["requestBody"]["content"]["application/json"]["examples"].values():
        example["value"]["body"] = example["value"]["body"].replace("🚚", "!")
    return document


def _only_example(body: dict[str, Any], name: str) -> None:
    content = body["content"]["application/json"]
    content["examples"] = {name: content["examples"][name]}
