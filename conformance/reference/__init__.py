"""A correct implementation of the Messages API to test against, its variants and its named faults.

It imports nothing of the suite that judges it, so that a judge cannot agree with itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application import create_app as create_app
    from .faults import FAULTS as FAULTS
    from .faults import Fault as Fault
    from .server import Running as Running
    from .server import run_in_thread as run_in_thread
    from .server import serve as serve
    from .server import target_toml as target_toml
    from .settings import Settings as Settings
    from .variants import VARIANTS as VARIANTS
    from .variants import Variant as Variant
    from .variants import combine as combine

_HOMES = {
    "create_app": "application",
    "FAULTS": "faults",
    "Fault": "faults",
    "Running": "server",
    "run_in_thread": "server",
    "serve": "server",
    "target_toml": "server",
    "Settings": "settings",
    "VARIANTS": "variants",
    "Variant": "variants",
    "combine": "variants",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Imports a name when it is first asked for: a list of faults needs no server, a server no faults."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
