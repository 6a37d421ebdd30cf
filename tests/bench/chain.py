"""The longest chain of requests of a recorded run that cannot be made at the same time: what latency costs at least.

A request waits for the answer that showed the id which it names; a send that is accepted for the sends and the lists before
it, and a list for the sends before it. For what becomes of sends that are made at once is CONC-01's, and what lists show
while something is being sent CONC-02's: wherever anything else is put to the test, they are made one after another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PATH = "/v1/messages"


def longest(archive: Path) -> int:
    """The requests of the longest chain in an archive that a check has written."""
    shown: dict[str, list[tuple[float, int]]] = {}
    sends: list[tuple[float, int]] = []
    lists: list[tuple[float, int]] = []  # when an answer had come, and how long the chain was by then
    longest = 0
    for entry in json.loads(archive.read_text(encoding="utf-8"))["log"]["entries"]:
        request = entry["request"]
        is_send = request["method"] == "POST" and 200 <= entry["response"]["status"] < 300
        is_list = request["method"] == "GET" and _below(request) == ""
        waits_for = [each for name in _named(request) for each in shown.get(name, ())]
        waits_for += [*sends, *lists] if is_send else sends if is_list else []
        length = 1 + max((before for ended, before in waits_for if ended <= entry["_began"]), default=0)
        longest = max(longest, length)
        answered = (entry["_ended"], length)
        sends += [answered] if is_send else []
        lists += [answered] if is_list else []
        for name in _shown(entry):
            shown.setdefault(name, [answered])
    return longest


def _below(request: dict[str, Any]) -> str:
    return urlsplit(request["url"]).path.partition(PATH)[2]


def _named(request: dict[str, Any]) -> list[str]:
    query = dict(parse_qsl(urlsplit(request["url"]).query))
    return [unquote(_below(request)[1:]), query.get("starting_after", "")]


def _shown(entry: dict[str, Any]) -> Iterator[str]:
    try:
        body = json.loads(entry["response"]["content"].get("text") or "null")
    except ValueError:
        return
    items = body.get("data", [body]) if isinstance(body, dict) else []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item["id"]
