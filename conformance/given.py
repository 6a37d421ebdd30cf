"""What a user's fixtures give: the target in any of its forms, and hooks that bring about what only the server can."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.target import Target, TargetError, described, load

Given = Target | Mapping[str, object] | str | os.PathLike[str] | None
"""What the fixture `target` may give; None stands for what flags, environment and file say."""


@dataclass(frozen=True)
class Hooks:
    """What an implementation can simulate at somebody's word; None where it cannot."""

    advance_delivery: Callable[[str, str, str], object] | None = None
    """Called with conversation, message and status: lets a message move there."""
    receive_inbound: Callable[[str, str], str | None] | None = None
    """Called with conversation and body: lets a customer write, and tells the new message's id if it knows it."""

    def __post_init__(self) -> None:
        for name in ("advance_delivery", "receive_inbound"):
            hook = getattr(self, name)
            if hook is not None and not callable(hook):
                raise TargetError(f"the fixture {name} gives a {type(hook).__name__}, which cannot be called")


def resolve(
    given: Given,
    base_url: str | None,
    api_key: str | None,
    conversations: tuple[str, ...] = (),
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """The target that a fixture gives; what it lacks comes from the base URL and key given, then from the environment.

    Raises `TargetError` with one sentence where what was given describes none.
    """
    if given is None or isinstance(given, str | os.PathLike):
        return load(None if given is None else str(Path(given)), base_url, api_key, conversations, environment)
    if isinstance(given, Mapping):
        given = described(given, environment)
    if not isinstance(given, Target):
        kinds = "a Target, a mapping with the keys of a target file, or the path of one"
        raise TargetError(f"the fixture target gives a {type(given).__name__}; it may give {kinds}")
    without_file = {name: value for name, value in environment.items() if name != "CONFORMANCE_TARGET"}
    named = load(None, given.base_url or base_url, given.api_key or api_key, conversations, without_file)
    known = given.terms.conversations
    more = [each for each in named.terms.conversations if not given.terms.conversation(each.id)]
    terms = replace(given.terms, conversations=(*known, *more))
    return replace(given, base_url=named.base_url, api_key=named.api_key, terms=terms)
