"""Faults: each a class that is laid over the service and answers some of its questions wrongly."""

from faults import http, keys, lists, metadata, pages, sends, statuses, texts  # noqa: F401
from faults.base import CATALOGUE  # noqa: F401
