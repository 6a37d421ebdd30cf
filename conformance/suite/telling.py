"""Programs as numbered sentences, for whoever reads a report."""

from __future__ import annotations

from conformance.suite.programs import BOTH, IN_CONVERSATION, NOWHERE, OUTBOUND, Program, Step


def told(program: Program, names: list[str]) -> list[str]:
    """The steps as numbered sentences."""
    return [f"{number}. {_sentence(step, names)}" for number, step in enumerate(program, 1)]


def _sentence(step: Step, names: list[str]) -> str:
    name = names[step.get("to", 0) % len(names)] if names else "?"
    where = {
        NOWHERE: "",
        IN_CONVERSATION: f" of {name}",
        OUTBOUND: " of direction outbound",
        BOTH: f" of {name}, outbound",
    }
    kept = where[step.get("where", NOWHERE)]
    after = f" after message {step['after'] + 1}" if step.get("after") is not None else ""
    meanwhile = f", meanwhile {step['meanwhile']}" if step.get("meanwhile") else ""
    sentences = {
        "send": f"send {_messages(step)} to {name}{_how(step)}",
        "list": f"list{kept}{after}, limit {step.get('limit') or 'not given'}",
        "walk": f"walk the list{kept}{after} with pages of {step.get('sizes')}{meanwhile}",
        "tail": f"look at the end of the list{kept} with pages of {step.get('size')}",
        "look": f"retrieve message {step.get('message', 0) + 1}",
        "round": f"retrieve what was sent and list ({step.get('order')}), wait {step.get('ms')} ms",
        "settle": "wait until what was sent has arrived",
        "pause": f"wait {step.get('ms')} ms",
    }
    at_once = " and list, from two connections" if step["do"] == "look" and step.get("at_once") else ""
    return sentences[step["do"]] + at_once


def _messages(step: Step) -> str:
    kind = step.get("kind", "text")
    return f"{step.get('count', 1)} {'message' if kind == 'text' else kind}(s)"


def _how(step: Step) -> str:
    several = step.get("count", 1) > 1
    how = " at the same time" if step.get("at_once") and several else ""
    alike = " with one payload" if step.get("same") and several else ""
    return f"{how}{alike}{' with metadata' if step.get('metadata') else ''}"
