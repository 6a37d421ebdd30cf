"""Faults: each a class that is laid over the service and answers some of its questions wrongly."""

from faults import fields, http, keys, lists, metadata, pages, queries, sends, statuses, texts  # noqa: F401
from faults.base import CATALOGUE  # noqa: F401
