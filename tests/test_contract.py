"""The contract as validators: what the documentation shows is allowed, and each field broken alone is named."""

from __future__ import annotations

import copy
import subprocess
import sys

import pytest

from conformance import contract
from conformance.wire import parse_json

MESSAGE = parse_json(
    """{
      "id": "msg_xyz789", "object": "message", "conversation_id": "conv_8xk2m",
      "body": "Hi! Your order #1042 has been shipped 🚚", "type": "text", "direction": "outbound",
      "channel": "whatsapp", "status": "sent",
      "metadata": {"order_id": "ord_abc123"}, "created_at": "2025-06-15T14:30:00Z"
    }""".encode()
)
ITEM = {name: MESSAGE[name] for name in ("id", "body", "direction", "status", "created_at")} | {"status": "delivered"}
LIST = {"object": "list", "data": [ITEM], "has_more": True}
ERROR = {"error": {"type": "invalid_request_error", "code": "x", "message": "No.", "doc_url": "https://example.com"}}
ABSENT = object()
WRONG = {
    "id": ("", 7, None),
    "object": ("Message", "list", None),
    "conversation_id": (7, None),
    "body": (7, None, ["a"]),
    "type": (7, None),
    "direction": ("out", "OUTBOUND", None),
    "channel": ("", None, {}),
    "status": ("pending", "Sent", None),
    "metadata": ([], "a", 7),
    "created_at": ("yesterday", 1750000000, None),
}


def broken(whole, name, value):
    """A copy of an object with one field replaced, or left out."""
    result = copy.deepcopy(whole)
    if value is ABSENT:
        del result[name]
    else:
        result[name] = value
    return result


def fields(problems):
    """The top-level fields that problems are about."""
    return [problem.field for problem in problems]


def test_the_documented_answers_are_allowed():
    assert contract.message_problems(MESSAGE) == []
    assert contract.list_item_problems(ITEM) == []
    assert contract.list_problems(LIST) == []
    assert contract.error_problems(ERROR) == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_field_that_is_wrong_is_the_one_that_is_named(name, value):
    """The same in every place that shows messages, and nothing else is blamed."""
    for judge in (contract.message_problems, contract.list_item_problems):
        problems = judge(broken(MESSAGE, name, value))

        assert fields(problems) == [name]
        assert problems[0].path == (name,)
        assert problems[0].expected
        assert problems[0].message.startswith(f"{name} is not ")


@pytest.mark.parametrize("name", sorted(MESSAGE.keys() - {"metadata"}))
def test_a_message_without_a_field_is_told_which(name):
    problems = contract.message_problems(broken(MESSAGE, name, ABSENT))

    assert fields(problems) == [name]
    assert problems[0].message == f"{name} is missing"
    assert problems[0].got == "nothing"


@pytest.mark.parametrize("name", sorted(ITEM))
def test_an_item_has_its_five_fields(name):
    assert fields(contract.list_item_problems(broken(ITEM, name, ABSENT))) == [name]


def test_all_failing_fields_are_named_at_once():
    problems = contract.message_problems({name: values[0] for name, values in WRONG.items()})

    assert sorted(fields(problems)) == sorted(WRONG)


def test_several_missing_fields_are_each_a_problem():
    assert sorted(fields(contract.message_problems({}))) == sorted(MESSAGE.keys() - {"metadata"})


@pytest.mark.parametrize("value", [None, [], "text", 7, True])
def test_what_is_no_object_is_one_problem_with_the_whole(value):
    messages = (contract.message_problems, contract.list_item_problems)
    for judge in (*messages, contract.list_problems, contract.error_problems):
        problems = judge(value)

        assert [(problem.path, problem.field, problem.expected) for problem in problems] == [((), "", "an object")]


@pytest.mark.parametrize("metadata", [None, {}, {"a": {"b": [1, None]}}, ABSENT])
def test_metadata_may_be_absent_null_or_any_object(metadata):
    assert contract.message_problems(broken(MESSAGE, "metadata", metadata)) == []


def test_further_fields_are_allowed_everywhere():
    assert contract.message_problems(MESSAGE | {"media_url": 7, "updated_at": None}) == []
    assert contract.list_item_problems(ITEM | {"sender": {}}) == []
    assert contract.list_problems(LIST | {"url": "/v1/messages", "total": 3}) == []
    assert contract.error_problems({"error": ERROR["error"] | {"trace": "a"}, "request": "r"}) == []


def test_a_received_message_may_have_a_type_that_cannot_be_sent():
    received = MESSAGE | {"direction": "inbound", "type": "audio"}

    assert contract.message_problems(received) == []


@pytest.mark.parametrize("error", [ABSENT, None, "", {}, [], 7])
def test_a_failed_message_owes_an_error(error):
    failed = MESSAGE | {"status": "failed"} | ({} if error is ABSENT else {"error": error})

    assert fields(contract.message_problems(failed)) == ["error"]


@pytest.mark.parametrize("error", ["No such number.", {"code": 131026}])
def test_a_failed_messages_error_is_a_text_or_an_object(error):
    assert contract.message_problems(MESSAGE | {"status": "failed", "error": error}) == []


@pytest.mark.parametrize("error", [None, "", False, "late"])
def test_another_messages_error_is_no_matter_of_shape(error):
    assert contract.message_problems(MESSAGE | {"error": error}) == []


def test_a_sparse_item_that_failed_need_not_say_why():
    assert contract.list_item_problems(ITEM | {"status": "failed"}) == []


def test_an_inbound_body_may_be_empty_and_longer_than_one_that_is_sent():
    assert contract.message_problems(MESSAGE | {"body": ""}) == []
    assert contract.message_problems(MESSAGE | {"body": "a" * 5000}) == []


@pytest.mark.parametrize(("name", "value"), [("object", "page"), ("data", {}), ("data", None), ("has_more", "true")])
def test_an_envelope_that_is_wrong_is_told_where(name, value):
    assert fields(contract.list_problems(broken(LIST, name, value))) == [name]
    assert fields(contract.list_problems(broken(LIST, name, ABSENT))) == [name]


def test_the_envelope_is_judged_whatever_its_items():
    assert contract.list_problems(LIST | {"data": [7] * 101}) == []


def test_an_errors_fields_are_each_a_problem():
    problems = contract.error_problems({"error": {"type": "oops", "message": 7, "doc_url": "a", "param": []}})

    assert sorted(problem.path for problem in problems) == [
        ("error", "code"),
        ("error", "message"),
        ("error", "param"),
        ("error", "type"),
    ]
    assert set(fields(problems)) == {"error"}


@pytest.mark.parametrize("error", [{"error": "No."}, {"error": None}, {"message": "No."}, {"error": []}])
def test_an_error_of_another_shape_is_a_problem(error):
    assert fields(contract.error_problems(error)) == ["error"]


@pytest.mark.parametrize("param", ["body", None])
def test_an_error_may_name_a_parameter_or_none(param):
    assert contract.error_problems({"error": ERROR["error"] | {"param": param}}) == []


@pytest.mark.parametrize(
    "instant",
    [
        "2025-06-15T14:30:00Z",
        "2025-06-15t14:30:00z",
        "2025-06-15T14:30:00+00:00",
        "2025-06-15T14:30:00-00:00",
        "2025-06-15T14:30:00+05:30",
        "2025-06-15T14:30:00.1Z",
        "2025-06-15T14:30:00." + "123456789" * 40 + "Z",
        "2016-12-31T23:59:60Z",
        "2024-02-29T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_every_rfc_3339_date_time_is_a_created_at(instant):
    assert contract.message_problems(MESSAGE | {"created_at": instant}) == []


@pytest.mark.parametrize(
    "instant",
    [
        "",
        "2025-06-15",
        "2025-06-15 14:30:00Z",
        "2025-06-15T14:30:00",
        "2025-06-15T14:30:00.Z",
        "2025-06-15T14:30:00+0530",
        "2025-06-15T14:30:00+05",
        "2025-06-15T14:30:00+24:00",
        "2025-06-15T14:30:00+05:60",
        "2025-06-15T24:00:00Z",
        "2025-06-15T14:60:00Z",
        "2025-06-15T14:30:61Z",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-06-15T14:30:00Z\n",
        "２０２５-06-15T14:30:00Z",
        "2025-W24-7T14:30:00Z",
        "1750000000",
        "\ud800",
    ],
)
def test_what_is_no_rfc_3339_date_time_is_no_created_at(instant):
    (problem,) = contract.message_problems(MESSAGE | {"created_at": instant})

    assert problem.field == "created_at"
    assert problem.expected == "an RFC 3339 date-time with an offset"


@pytest.mark.parametrize("odd", ["\ud800", "\x00", 10**400, float("inf"), {"\udfff": 1}])
def test_odd_values_are_judged_like_any_other(odd):
    assert contract.message_problems(MESSAGE | {"metadata": {"odd": odd}}) == []


def test_a_lone_surrogate_is_a_string():
    assert contract.message_problems(MESSAGE | {"id": "\ud800", "channel": "\ud800"}) == []
    assert fields(contract.message_problems(MESSAGE | {"id": "\ud800", "status": "\ud800"})) == ["status"]


def test_deep_nesting_is_judged():
    deep = {}
    for _ in range(500):
        deep = {"a": deep}

    assert contract.message_problems(MESSAGE | {"metadata": deep}) == []


def test_what_was_got_is_shown_short():
    (problem,) = contract.message_problems(MESSAGE | {"body": ["a" * 100_000]})

    assert len(problem.got) < 200
    assert len(problem.message) < 200


def test_a_schema_stands_alone():
    from jsonschema import Draft202012Validator

    whole = contract.schema("MessageList")

    Draft202012Validator.check_schema(whole)
    assert Draft202012Validator(whole).is_valid(LIST)
    assert not Draft202012Validator(whole).is_valid(LIST | {"data": [7]})


def test_importing_the_contract_imports_no_library():
    program = "import sys; from conformance import contract; print(*sys.modules)"

    modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert not {"yaml", "jsonschema", "jsonschema_rs"} & set(modules)


def test_what_is_right_is_decided_without_the_slow_validator():
    program = (
        "import sys; from conformance import contract; "
        "contract.message_problems(contract.document()['components']['examples']['SentMessage']['value']); "
        "print(*sys.modules)"
    )

    modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "jsonschema_rs" in modules
    assert "jsonschema" not in modules
