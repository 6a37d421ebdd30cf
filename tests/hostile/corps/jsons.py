"""What is no JSON, or too much of it."""

from __future__ import annotations

import json

from tests.hostile.cases import WRONG, texts

texts("nests_deeply", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, says="nested")
texts("nests_deeply_in_lists", b"[" * 900_000 + b"]" * 900_000, says="nested")
texts("has_a_million_values", b"[" + b"1," * 900_000 + b"1]", says="values")
texts(
    "has_a_number_of_a_million_digits",
    b'{"object": "list", "data": [], "has_more": ' + b"9" * 10**6 + b"}",
    says="number",
)
texts("says_a_name_twice", b'{"object": "list", "object": "list", "data": [], "has_more": false}', says="twice")
texts("says_nan", b'{"object": "list", "data": [NaN], "has_more": false}', says="NaN")
texts("begins_with_a_mark", b'\xef\xbb\xbf{"object": "list", "data": [], "has_more": false}', says="byte order mark")
texts("is_not_utf_8", b'{"object": "list", "data": ["\xff\xfe"], "has_more": false}', says="UTF-8")
texts("is_utf_16", '{"object": "list"}'.encode("utf-16"), says="UTF-8")
texts("goes_on_after_its_end", b'{"object": "list", "data": [], "has_more": false} and more', says="Extra data")
texts("is_cut_off_within", b'{"object": "list", "da', says="")
texts("is_empty", b"", says="")
texts("is_null", b"null", WRONG, "LIST-01")
ODD = {"object": "list", "data": [None, 1, [], {}, {"id": {}}, {"id": ""}], "has_more": 1}
texts("is_a_list_of_oddities", json.dumps(ODD).encode(),
      WRONG, "LIST-01")  # fmt: skip
texts(
    "has_numbers_beyond_all",
    b'{"object": "list", "data": [1e999, -1e999, 0.1e-9999], "has_more": 1e400}',
    WRONG,
    "LIST-01",
)
