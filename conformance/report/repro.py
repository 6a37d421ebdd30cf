"""Findings as programs: for each, one script for Python and one for a shell, that anyone can run without this suite.

A script makes the requests of the finding again, in order, with new marks and with the ids that the answers give this
time, and judges what comes by one small check. Which check that is `templates/repro/rules.toml` says; the parts that
the scripts are put together from stand next to it. Whatever a target sent stands in them as data.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from conformance import catalogue
from conformance.report import repro_code as code
from conformance.report import repro_steps as steps
from conformance.report.repro_step import escaped, is_list
from conformance.report.text import plain
from conformance.whole import write_text

PARTS = Path(__file__).parent / "templates" / "repro"
_INSTANT = r'"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"'
_SHAPES = {
    "a non-empty string": '".+"',
    "a string": '".*"',
    "an object": r"\{.*",
    "an array": r"\[.*",
    "true": "true",
    "false": "false",
    "null": "null",
    "an RFC 3339 date-time with an offset": _INSTANT,
}
_MODULES = ("base64", "itertools", "json", "os", "re", "secrets", "sys", "threading", "time")
_NAMES = (
    "from concurrent.futures import ThreadPoolExecutor\nfrom datetime import datetime\nfrom urllib.parse import quote\n"
)
_DISTURBED = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-06", "PAGE-07", "CONC-02", "LIST-10")
_USAGE = (
    "Exits 1 while the fault is there, 0 when it is not seen any more, 2 when it cannot tell.",
    "Takes the keys from $MESSAGES_API_KEY ($PUBLISHABLE_KEY, $OTHER_ACCOUNT_KEY), the base URL from $BASE_URL.",
)


def write(folder: Path, violation: Mapping[str, Any], base_url: str) -> list[str]:
    """Write a violation's scripts into `folder/repro`; their names below the folder, none where no script shows it."""
    made = scripts(violation, base_url)
    (folder / "repro").mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        file = folder / "repro" / name
        write_text(file, text, errors="backslashreplace", mode=0o755)
    return [f"repro/{name}" for name in made]


def scripts(violation: Mapping[str, Any], base_url: str) -> dict[str, str]:
    """The scripts of a violation by their file names; none where no honest one can be made."""
    rule = _rule(violation)
    settings = _settings(violation, rule) if rule and violation["replay"] else None
    if rule is None or settings is None:
        return {}
    kind, name = str(rule.get("kind", "answer")), violation["requirement"]
    record = steps.Record(violation, kind, rule)
    made = record.replay()
    settings["CONSISTENCY"] = violation.get("consistency", 0)
    settings |= record.settings()
    races = name.startswith("CONC") or len(settings.get("LOOKED", ())) > 1
    settings["ROUNDS"] = 5 if races else 3 if violation.get("flaky") else 1
    title = catalogue.load()[name].title
    settings |= {"TITLE": f"{name} {title}", "EXPECTED": plain(violation["expected"]), "NEEDS": record.needs()}
    head = _head(violation, f"{name}: {title}")
    return {
        f"{name}.py": _python(head, base_url, settings, kind, code.python(made)),
        f"{name}.sh": _shell(head, base_url, settings, kind, code.shell(made)),
    }


@cache
def _rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = tomllib.loads((PARTS / "rules.toml").read_text(encoding="utf-8"))["rule"]
    return rules


def _rule(violation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first rule that fits a finding, what its pattern caught filled in."""
    names = {"id": violation["requirement"], "expected": violation["expected"], "got": violation["got"]}
    for rule in _rules():
        found = {name: re.search(rule.get(name, ""), text) for name, text in names.items()}
        if all(found.values()):
            caught = found["expected"]
            assert caught is not None
            return {**rule, "caught": caught.groups(), **caught.groupdict()}
    return None


def _settings(violation: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the check of a rule needs to know; None where it cannot be known."""
    maker = {
        "answer": _of_answer,
        "agree": lambda rule, _: {"FIELD": rule["caught"][0]},
        "progress": _of_progress,
        "arrival": _of_arrival,
        "kept": lambda *_: {"PATIENCE": 2},
        "left": lambda *_: {"PAUSE": 0.1},
        "looked": lambda *_: {"PAUSE": 1},
        "order": lambda *_: {"SENDS": 8, "PAUSE": 0.3},
        "limited": lambda *_: {"MOST": 400},
        "pages": _of_pages,
    }[rule.get("kind", "answer")]
    made: dict[str, Any] | None = maker(rule, violation)
    for name in ("PATIENCE", "PAUSE", "LAG") if made else ():
        if made and name in made:
            longer = made[name] + violation.get("consistency", 0)
            made[name] = ceil(longer) if isinstance(made[name], int) else longer  # a number of tries stays one
    return made


def _of_answer(rule: Mapping[str, Any], violation: Mapping[str, Any]) -> dict[str, Any] | None:
    checks = [[what, how, _filled(wanted, rule["caught"])] for what, how, wanted in rule.get("checks", [])]
    checks = [[[_filled(each, rule["caught"]) for each in what], how, wanted] for what, how, wanted in checks]
    if "shape" in rule:
        field = [] if rule["field"] in ("the object", "the list") else [rule["field"]]
        checks = [[[rule["base"], *field], "is", shape]] if (shape := _shape(rule["shape"])) else []
    listed = is_list(violation["replay"][-1])
    if any(how.endswith("as sent") for _, how, _ in checks) and violation["replay"][-1]["method"] != "POST":
        return None  # what was sent is not known
    if violation["requirement"] == "SEND-17" and listed:
        return None  # a list shows other conversations, too
    return {"CHECKS": checks, "ONLY": rule.get("only", ""), "WHEN": rule.get("when", "")} if checks else None


def _filled(text: Any, caught: Sequence[str]) -> Any:
    if not isinstance(text, str):
        return text
    if re.fullmatch(r"\$1", text) and caught and caught[0].isdigit():
        return int(caught[0])
    return text.replace("$1", escaped(caught[0])) if caught and caught[0] else text


def _shape(told: str) -> str | None:
    """The pattern of JSON texts that are what the contract's words say; None where the words are not known."""
    if told.startswith(("one of ", '"')):
        return f"^({'|'.join(map(escaped, told.removeprefix('one of ').split(', ')))})$"
    known = [_SHAPES.get(each) for each in told.split(" or ")]
    return f"^({'|'.join(each for each in known if each)})$" if all(known) else None


def _of_progress(rule: Mapping[str, Any], violation: Mapping[str, Any]) -> dict[str, Any]:
    late = re.search(r"^a list said .* ([0-9.]+) s later$", violation["got"], re.DOTALL)
    return {"FIRST": rule["caught"][1], "LAG": min(float(late[1]), 5.0) if late else 0.0, "QUIET": 2}


def _of_arrival(rule: Mapping[str, Any], violation: Mapping[str, Any]) -> dict[str, Any]:
    arrived = {"delivered": "delivered read", "read": "read", "failed": "failed"}
    conversation, outcome, within = rule["caught"]
    return {"RECORDED": conversation, "ARRIVED": arrived[outcome].split(), "WITHIN": float(within)}


def _of_pages(rule: Mapping[str, Any], violation: Mapping[str, Any]) -> dict[str, Any]:
    name = violation["requirement"]
    lists = [each for each in violation["replay"] if is_list(each)]
    sizes = [dict(parse_qsl(urlsplit(each["target"]).query)).get("limit") for each in lists]
    if name == "PAGE-03" and len(set(sizes)) < 2:
        sizes += ["2", "3"]
    if all(size is not None and int(size) > 40 for size in sizes):
        sizes += ["3"]
    asked = dict(parse_qsl(urlsplit(lists[-1]["target"]).query)) if lists else {}
    return {
        "SIZES": [int(size) if size else None for size in sizes[:8]],
        "MOST": 10,
        "PATIENCE": 5 if asked.get("direction") != "inbound" else 0,
        "FILTERS": {each: asked[each] for each in ("conversation_id", "direction") if each in asked},
        "WALKS": ["alone", "looked", "between", "crowd"] if name in _DISTURBED else ["alone", "looked"],
        "JUMPS": name.startswith(("PAGE", "CONC")) or any("starting_after=" in each["target"] for each in lists),
        "WATCH": name == "PAGE-08",
    }


def _head(violation: Mapping[str, Any], title: str) -> str:
    """The comment that a script begins with: every line of it one line, whatever a target sent."""
    told = violation["steps"] or [
        f"{number}. {each['method']} {unquote_plus(each['target'])} {each['body'][:200]}".strip()
        for number, each in enumerate(violation["replay"], 1)
    ]
    lines = [title, f"expected: {violation['expected']}", f"got: {violation['got']}", *told, *_USAGE]
    lines += [f"flaky: it failed {violation['flaky']} times"] if violation.get("flaky") else []
    return "".join(f"# {plain(line, 400)}\n" for line in lines)


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _python(head: str, base_url: str, settings: Mapping[str, Any], kind: str, replay: str) -> str:
    constants = [f'BASE_URL = (os.environ.get("BASE_URL") or {base_url!a}).rstrip("/")\n']
    constants += [f"{name} = {value!a}\n" for name, value in settings.items()]
    base, check, end = _part("base.py.txt"), _part(f"{kind}.py.txt"), _part("end.py.txt")
    body = f"{''.join(constants)}\n{base}\n\n{check}\n\n{replay}{end}"
    imports = "".join(f"import {each}\n" for each in _MODULES if f"{each}." in body) + _NAMES
    return f"#!/usr/bin/env python3\n{head}\n{imports}\nimport httpx\n\n{body}"


def _shell(head: str, base_url: str, settings: Mapping[str, Any], kind: str, replay: str) -> str:
    words = {name: value for name, value in settings.items() if name not in ("CHECKS", "FILTERS")}
    constants = "".join(f"{name}={_word(name, value)}\n" for name, value in words.items())
    base, check, end = _part("base.sh.txt"), _part(f"{kind}.sh.txt"), _part("end.sh.txt")
    default = f'[ -n "${{BASE_URL:-}}" ] || BASE_URL={shlex.quote(base_url)}\nBASE_URL=${{BASE_URL%/}}\n'
    return f"#!/bin/sh\n{head}\n{default}{constants}\n{base}\n{check}\n{replay}{_extra(settings)}{end}"


def _word(name: str, value: Any) -> str:
    """A setting as one word of a shell; lists as words with spaces between, a conversation as JSON text."""
    if name == "RECORDED":
        return shlex.quote(json.dumps(value)) if value else "''"
    if isinstance(value, list):
        return shlex.quote(" ".join("none" if each is None else str(each) for each in value))
    return shlex.quote("1" if value is True else "" if value is False or value is None else str(value))


def _extra(settings: Mapping[str, Any]) -> str:
    """What a shell script does with the checks and the filters, which are no words."""
    if "CHECKS" in settings:
        lines = [shlex.join(["check", str(wanted), how, *what]) for what, how, wanted in settings["CHECKS"]]
        return "\nchecks() {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"
    if "FILTERS" in settings:
        lines = [shlex.join(["stray", name, json.dumps(value)]) for name, value in settings["FILTERS"].items()]
        return "\nstrays() {\n" + "".join(f"    {line}\n" for line in lines or [":"]) + "}\n"
    return ""
