"""httpx without its command line, for which it would import ninety modules (rich, pygments, click): half its time."""

import sys

_COMMAND_LINE = "httpx._main"
_spared = _COMMAND_LINE not in sys.modules
if _spared:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # importing it fails, which httpx is prepared for

import httpx as httpx  # noqa: E402

if _spared:
    del sys.modules[_COMMAND_LINE]
