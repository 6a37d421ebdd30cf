"""The OpenAPI document: valid, its examples too, its links lead somewhere, and the field's tools can use it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode

from conformance import contract
from conformance.catalogue import spec_path
from conformance.reference import run_in_thread
from conformance.wire import parse_instant

DOCUMENT = contract.document()
COMPONENTS = DOCUMENT["components"]
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for method, operation in path.items()
    if method in ("get", "post")
}
LABELS = {
    "sendMessage": "POST /v1/messages",
    "listMessages": "GET /v1/messages",
    "retrieveMessage": "GET /v1/messages/{id}",
}
LINT = Path(__file__).parents[1] / "spec" / "lint"


def resolved(node):
    """What a reference of the document refers to."""
    while "$ref" in node:
        *_, kind, name = node["$ref"].split("/")
        node = COMPONENTS[kind][name]
    return node


def problems(schema, value):
    """What a schema of the document finds wrong with a value."""
    checker = FormatChecker(formats=())
    checker.checks("date-time")(lambda text: parse_instant(text) is not None)
    checker.checks("uri")(lambda text: text.startswith("https://"))
    whole = {"allOf": [schema], "components": COMPONENTS}
    return [error.message for error in Draft202012Validator(whole, format_checker=checker).iter_errors(value)]


def contents():
    """Every media type of every operation, with where it stands."""
    for name, operation in OPERATIONS.items():
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]["content"]["application/json"]
        for status, answer in operation["responses"].items():
            yield f"{name} {status}", resolved(answer)["content"]["application/json"]


def parameters():
    """Every parameter of every operation, with where it stands."""
    for name, operation in OPERATIONS.items():
        for parameter in map(resolved, operation.get("parameters", ())):
            yield f"{name} {parameter['name']}", parameter


def links():
    """Every link of every answer, with where it stands."""
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            for title, link in resolved(answer).get("links", {}).items():
                yield f"{name} {status} {title}", resolved(link)


def subschemas(node, path=""):
    """Every schema below a node that has examples or a default, with where it stands."""
    if isinstance(node, dict):
        if "default" in node or isinstance(node.get("examples"), list):
            yield path, node
        for key, value in node.items():
            yield from subschemas(value, f"{path}/{key}")


def named(pairs):
    """Pairs of a name and a thing as pytest's parameters."""
    return [pytest.param(thing, id=name) for name, thing in pairs]


def test_the_document_is_valid_openapi():
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_it_describes_the_three_operations_and_no_other():
    assert OPERATIONS.keys() == LABELS.keys()
    assert list(DOCUMENT["paths"]) == ["/v1/messages", "/v1/messages/{id}"]


@pytest.mark.parametrize("content", named(contents()))
def test_every_payload_and_every_answer_has_examples_and_they_are_valid(content):
    examples = {name: resolved(example)["value"] for name, example in content["examples"].items()}
    wrong = {name: problems(content["schema"], value) for name, value in examples.items()}

    assert examples
    assert not any(wrong.values()), wrong


@pytest.mark.parametrize("parameter", named(parameters()))
def test_every_parameters_example_is_valid(parameter):
    assert problems(parameter["schema"], parameter["example"]) == []


@pytest.mark.parametrize("schema", named(subschemas(COMPONENTS["schemas"])))
def test_every_schemas_own_examples_and_default_are_valid(schema):
    values = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())]

    assert [problems(schema, value) for value in values] == [[] for _ in values]


@pytest.mark.parametrize("link", named(links()))
def test_every_link_names_an_operation_and_its_parameters(link):
    operation = OPERATIONS[link["operationId"]]

    assert link["parameters"].keys() <= {resolved(each)["name"] for each in operation["parameters"]}


def test_a_send_and_a_list_lead_to_retrieve_and_list():
    leads = Counter(
        (name, link["operationId"])
        for name, operation in OPERATIONS.items()
        for answer in operation["responses"].values()
        for link in map(resolved, resolved(answer).get("links", {}).values())
    )

    assert leads == {
        ("sendMessage", "retrieveMessage"): 3,
        ("sendMessage", "listMessages"): 3,
        ("listMessages", "retrieveMessage"): 1,
        ("listMessages", "listMessages"): 1,
    }


def test_every_operation_asks_for_a_bearer_key():
    scheme = COMPONENTS["securitySchemes"]["bearer"]

    assert DOCUMENT["security"] == [{"bearer": []}]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert not any("security" in operation for operation in OPERATIONS.values())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_4xx_is_an_answer_that_an_operation_may_give(operation):
    """The errors page lists its statuses for the whole API; an answer with another 4xx is no breach of the page."""
    statuses = set(operation["responses"])

    assert statuses >= {"400", "401", "403", "404", "429", "4XX", "500"}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("conversation_id", {"type": "string"}),
        ("direction", {"type": "string", "enum": ["inbound", "outbound"]}),
        ("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
        ("starting_after", {"type": "string"}),
    ],
)
def test_the_lists_parameters_are_the_documented_ones_and_optional(name, schema):
    found = {resolved(each)["name"]: resolved(each) for each in OPERATIONS["listMessages"]["parameters"]}
    words = ("description", "examples")

    assert found.keys() == {"conversation_id", "direction", "limit", "starting_after"}
    assert not found[name].get("required", False)
    assert {key: value for key, value in resolved(found[name]["schema"]).items() if key not in words} == schema


SEND = {"conversation_id": "conv_8xk2m", "body": "Hi!"}


@pytest.mark.parametrize(
    "payload",
    [
        SEND,
        SEND | {"body": ""},
        SEND | {"body": "🚚" * 4096},
        SEND | {"type": "template", "metadata": {"a": [1, {"b": None}]}},
        SEND | {"type": "image", "media_url": "https://example.com/a.png"},
        SEND | {"media_url": "https://example.com/a.png"},
        SEND | {"colour": "red"},
    ],
)
def test_a_payload_that_the_page_allows_is_allowed(payload):
    assert problems(COMPONENTS["schemas"]["SendMessage"], payload) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"body": "Hi!"},
        {"conversation_id": "conv_8xk2m"},
        SEND | {"body": "a" * 4097},
        SEND | {"body": "🚚" * 4097},
        SEND | {"body": None},
        SEND | {"conversation_id": 7},
        SEND | {"type": "audio"},
        SEND | {"type": "image"},
        SEND | {"metadata": []},
        SEND | {"metadata": "a"},
        [],
    ],
)
def test_a_payload_that_the_page_rules_out_is_not_allowed(payload):
    assert problems(COMPONENTS["schemas"]["SendMessage"], payload) != []


def test_an_item_shows_a_messages_fields_by_the_messages_own_schemas():
    message, item = (COMPONENTS["schemas"][name]["properties"] for name in ("Message", "MessageListItem"))

    assert item == message
    assert COMPONENTS["schemas"]["MessageListItem"]["required"] == ["id", "body", "direction", "status", "created_at"]


@pytest.fixture(scope="module")
def coverage():
    """How many cases schemathesis makes of the document, by operation and whether they are right or wrong."""
    config = schemathesis.Config.from_dict({"headers": {"Authorization": "Bearer sk_test_a"}})
    schema = schemathesis.openapi.from_path(str(spec_path("openapi.yaml")), config=config)
    counts = Counter()
    for operation in (each.ok() for each in schema.get_all_operations()):
        generation = schema.config.generation_for(operation=operation, phase="coverage")
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        for case in schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=generation):
            counts[operation.label, case.meta.generation.mode] += 1
    return counts


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("label", LABELS.values())
def test_schemathesis_makes_right_and_wrong_requests_of_every_operation(coverage, label, mode):
    assert coverage[label, mode] >= 3


def told_to_run():
    """The command lines of schemathesis that the spec's README names, each as words."""
    text = (LINT.parent / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"(?m)^st run .*", text)]


def run_alone(words, url, folder):
    """What schemathesis' own command says of a server, with a few examples of each operation and link."""
    given = {"spec/openapi.yaml": str(spec_path("openapi.yaml")), "http://127.0.0.1:8000": url}
    words = [given.get(word, word).replace("$MESSAGES_API_KEY", "sk_test_a") for word in words[1:]]
    few = ["--phases", "examples,stateful", "--max-examples", "10", "--seed", "1"]
    command = [str(Path(sys.executable).with_name("st")), *words, *few]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(("faults", "code", "said"), [([], 0, "passed"), (["retrieve-late"], 1, "not found")])
def test_schemathesis_alone_follows_the_links_and_lets_a_correct_target_pass(faults, code, said, tmp_path):
    with run_in_thread(faults=faults) as running:
        done = run_alone(told_to_run()[-1], running.base_url, tmp_path)

    assert done.returncode == code, done.stdout[-3000:] + done.stderr
    assert said in done.stdout
    assert "API Links:" in done.stdout


def test_schemathesis_alone_finds_of_a_correct_target_what_the_readme_says(tmp_path):
    with run_in_thread() as running:
        done = run_alone(told_to_run()[0], running.base_url, tmp_path)

    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr
    assert set(re.findall(r"(?m)^- (ST\d+) ", done.stdout)) <= {"ST201", "ST202"}


def test_the_linters_lock_file_pins_every_package_and_names_no_place_to_get_it_from():
    lock = json.loads((LINT / "package-lock.json").read_text(encoding="utf-8"))
    packages = [each for name, each in lock["packages"].items() if name]

    assert packages
    assert all("integrity" in each and "resolved" not in each for each in packages)
