"""The faults: named, told in one sentence, bound to requirements, and each a server that runs."""

from __future__ import annotations

import ast
import asyncio
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest

import conformance.reference
from conformance.reference import FAULTS, create_app

HOME = Path(conformance.reference.__file__).parent
KEY = {"Authorization": "Bearer sk_test_a"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_one_sentence_and_requirements(name: str) -> None:
    """A fault says what is wrong in one sentence, and by which requirements."""
    fault = FAULTS[name]
    assert fault.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert re.fullmatch(r"[^\n]+[^.]\.", fault.sentence)
    assert fault.violates
    assert len(set(fault.violates)) == len(fault.violates)
    assert all(re.fullmatch(r"[A-Z]+-\d\d(-[SM]\d?)?", violated) for violated in fault.violates)


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_server_starts_and_answers_a_list(name: str) -> None:
    """No fault keeps the server from answering."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(faults=[name]), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=KEY) as api:
            return await api.get("/v1/messages")

    assert asyncio.run(answer()).status_code == 200


def test_sentences_are_not_repeated() -> None:
    """Two faults are two different things."""
    assert [
        sentence for sentence, times in Counter(fault.sentence for fault in FAULTS.values()).items() if times > 1
    ] == []


def test_an_unknown_fault_is_refused() -> None:
    """A misspelt name does not pass for a correct server."""
    with pytest.raises(ValueError, match="no such fault: nonsense"):
        create_app(faults=["nonsense"])


def test_faults_combine() -> None:
    """Two faults in one server are both there."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(faults=["default-limit-20", "has-more-text", "no-challenge"]))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as api:
            assert "WWW-Authenticate" not in (await api.get("/v1/messages")).headers
            return await api.get("/v1/messages", headers=KEY)

    assert asyncio.run(answer()).json()["has_more"] == "false"


@pytest.mark.parametrize("path", sorted(HOME.rglob("*.py")), ids=lambda path: str(path.relative_to(HOME)))
def test_the_reference_imports_nothing_of_the_suite(path: Path) -> None:
    """A judge cannot agree with itself, and no module grows beyond three hundred lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    deepest = len(path.relative_to(HOME).parts)
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        assert not any(name.split(".")[0] == "conformance" for name in names)
        assert not isinstance(node, ast.ImportFrom) or node.level <= deepest
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300
