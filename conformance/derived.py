"""What was made of spec/openapi.yaml once, and is kept in spec/generated.json with the document's hash."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from conformance.catalogue import CatalogueError, spec_path


@cache
def kept() -> dict[str, Any]:
    """All that is kept; empty where the file is missing or cannot be read."""
    try:
        found: dict[str, Any] = json.loads(spec_path("generated.json").read_text(encoding="utf-8"))
    except (CatalogueError, ValueError):
        return {}
    return found


def of_spec(name: str) -> Any:
    """What is kept of the document as it is now; None where it was made of another one."""
    return kept().get(name) if kept().get("spec") == digest() else None


@cache
def digest() -> str:
    """The hash of the document."""
    return hashlib.sha256(spec_path("openapi.yaml").read_bytes()).hexdigest()
