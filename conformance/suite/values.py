"""Bodies and metadata that Hypothesis draws: of every plane, of every shape, of sizes around every limit.

A text is put together from fragments, each of which some server is known to change.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"))
_FRAGMENTS = (
    st.text(_CHARACTERS, min_size=1, max_size=12),
    st.text(st.characters(min_codepoint=0x10000, exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=4),
    st.sampled_from(["e\u0301 n\u0303", "\u1112\u1161\u11ab", "\u212b \u2126", "ﬁ", "Å é ö"]),
    st.sampled_from(["👩\u200d👩\u200d👧", "\u200fעם\u200e", "❤\ufe0f", "🇨🇿", "a\u200db", "\u00adsoft"]),
    st.sampled_from(["\\n", "C:\\new\\table", "\\\\", "\\u0041", "\\0"]),
    st.sampled_from(['"double"', "it's 'single'", "„low“ «angle»", "`tick`"]),
    st.sampled_from(["{{name}}", "${x}", "%s %d", "{% if a %}", "<%= z %>", "#{y}", "{0}", "$1 $&"]),
    st.sampled_from(["<b>bold</b>", "<script>x</script>", "a < b > c", "<!-- c -->", "</body>"]),
    st.sampled_from(["&amp;", "&lt;i&gt;", "&#39;", "&eacute;", "R&D"]),
    st.sampled_from(["\n", "\n\n", "one\ntwo"]),
    st.sampled_from(["two  spaces", "\u00a0hard\u00a0", "\u2028", "\u3000"]),
    st.sampled_from(["+1 234", "00123.50", "1e5", "true", "null", "NaN", "2025-06-15T14:30:00Z", "a=b&c=d", "100%25"]),
    st.text("<>&\"'{}$%\\/`;|", min_size=1, max_size=8),
)


def texts() -> st.SearchStrategy[str]:
    """Texts of several fragments; some end in space."""
    joined = st.lists(st.one_of(*_FRAGMENTS), min_size=2, max_size=6).map(" ".join)
    return st.builds(lambda text, end: text.strip() + end, joined, st.sampled_from(["", "", "", "", "  ", "\n"]))


def plain_metadata() -> st.SearchStrategy[dict[str, Any]]:
    """Strings under simple keys: what must come back equal."""
    named = st.sampled_from(["CamelKey", "camelkey", "dash-key", "dotted.key", "snake_case", "10", "9", "_x", "length"])
    keys = named | st.text("abcdefghijklmnopqrstuvwxyz_ABC-.0123456789", min_size=1, max_size=12)
    odd = st.sampled_from(["", "0", "00123.50", "42", "true", "null", "  kept  ", "[1, 2]", '{"a": 1}', "x" * 300])
    return _sized(keys, odd | odd | texts(), 14)


def rich_metadata() -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects of every shape: what should come back equal."""
    texts = st.text(_CHARACTERS, max_size=12)
    numbers = st.integers(-(2**53), 2**53) | st.sampled_from([1.5, -0.25, 1e-7, 0, -7]) | st.floats(-1e6, 1e6)
    scalars = st.none() | st.booleans() | numbers | texts
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
    )
    odd = st.sampled_from(["__proto__", "constructor", "toString", "ключ", "鍵", "🔑", "with space", "0", "a.b"])
    return _sized(odd | texts.filter(bool), values, 8)


def _sized(
    keys: st.SearchStrategy[str], values: st.SearchStrategy[Any], most: int
) -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(1, most).flatmap(lambda size: st.dictionaries(keys, values, min_size=size, max_size=size))


def messages() -> st.SearchStrategy[tuple[str, dict[str, Any], str]]:
    """A body, metadata, and a character to fill the body up with."""
    filler = st.sampled_from(["x", "é", "鍵", " ", "&", '"', "\\"])
    return st.tuples(texts(), st.one_of(plain_metadata(), rich_metadata()), filler)
