"""What travels: JSON texts by RFC 8259, instants by RFC 3339, equality of JSON values."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire import NotJson, is_utc, json_equal, parse_instant, parse_json, shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"{}", {}),
        (b" \t\r\n[1, 2.5, -0, 1e3]\n", [1, 2.5, 0, 1000.0]),
        (b'"\\u00e9\\ud83d\\ude9a"', "é🚚"),
        ('"é🚚"'.encode(), "é🚚"),
        (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
        (b'"\\ud800"', "\ud800"),
        (b"null", None),
    ],
)
def test_a_json_text_is_read(text, value):
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "Expecting value"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'{"a": 1, "b": 2, "a": 3}', "the name 'a' stands twice"),
        (b'[{"x": {"k": 1, "k": 1}}]', "'k' stands twice"),
        (b"NaN", "NaN is no JSON value"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "-Infinity"),
        (b"{} {}", "Extra data"),
        (b"[1,]", "Expecting value"),
        (b'"a\nb"', "control character"),
        (b"{'a': 1}", "property name"),
        (b"[" * 200_000, "deep"),
        (b"01", "Extra data"),
    ],
)
def test_what_is_no_json_text_is_told(text, reason):
    with pytest.raises(NotJson, match="(?i)" + reason.replace("[", r"\[")):
        parse_json(text)


def test_a_number_of_thousands_of_digits_is_read():
    assert parse_json(b"9" * 399) == 10**399 - 1
    with pytest.raises(NotJson, match="a number of 5000 characters"):
        parse_json(b"9" * 5000)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8))
def test_what_json_writes_is_read_and_equal(value):
    assert json_equal(value, parse_json(json.dumps(value).encode()))


# -- instants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:30:00-00:30", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T00:00:00.5Z", Fraction(1, 2)),
        ("1970-01-01T00:00:00.000000000001Z", Fraction(1, 10**12)),
        ("2016-12-31T23:59:60Z", 1483228800),
        ("2024-02-29T00:00:00Z", 1709164800),
        ("0001-01-01T00:00:00+23:59", -62135596800 - 86340),
        ("9999-12-31T23:59:59-23:59", 253402300799 + 86340),
    ],
)
def test_an_instant_is_read_exactly(text, seconds):
    assert parse_instant(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        None,
        1750000000,
        "",
        "2025-06-15",
        "2025-06-15T14:30:00",
        "2025-06-15 14:30:00Z",
        "2025-06-15T14:30Z",
        "2025-06-15T14:30:00+0200",
        "2025-06-15T14:30:00+02",
        "2025-06-15T14:30:00.Z",
        "2025-06-15T14:30:00,5Z",
        "2025-06-15T24:00:00Z",
        "2025-06-15T14:60:00Z",
        "2025-06-15T14:30:61Z",
        "2025-02-29T14:30:00Z",
        "2025-13-01T14:30:00Z",
        "0000-01-01T00:00:00Z",
        "2025-06-15T14:30:00+24:00",
        "2025-06-15T14:30:00+01:60",
        "2025-6-15T14:30:00Z",
        "２０２５-06-15T14:30:00Z",
        " 2025-06-15T14:30:00Z",
        "2025-06-15T14:30:00Z\n",
        "20250615T143000Z",
    ],
)
def test_what_is_no_date_time_is_none(text):
    assert parse_instant(text) is None


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),
    st.integers(min_value=-23 * 60, max_value=23 * 60),
)
def test_an_instant_is_the_one_that_python_reads(moment, offset):
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    since = zoned - datetime(1970, 1, 1, tzinfo=UTC)

    assert parse_instant(zoned.isoformat()) == Fraction(since // timedelta(microseconds=1), 10**6)


@pytest.mark.parametrize(
    ("text", "utc"), [("…Z", True), ("…z", True), ("…+00:00", True), ("…-00:00", True), ("…+01:00", False)]
)
def test_utc_has_several_names(text, utc):
    assert is_utc(text) is utc


# -- equality --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (0.0, -0.0, True),
        (True, 1, False),
        (False, 0, False),
        (None, False, False),
        (None, 0, False),
        ("1", 1, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ([], {}, False),
        ("é", "e\u0301", False),
        (2**53 + 1, 2**53, True),
        (2**53, 2**53 - 1, False),
        (float("inf"), 1e308, True),
        ([True], [1], False),
    ],
)
def test_json_values_are_equal_by_value(left, right, equal):
    assert json_equal(left, right) is equal


def test_a_long_value_is_cut_in_the_middle():
    assert shown("é") == '"é"'
    assert shown({"a": 1}) == '{"a": 1}'
    long = shown("x" * 500 + "end")
    assert len(long) < 130
    assert long.startswith('"xxx')
    assert 'end" (505 characters)' in long
    assert shown(object())
