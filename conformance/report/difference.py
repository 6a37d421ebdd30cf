"""What differs between what was expected and what came, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import chain

from markupsafe import Markup

from conformance.report.text import block

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_MOST = 1500
_ALIKE = 0.3


def differences(expected: str, got: str) -> tuple[Markup, Markup]:
    """Both texts for HTML, what stands in one alone marked; unmarked where they have nothing to do with each other."""
    left, right = _words(expected), _words(got)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    codes = matcher.get_opcodes() if max(len(left), len(right)) <= _MOST else []
    kept = sum(_count(left[a:b]) for tag, a, b, _, _ in codes if tag == "equal")
    if 2 * kept < _ALIKE * (_count(left) + _count(right)):
        return block(expected), block(got)
    return (
        _join(_part(left[a:b], "del" if tag != "equal" else "") for tag, a, b, _, _ in codes),
        _join(_part(right[c:d], "ins" if tag != "equal" else "") for tag, _, _, c, d in codes),
    )


def _words(text: str) -> list[str]:
    return list(chain(_WORD.findall(text[:4000]), ["…"] if len(text) > 4000 else []))


def _count(words: list[str]) -> int:
    return sum(not word.isspace() for word in words)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _part(words: list[str], mark: str) -> Markup:
    text = block("".join(words), 5000)
    return Markup("<{0}>{1}</{0}>").format(Markup(mark), text) if mark and words else text
