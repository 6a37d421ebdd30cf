"""A client for the self-test: a few hundred requests, and the clauses that the answers do not keep."""

import http.client
import json
import re
import threading
import time
import tomllib
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

STATUSES = ["queued", "sent", "delivered", "read", "failed"]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


def instant(text):
    if not isinstance(text, str) or not RFC3339.match(text):
        return None
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text.upper().replace("Z", "+00:00"))
    text = re.sub(r"\.(\d{1,5})(?=[+-])", lambda m: "." + m[1].ljust(6, "0"), text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def strict(octets):
    def pairs(items):
        if len(dict(items)) < len(items):
            raise ValueError("a key twice")
        return dict(items)

    def constant(name):
        raise ValueError(name)
    return json.loads(octets.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)


class Reply:
    def __init__(self, status, headers, octets):
        self.status, self.headers, self.octets = status, headers, octets
        try:
            self.value = strict(octets) if octets else None
            self.sound = True
        except (ValueError, RecursionError):
            self.value, self.sound = None, False
        self.ok = 200 <= status < 300
        self.refused = 400 <= status < 500

    def __getitem__(self, name):
        return self.value.get(name) if isinstance(self.value, dict) else None


class Client:
    def __init__(self, target, fail):
        self.target, self.fail = target, fail
        parts = urlsplit(target["base_url"])
        self.host, self.prefix = parts.netloc, parts.path
        self.local = threading.local()
        self.count = 0

    def call(self, method, path, key="", payload=None, headers=None):
        """`key` "" is the main one, None is no header at all."""
        fields = {} if key is None else {"Authorization": "Bearer " + (key or self.target["api_key"])}
        if payload is not None:
            if not isinstance(payload, (bytes, str)):
                payload = json.dumps(payload)
            payload = payload.encode() if isinstance(payload, str) else payload
            fields["Content-Type"] = "application/json"
        fields.update(headers or {})
        for attempt in range(6):
            reply = self.once(method, self.prefix + path, payload, fields)
            if reply.status != 429:
                break
            if not reply.headers.get("Retry-After"):
                self.fail("HTTP-03", "429 without Retry-After")
            time.sleep(0.05)
        if reply.status >= 500:
            self.fail("ERR-01", "%s %s -> %d" % (method, path[:80], reply.status))
        if reply.ok and reply.status != 204 and method not in ("HEAD", "OPTIONS"):
            if not reply.sound:
                self.fail("HTTP-01", "%s %s is no sound JSON" % (method, path[:80]))
            elif "json" not in (reply.headers.get("Content-Type") or ""):
                self.fail("HTTP-01-S", "%s %s" % (method, path[:80]))
        secret = fields.get("Authorization", "").removeprefix("Bearer ").strip()
        if len(secret) > 9 and (secret in str(reply.headers) or secret.encode() in reply.octets):
            self.fail("AUTH-06", path[:80])
        if reply.refused and reply.octets:
            self.check_error(reply, method, path)
        return reply

    def once(self, method, path, payload, fields):
        for attempt in (0, 1):
            link = getattr(self.local, "link", None)
            fresh = link is None
            if fresh:
                link = self.local.link = http.client.HTTPConnection(self.host, timeout=15)
            try:
                self.count += 1
                link.request(method, path, payload, fields)
                answer = link.getresponse()
                octets = answer.read()
                if answer.will_close:
                    link.close()
                    self.local.link = None
                return Reply(answer.status, answer.headers, octets)
            except (OSError, http.client.HTTPException) as trouble:
                link.close()
                self.local.link = None
                if fresh or isinstance(trouble, http.client.IncompleteRead):
                    self.fail("ERR-01", "broken answer: %r" % trouble)
                    return Reply(599, {}, b"")
        return Reply(599, {}, b"")

    def check_error(self, reply, method, path):
        error = reply["error"]
        types = {"invalid_request_error", "authentication_error", "permission_error", "not_found_error", "rate_limit_error", "api_error"}
        if not isinstance(error, dict) or error.get("type") not in types or not isinstance(error.get("message"), str) \
                or not isinstance(error.get("code"), str):
            self.fail("ERR-02", "%s %s: %r" % (method, path[:60], reply.octets[:90]))
        else:
            fits = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
            if fits.get(reply.status, "invalid_request_error") != error["type"]:
                self.fail("ERR-03", "%d with %s" % (reply.status, error["type"]))
        if re.search(rb"Traceback|File \\?\"|\bat .*:\d+:\d+|SELECT |stack", reply.octets):
            self.fail("ERR-04", "%s %s" % (method, path[:60]))

    def send(self, conversation, body, key="", **more):
        return self.call("POST", "/v1/messages", key, {"conversation_id": conversation, "body": body, **more})

    def get(self, ident, key=""):
        return self.call("GET", "/v1/messages/" + quote(str(ident), safe=""), key)

    def list(self, key="", **query):
        return self.call("GET", "/v1/messages" + ("?" + urlencode(query) if query else ""), key)

    def walk(self, limit=100, sizes=None, most=4000, between=None, **query):
        """The items of a walk, or None where it went astray."""
        items, page, seen = [], 0, set()
        while len(items) <= most:
            size = sizes[page % len(sizes)] if sizes else limit
            if size:
                query["limit"] = size
            else:
                query.pop("limit", None)
            reply = self.list(**query)
            if reply.status != 200 or not isinstance(reply["data"], list):
                self.fail("LIST-01", "page %d of a walk: %d" % (page, reply.status))
                return items
            if not all(isinstance(item, dict) for item in reply["data"]):
                return items
            items += reply["data"]
            if reply["has_more"] is not True:
                return items
            if not reply["data"] or reply["data"][-1].get("id") in seen:
                self.fail("PAGE-01", "a walk does not go on: %r" % (query,))
                return items
            if len(reply["data"]) != (size or 25):
                self.fail("LIST-04", "%d items for limit %s" % (len(reply["data"]), size))
            query["starting_after"] = reply["data"][-1]["id"]
            seen.add(query["starting_after"])
            if between:
                between(page)
            page += 1
        self.fail("PAGE-01", "a walk does not end")
        return items


class Failures:
    def __init__(self):
        self.found = {}

    def __call__(self, clause, detail=""):
        self.found.setdefault(clause, []).append(detail)


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def run(target):
    """{clause: [details]} of what was found amiss, and the number of requests."""
    from probe_checks import CHECKS
    fail = Failures()
    client = Client(target, fail)
    for check in CHECKS:
        try:
            check(client, target, fail)
        except Exception as trouble:                # an answer so strange that the check could not go on
            fail("?", "%s: %r" % (check.__name__, trouble))
    return fail.found, client.count
