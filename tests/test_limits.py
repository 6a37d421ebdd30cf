"""Each limit has a default, a flag of both ways in, and a row in the documentation."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.cli import build_parser
from conformance.limits import LIMITS, Limits
from conformance.plugin import pytest_addoption

TABLE = (Path(__file__).parents[1] / "docs" / "limits.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.field)
def test_a_limit_is_a_flag_and_is_documented(limit):
    args = build_parser().parse_args(["check", f"{limit.flag}=7"])
    assert getattr(args, limit.field) == 7
    options: list[str] = []
    group = SimpleNamespace(addoption=lambda name, **_: options.append(name))
    pytest_addoption(SimpleNamespace(getgroup=lambda *_: group))
    assert limit.option in options

    row = next(line for line in TABLE.splitlines() if line.startswith(f"| `{limit.flag}` |"))
    default = getattr(Limits(), limit.field)
    assert default is None or f"{default:g}" in row or str(default) in row
    assert (limit.default or f"{default:g}") in limit.help


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.field)
@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", "", "99999999999999999999"])
def test_what_is_no_limit_is_refused(limit, text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be"):
        limit.read(text)


def test_an_exchange_takes_three_times_the_timeout_unless_told_otherwise():
    assert Limits(timeout=2).whole == 6
    assert Limits(timeout=2, exchange_timeout=3).whole == 3
