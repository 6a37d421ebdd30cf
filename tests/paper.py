"""What the pages of measurements share: their style, a template's surroundings, and under what conditions they were made."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

ROOT = Path(__file__).parents[1]


def template(file: Path) -> Template:
    """A page's template; it includes the common style as `paper.css`."""
    environment = Environment(
        loader=FileSystemLoader([file.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(file.name)


def moment() -> str:
    """Now, as people write it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def start() -> dict[str, str]:
    """What is to be remembered of the beginning."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {"began": moment(), "commit": done.stdout.strip() or "unknown"}


def machine() -> str:
    """The machine in a few words."""
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"


def versions() -> dict[str, str]:
    """What is measured, and what it is built upon."""
    return {name: version(name) for name in ("schemathesis", "httpx", "hypothesis", "pytest", "starlette", "uvicorn")}


def conditions() -> dict[str, Any]:
    """What is to be said at the end: of the machine, of when, and of how busy it was."""
    busy = round(os.getloadavg()[1], 2)
    return {
        "machine": machine(),
        "system": platform.system(),
        "load": busy,
        "versions": versions(),
        "written": moment(),
    }
