"""Tests of one's own beside the suite's: they use the same server."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest


def test_nobody_reads_without_a_key(base_url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{base_url}/v1/messages", timeout=5)
