"""Hostile text made harmless and visible: what a target sent is shown as characters, and never acts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from markupsafe import Markup, escape

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0e\U000e0100-\U000e01ef]")
_HARMLESS = re.compile(r"[\x20-\x7e\n]*\Z")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+|\s+', re.DOTALL)
_ACCENT = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE = re.compile(f"({_ACCENT}{{8}}){_ACCENT}+")
_QUOTED = re.compile("`([^`]+)`")
_DEEPEST = 24


def glyph(char: str) -> str:
    """What stands for a character that has no shape or moves others: ␛ for ESC, ⟨U+202E⟩ for an override."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def hides(char: str, keep: str = "") -> bool:
    """Whether a character cannot be seen as itself: control, format, surrogate, private, unassigned, blank."""
    return char not in keep and char != " " and (unicodedata.category(char) in _HIDDEN or bool(_BLANK.match(char)))


def _is_harmless(text: str, keep: str) -> bool:
    """Whether nothing in a text hides, as in most."""
    return bool(_HARMLESS.match(text)) and ("\n" in keep or "\n" not in text)


def plain(text: object, limit: int = 4000, keep: str = "") -> str:
    """Text in which every character can be seen, cut to a limit; line breaks and tabs are shown too unless kept."""
    head, rest = _cut(text, limit)
    if _is_harmless(head, keep):
        return head + rest
    return "".join(glyph(char) if hides(char, keep) else char for char in head) + rest


def visible(text: object, limit: int = 4000, keep: str = "") -> Markup:
    """The same for HTML: escaped, with what was invisible marked as such."""
    head, rest = _cut(text, limit)
    if _is_harmless(head, keep):
        return escape(head + rest)
    return Markup("").join(_marked(char) if hides(char, keep) else escape(char) for char in head) + escape(rest)


def block(text: object, limit: int = 4000) -> Markup:
    """Text of several lines for a `<pre>`: line breaks stay, everything else that is invisible is shown."""
    return visible(text, limit, keep="\n")


def prose(text: object, limit: int = 2000) -> Markup:
    """A sentence for HTML in which `back quotes` set names apart."""
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(visible(text, limit))))


def pretty(body: object, limit: int = 6000) -> Markup:
    """A body for a `<pre>`: what looks like JSON is indented and coloured, anything else is shown as it came."""
    text, rest = _cut(body, limit)
    if not text.lstrip()[:1] or text.lstrip()[0] not in "{[":
        return block(body, limit)
    return Markup("").join(_coloured(*token) for token in reflow(text)) + escape(rest)


def reflow(text: str) -> Iterator[tuple[str, str]]:
    """The tokens of a JSON text, each with its kind, and line breaks between them; no character of a token changes.

    Nothing is parsed: duplicate names, long numbers and a text that was cut short are shown as they came.
    """
    tokens = [token for token in _TOKEN.findall(text) if not token.isspace()]
    depth = 0
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        before = tokens[at - 1] if at else ""
        if token in ("}", "]"):
            depth = max(0, depth - 1)
            yield "space", "" if before in ("{", "[") else _line(depth)
        yield _kind(token, after), token
        if token in ("{", "["):
            depth += 1
        if (token in ("{", "[") and after not in ("}", "]")) or token == ",":
            yield "space", _line(depth)
        elif token == ":":
            yield "space", " "


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEEPEST)


def _kind(token: str, after: str) -> str:
    if token[0] == '"':
        return "name" if after == ":" else "string"
    return "mark" if token in "{}[],:" else "word"


def _coloured(kind: str, token: str) -> Markup:
    if kind in ("space", "mark"):
        return escape(token)
    names = {"name": "k", "string": "s", "word": "n"}
    return Markup("<bdi class={}>{}</bdi>").format(names[kind], visible(token, len(token)))


def _marked(char: str) -> Markup:
    return Markup("<b class=ctl>{}</b>").format(glyph(char))


def _cut(text: object, limit: int) -> tuple[str, str]:
    string = str(text)
    head = string[:limit] if string.isascii() else _PILE.sub(r"\1…", string[:limit])
    rest = len(string) - limit
    return head, f" … {rest:,} more characters" if rest > 0 else ""
