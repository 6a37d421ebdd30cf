"""messages-conformance: says whether what answers at a URL is the Messages API."""

__version__ = "0.1.0"
