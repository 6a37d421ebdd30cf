"""The drivers: they bring situations about and know no verdicts."""
