"""No key stays in the record, in whichever form a target repeats it."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest

from conformance.redact import Redactor
from conformance.target import Target

KEY, READER, OTHER = "sk_test_k+/=e y?", "pk_test_reader", "sk_test_other"
TARGET = Target("http://h", KEY, READER, OTHER)
FORMS = {
    "as it is": KEY,
    "percent": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 without padding": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "hex": KEY.encode().hex(),
    "percent in lower case": quote(KEY, safe="").lower().replace("sk_test_k", "sk_test_k"),
    "JSON escapes": "".join(f"\\u{ord(each):04x}" for each in KEY),
    "escaped slashes": KEY.replace("/", "\\/"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_replaced_in_every_form(form):
    redactor = Redactor(TARGET)

    # Of base64 the last character may stay: it holds two bits of the key.
    assert re.fullmatch(r"<\$MESSAGES_API_KEYw?=*>", redactor.text(f"<{form}>"))
    assert redactor.body(f"<{form}>".encode()) == redactor.text(f"<{form}>").encode()
    assert redactor.found([("X", form)], b"", KEY)
    assert redactor.found([], form.encode(), KEY)


def test_each_key_is_replaced_by_its_name():
    assert Redactor(TARGET).text(f"{KEY} {READER} {OTHER}") == "$MESSAGES_API_KEY $PUBLISHABLE_KEY $OTHER_ACCOUNT_KEY"


def test_a_key_that_begins_as_another_is_replaced_whole():
    target = Target("http://h", "sk_test_a", other_account_key="sk_test_a_and_more")
    assert Redactor(target).text("sk_test_a_and_more sk_test_a") == "$OTHER_ACCOUNT_KEY $MESSAGES_API_KEY"


def test_bytes_that_are_no_text_are_left_as_they_are():
    assert Redactor(TARGET).body(b"\xff\x00" + KEY.encode() + b"\xfe") == b"\xff\x00$MESSAGES_API_KEY\xfe"


def test_what_holds_no_key_is_left_alone():
    redactor = Redactor(TARGET)
    assert redactor.text("sk_test sk_test_k") == "sk_test sk_test_k"
    assert not redactor.found([("X", "nothing")], b"nothing", KEY)
    assert not redactor.found([("X", "nothing")], b"nothing", None)


def test_a_key_so_short_that_it_stands_anywhere_is_not_looked_for():
    assert Redactor(Target("http://h", "abc")).text("abcdef") == "abcdef"


def test_without_keys_nothing_is_replaced():
    assert Redactor(Target("http://h")).text("text") == "text"


@pytest.mark.parametrize("form", ["as it is", "base64"])
def test_a_half_of_a_key_is_replaced_as_well(form):
    key = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
    redactor = Redactor(Target("http://h", key))
    text = {"as it is": key, "base64": base64.b64encode(key.encode()).decode()}[form]

    for half in (text[: len(text) // 2], text[len(text) // 2 :], text[4:-4]):
        assert "$MESSAGES_API_KEY..." in redactor.text(f"<{half}>")
        assert redactor.body(f"<{half}>".encode()) == redactor.text(f"<{half}>").encode()
        assert not any(half[at : at + 12] in redactor.text(f"<{half}>") for at in range(len(half) - 11))


def test_what_every_key_begins_with_is_no_part_of_one():
    redactor = Redactor(Target("http://h", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"))
    assert redactor.text("sk_test_ sk_test_4eC sk_test_other_key") == "sk_test_ sk_test_4eC sk_test_other_key"
