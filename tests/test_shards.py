"""A run in shards: the same split everywhere, nothing left out, and joined again it is the whole."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.reference import Running
from conformance.report import merge
from conformance.report.document import ReportError
from conformance.shards import Shard, ShardError, parse, split

NAMES = [f"test_{number}" for number in range(23)]
COSTS = {name: float(number % 7 + 1) for number, name in enumerate(NAMES)}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 23, 40])
def test_the_union_of_the_shards_is_the_whole(count: int) -> None:
    """Every name is in exactly one part, however many parts there are."""
    parts = split(NAMES, count, COSTS)

    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert len(parts) == count


def test_the_split_follows_from_names_and_costs_alone() -> None:
    """The order in which the names come does not matter."""
    shuffled = random.Random(1).sample(NAMES, len(NAMES))

    assert split(NAMES, 4, COSTS) == split(shuffled, 4, COSTS)


def test_the_parts_cost_about_the_same() -> None:
    """No part costs more than the dearest name above another."""
    spent = [sum(COSTS[name] for name in part) for part in split(NAMES, 4, COSTS)]

    assert max(spent) - min(spent) <= max(COSTS.values())


def test_a_shard_is_written_as_a_fraction() -> None:
    """2/5 is the second of five."""
    assert parse("2/5") == Shard(2, 5)
    assert str(parse("2/5")) == "shard 2/5"


@pytest.mark.parametrize("text", ["0/5", "6/5", "2", "2/0", "a/b", "-1/5", "2/5/6", "", "1/100"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """Everything else is refused with a hint."""
    with pytest.raises(ShardError, match="write 2/5"):
        parse(text)


def test_a_wrong_shard_is_wrong_usage(reference_target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends before it begins."""
    assert main(["check", "--target", str(reference_target), "--shard", "7/5"]) == 2
    assert "is no shard" in capsys.readouterr().err


def _collected(target: Path, *words: str) -> set[str]:
    plugins = ["-p", "pytest_base_url.plugin", "-p", "conformance.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "--collect-only", "-q", *plugins]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([*command, f"--target={target}", *words], capture_output=True, text=True, env=environment)
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_pytest_collects_the_same_drivers_in_shards(reference_target: Path) -> None:
    """In plain pytest the shards together collect what the whole run collects, and no two the same."""
    whole = _collected(reference_target)
    parts = [_collected(reference_target, f"--conformance-shard={number}/2") for number in (1, 2)]

    assert parts[0] | parts[1] == whole
    assert not parts[0] & parts[1]
    assert all(parts)


@pytest.fixture(scope="module")
def shards(reference: Running, reference_target: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of the three shards of a run against the reference, each of which ends with 0."""
    folders = [tmp_path_factory.mktemp("shard") for _ in range(3)]
    for number, folder in enumerate(folders, 1):
        words = ["--target", str(reference_target), "--shard", f"{number}/3", "--report-dir", str(folder)]
        assert main(["check", *words]) == 0
    return folders


def _read(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return document


def test_a_shard_alone_is_never_conformant(shards: list[Path]) -> None:
    """What a shard does not hold is not selected, and its verdict says that it is a part."""
    for folder in shards:
        document = _read(folder)
        reasons = [row["reason"] for row in document["requirements"] if row["outcome"] == "inconclusive"]
        assert document["verdict"] == "inconclusive"
        assert document["partial"]
        assert reasons
        assert all(reason.startswith("not selected") for reason in reasons)


def test_the_shards_joined_are_the_whole(shards: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Three shards of a run against the reference are conformant together, and the gate says so."""
    code = main(["report", "merge", *map(str, shards), "-o", str(tmp_path / "report.json"), "--gate"])

    document = _read(tmp_path)
    assert document["verdict"] == "conformant", document["verdict_reason"]
    assert not document["partial"]
    assert code == 0
    assert "conformant" in capfd.readouterr().err


def test_shards_of_which_one_is_missing_are_not_joined(shards: list[Path]) -> None:
    """What the missing one found nobody knows: two of three are no run."""
    with pytest.raises(ReportError, match="2/3 missing"):
        merge.merge([_read(shards[0]), _read(shards[2])])
