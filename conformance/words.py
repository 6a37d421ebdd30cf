"""What words on a command line mean, as argparse asks for it: ports, counts; and that what is answered can be said."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path


def port(text: str) -> int:
    """A TCP port, or 0 for any that is free."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return number


def positive(text: str) -> int:
    """A count of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def utterable() -> None:
    """Whatever the locale, what is printed is no error: a sign that it does not have is a question mark.

    Where standard output or error is closed, nobody reads it.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nobody = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nobody)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
