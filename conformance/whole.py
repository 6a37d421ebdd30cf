"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_text(path: Path, content: str, encoding: str = "utf-8", errors: str = "strict", mode: int = 0o644) -> None:
    """Write a file whole or not at all: whoever looks sees the old one or the new one, never a part."""
    if path.exists() and not path.is_file():  # a device or a pipe is written to, and never replaced
        path.write_text(content, encoding=encoding, errors=errors)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding=encoding, errors=errors, newline="\n") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
