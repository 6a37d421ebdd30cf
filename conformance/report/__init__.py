"""Readers of a finished run: a module per form. Reports read, they never drive."""
