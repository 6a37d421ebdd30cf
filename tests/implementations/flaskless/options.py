"""The open questions of the documentation, as a table: name, the documented or plainest answer, and the others."""

import random

# (name, plain answer, all answers; one that stands twice is twice as likely)
TABLE = [
    ("sequence", "newest", ["newest", "oldest"]),
    ("list_items", "five", ["five", "all", "envelope"]),
    ("accepted", 201, [200, 201, 202]),
    ("refused", 400, [400, 422]),
    ("strange_conversation", 404, [404, 404, 422, 400, 403]),
    ("strange_filter", "empty", ["empty", "missing"]),
    ("error_shape", "documented", ["documented", "documented", "flat", "text", "nothing"]),
    ("id_style", "mixed", ["mixed", "sortable", "hex", "bare", "dotted"]),
    ("fraction", 0, [0, 1, 3, 6]),
    ("zone", "Z", ["Z", "Z", "+00:00", "-03:00"]),
    ("bad_limit", "refuse", ["refuse", "clamp", "default"]),
    ("null_option", "absent", ["absent", "refuse"]),
    ("stranger_field", "ignore", ["ignore", "refuse"]),
    ("control_text", "echo", ["echo", "refuse"]),
    ("half_pair", "refuse", ["echo", "refuse"]),
    ("blank_body", "refuse", ["accept", "refuse"]),
    ("no_metadata", "object", ["object", "null", "leave"]),
    ("no_media", "leave", ["leave", "null"]),
    ("error_field", "text", ["text", "object"]),
    ("tempo", "steady", ["at_once", "fast", "steady", "slow", "still"]),
    ("begins", "sent", ["sent", "queued"]),
    ("inbound_at", "delivered", ["delivered", "read", "sent"]),
    ("window", 0.0, [0.0, 0.0, 0.0, 0.4, 1.0]),
    ("window_covers", "list", ["list", "both"]),
    ("connections", "keep", ["keep", "keep", "close"]),
    ("body_framing", "length", ["length", "chunked", "until_close"]),
    ("compress", False, [False, True]),
    ("head", "refuse", ["refuse", "answer"]),
    ("options", "refuse", ["refuse", "answer"]),
    ("strange_method", 405, [405, 405, 404]),
    ("more_fields", False, [False, True]),
    ("others_write", 0.0, [0.0, 0.0, 0.3, 0.08]),
    ("before", 110, [0, 50, 110, 3000]),
    ("throttle", 0, [0, 0, 60]),
    ("mount", "", ["", "", "/api", "/sandbox/eu-1"]),
    ("no_key", 401, [401, 401, 401, 403]),
    ("strange_direction", "refuse", ["refuse", "refuse", "ignore"]),
    ("strange_cursor", 400, [400, 404, 422, "empty"]),
    ("other_media_type", 415, [415, 400, 422]),
    ("twice", "first", ["first", "last"]),
    ("ascii_json", False, [False, True]),
    ("charset", True, [True, False]),
    ("key_order", "documented", ["documented", "alphabet", "shuffled"]),
    ("conversation_style", "conv", ["conv", "uuid", "mailbox"]),
    ("told", "everything", ["everything", "everything", "one_key", "no_outcome"]),
]


def pick(seed):
    if seed == "none":
        return {name: plain for name, plain, _ in TABLE}
    return {name: random.Random("%s/%s" % (name, seed)).choice(answers) for name, _, answers in TABLE}


def deviations(c):
    """SHOULD clauses that these answers do not keep: warnings, never failures."""
    found = set()
    if c["error_shape"] != "documented":
        found |= {"ERR-02", "ERR-03"}
    if c["id_style"] == "bare":
        found.add("SEND-02-S1")
    if c["zone"] == "-03:00":
        found.add("SEND-02-S2")
    if c["bad_limit"] != "refuse":
        found.add("LIST-05-S")
    if c["no_key"] == 403:
        found |= {"AUTH-01-S", "AUTH-02-S", "ERR-03"}
    if c["strange_direction"] != "refuse":
        found.add("LIST-07-S")
    if c["strange_cursor"] == "empty":
        found.add("PAGE-10")
    return sorted(found)
