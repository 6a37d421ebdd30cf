"""Steps as code: the function `replay` of a Python script, and that of a shell script. Every text in it is quoted."""

from __future__ import annotations

import shlex

from conformance.report.repro_step import KEYS, Step

_WRONG = {
    "Bearer <an unknown key of the same form>": ("Bearer ", "unknown"),
    "Bearer <the key without its last character>": ("Bearer ", "shorter"),
    "Bearer <the key and one character more>": ("Bearer ", "longer"),
    "Bearer <the key in the other case>": ("Bearer ", "case"),
    "Bearer <the key after another word>": ("Bearer garbage ", "right"),
}


def python(made: list[Step]) -> str:
    """The function `replay` of a Python script."""
    lines = []
    for group in _groups(made):
        lines += [f"time.sleep({group[0].wait})"] if group[0].wait else []
        calls = [_python_call(step) for step in group if step.method]
        lines += calls if len(calls) < 2 else ["together([", *(f"    lambda: {each}," for each in calls), "])"]
        lines += [line for step in group for give in step.gives for line in _python_give(give)]
    return "def replay():\n" + "".join(f"    {line}\n" for line in lines or ["return"])


def _python_call(step: Step) -> str:
    target = " + ".join(f"encoded({part[1]!a})" if isinstance(part, tuple) else ascii(part) for part in step.target)
    names = {"id": "now[{!a}].encode()", "mark": "mark({!a})"}
    parts = [names[part[0]].format(part[1]) if isinstance(part, tuple) else repr(_bytes(part)) for part in step.body]
    body = " + ".join(parts)
    headers = ", ".join(f"({name!a}, {_python_header(value)})" for name, value in step.headers)
    words = f"{step.number!a}, {step.method!a}, {target}, [{headers}]{', ' if body else ''}{body}"
    return f"until({step.until!a}, {words})" if step.until else f"ask({words})"


def _python_header(value: str) -> str:
    if value in _WRONG:
        return f"{_WRONG[value][0]!a} + wrong_key({_WRONG[value][1]!a})"
    name = value.removeprefix("Bearer $")
    return f'"Bearer " + key({name!a})' if name in KEYS and name != value else ascii(value)


def _python_give(give: tuple[str, ...]) -> list[str]:
    if give[0] == "keep":
        listed = 'ask("look", "GET", "/v1/messages?limit=100&direction=inbound", ours())'
        return [listed, f'keep({give[1]!a}, "look", {give[2]!a}, {give[3]!a})']
    return [f"send({give[1]!a})"] if give[0] == "plain" else [f"give({give[1]!a}, {give[2]!a})"]


def _groups(made: list[Step]) -> list[list[Step]]:
    groups: list[list[Step]] = []
    for step in made:
        together = groups and step.group and groups[-1][0].group == step.group and step.method
        groups[-1:] = [[*groups[-1], step]] if together else [*groups[-1:], [step]]
    return groups


# -- for a shell -------------------------------------------------------------------------------------------------------


def shell(made: list[Step]) -> str:
    """The function `replay` of a shell script."""
    lines = []
    for group in _groups(made):
        lines += [f"sleep {group[0].wait}"] if group[0].wait else []
        lines += [_shell_body(step) for step in group if step.body]
        many = sum(bool(step.method) for step in group) > 1
        lines += [_shell_call(step) + (" &" if many else "") for step in group if step.method]
        lines += ["joined"] if many else []
        lines += [line for step in group for give in step.gives for line in _shell_give(give)]
    return "replay() {\n" + "".join(f"    {line}\n" for line in lines or [":"]) + "}\n"


def _shell_body(step: Step) -> str:
    """The line that writes a body: its bytes as a format of printf, in which %s stands for marks and ids."""
    form, words = "", []
    for part in step.body:
        if isinstance(part, tuple):
            form += "%s"
            words.append(f'"$MARK-{part[1]}"' if part[0] == "mark" else f'"$(cat "$W/now.{part[1]}")"')
        else:
            form += "".join(_shell_byte(each) for each in _bytes(part))
    return " ".join(["printf", shlex.quote(form), *words, f'> "$W/{step.number}.body"'])


def _bytes(part: str) -> bytes:
    return part.encode("latin-1", "backslashreplace")


def _shell_byte(byte: int) -> str:
    if byte in b"%\\":
        return chr(byte) * 2
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _shell_call(step: Step) -> str:
    parts = [f'"$(encoded {part[1]})"' if isinstance(part, tuple) else shlex.quote(part) for part in step.target]
    target = "".join(parts)
    words = [step.number, step.method, target, *(_shell_header(name, value) for name, value in step.headers)]
    return f"until_status {shlex.quote(step.until)} {' '.join(words)}" if step.until else f"ask {' '.join(words)}"


def _shell_header(name: str, value: str) -> str:
    if value in _WRONG:
        return f'"{name}: {_WRONG[value][0]}$(wrong_key {_WRONG[value][1]})"'
    variable = value.removeprefix("Bearer $")
    if variable in KEYS and variable != value:
        return f'"{name}: Bearer ${variable}"'
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def _shell_give(give: tuple[str, ...]) -> list[str]:
    if give[0] == "keep":
        listed = "ours look '/v1/messages?limit=100&direction=inbound'"
        return [listed, shlex.join(["keep", give[1], "look", *give[2:]])]
    return [f"send {give[1]}"] if give[0] == "plain" else [f"give {give[1]} {give[2]}"]
