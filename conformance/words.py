"""What words on a command line mean, as argparse asks for it: ports and counts."""

from __future__ import annotations

import argparse


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
