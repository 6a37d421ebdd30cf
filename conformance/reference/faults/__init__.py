"""Named ways of being wrong, each a small change to the correct server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import (  # noqa: F401 each chapter declares its faults as it is imported
    accounts,
    auth,
    bodies,
    concurrency,
    cursors,
    ends,
    filters,
    ids,
    kinds,
    lengths,
    limits,
    listing,
    messages,
    metadata,
    omissions,
    order,
    outcomes,
    owned,
    paging,
    payloads,
    publishable,
    refusals,
    retrieval,
    sending,
    statuses,
    texts,
    wire,
)
from .registry import REGISTRY, Fault

__all__ = ["FAULTS", "Fault"]

FAULTS: Mapping[str, Fault] = MappingProxyType(REGISTRY)
