"""What the self-test looks at, chapter by chapter."""

import json
import threading
import time
import uuid
from datetime import datetime, timezone

from probe import STATUSES, instant

AWAY = "conv_of_nobody_000"


def until(client, target, ident, key=""):
    """Retrieve, waiting for as long as the target's window allows."""
    end = time.monotonic() + target["consistency_seconds"] + 0.05
    while True:
        reply = client.get(ident, key)
        if reply.status != 404 or time.monotonic() > end:
            return reply
        time.sleep(0.1)


def settle(target):
    time.sleep(target["consistency_seconds"] + 0.05 if target["consistency_seconds"] else 0)


def bodies(client, conversation=None, **query):
    if conversation:
        query["conversation_id"] = conversation
    return [item.get("body") for item in client.walk(100, **query)]


def whole(client, target, fail, sent, reply, status=None):
    """A whole message: SEND-02, or GET-01 for one that was retrieved."""
    m = reply.value
    clause = "GET-01" if status else "SEND-02"
    if not isinstance(m, dict):
        return fail(clause, "no object")
    want = {"object": "message", "conversation_id": sent["conversation_id"], "type": sent.get("type", "text"), "direction": "outbound"}
    for name, value in want.items():
        if m.get(name) != value:
            fail(clause, "%s is %r" % (name, m.get(name)))
            if name == "type":
                fail("SEND-03", repr(m.get(name)))
    if m.get("body") != sent["body"]:
        fail("SEND-11", "%r came back as %r" % (sent["body"][:60], str(m.get("body"))[:60]))
        if status:
            fail("GET-02", "body")
    if (m.get("metadata") or {}) != (sent.get("metadata") or {}) or isinstance(m.get("metadata"), list):
        fail("SEND-10", "%r came back as %r" % (sent.get("metadata"), m.get("metadata")))
    if not isinstance(m.get("id"), str) or not m["id"]:
        fail(clause, "id")
    elif not m["id"].startswith("msg_"):
        fail("SEND-02-S1", m["id"])
    if m.get("status") not in STATUSES:
        fail("STAT-01", repr(m.get("status")))
    if (m.get("status") == "failed") != bool(m.get("error")):
        fail("STAT-04" if m.get("status") == "failed" else "STAT-04-S", "%r %r" % (m.get("status"), m.get("error")))
    if not isinstance(m.get("channel"), str) or not m["channel"]:
        fail(clause, "channel")
    declared = {c["id"]: c.get("channel") for c in target["conversations"]}.get(sent["conversation_id"])
    if declared and m.get("channel") != declared:
        fail("SEND-17", "%r is not %r" % (m.get("channel"), declared))
    at = instant(m.get("created_at"))
    if at is None:
        fail(clause, "created_at %r" % m.get("created_at"))
    elif at.utcoffset() or (not status and abs((datetime.now(timezone.utc) - at).total_seconds()) > 300):
        fail("SEND-02-S2", m["created_at"])


def unchanged(fail, clause, before, after):
    for name in ("id", "conversation_id", "body", "type", "direction", "channel", "metadata", "created_at"):
        a, b = before.get(name), after.get(name)
        if name == "created_at":
            a, b = instant(a), instant(b)
        if a != b and (a or b):
            fail(clause, "%s: %r became %r" % (name, str(a)[:60], str(b)[:60]))


def sending(client, target, fail):
    rooms = [c["id"] for c in target["conversations"]]
    mark = uuid.uuid4().hex[:8]
    texts = ["Hi! Your order #1042 has been shipped 🚚", "zwei\nZeilen\r\n\tand \"quotes\" 'x' \\ & <b>fett</b> &lt; %41+1% {{name}} ${x} $& $$",
             "مرحبا \u200f(1)\u200e e\u0301 n\u0303 ﬁ Ａ 👩\u200d👩\u200d👧 👍🏽 \u2028 0", "  blanks about  ", "0", "x" * 700 + "?", "a\nb\nc\nd\ne"]
    extra = [{}, {"metadata": {"order_id": "ord_abc", "Key.One": "", "0": " 007 ", "n": "12"}}, {"type": "template", "metadata": {"a": "b"}},
             {"type": "image", "media_url": "https://media.example/x.png?size=2", "metadata": {"c": "d"}}]
    sent = []
    for i in range(36):
        text = texts[i] if i < len(texts) else "%s number %d %s" % (mark, i, "🚚" if i % 4 == 0 else "")
        more = extra[i % 4] if i < 28 else {}
        room = rooms[i % len(rooms)] if i < 30 else rooms[0]
        payload = {"conversation_id": room, "body": text, **more}
        reply = client.call("POST", "/v1/messages", payload=payload)
        if reply.status not in (200, 201, 202):
            fail("SEND-03" if more.get("type") else "SEND-01", "%d for %r" % (reply.status, text[:40]))
            continue
        whole(client, target, fail, payload, reply)
        if isinstance(reply.value, dict):
            sent.append((payload, reply.value))
    for i in range(6):
        texts_i = {"0": "a", "1": "b"} if i == 0 else {"k%d" % k: "v" * 60 for k in range(14)}
        payload = {"conversation_id": rooms[1], "body": "m%d" % i, "metadata": texts_i}
        whole(client, target, fail, payload, client.call("POST", "/v1/messages", payload=payload))
    same = {client.send(rooms[1], "the same")["id"] for _ in range(4)}
    ids = [m.get("id") for _, m in sent]
    if len(same) < 4 or len(set(ids)) < len(ids):
        fail("SEND-15", "an id twice")
    for payload, m in sent:
        got = until(client, target, m.get("id"))
        if got.status != 200:
            fail("GET-01", "%d for %r" % (got.status, m.get("id")))
            continue
        whole(client, target, fail, payload, got, True)
        unchanged(fail, "GET-02", m, got.value)
        unchanged(fail, "GET-05", got.value, client.get(m["id"]).value)
    settle(target)
    for room in rooms:
        listed = [item.get("id") for item in client.walk(100, conversation_id=room)]
        for payload, m in sent:
            if listed.count(m.get("id")) != (payload["conversation_id"] == room):
                fail("LIST-10" if payload["conversation_id"] == room else "LIST-06", "%d times in %s" % (listed.count(m.get("id")), room))


def rich_metadata(client, target, fail):
    room = target["conversations"][0]["id"]
    for metadata in ({"n": 7, "f": 1.1, "t": True, "z": None, "o": {"camelCase": {"x": 1, "n": None}}, "l": [1, "a", {}]},
                     {"clé": "é", "日本": "x"}, {"__proto__": {"a": 1}, "constructor": "c", "toString": "t"}, {"zero": 0, "no": False}, {"big": 2_000_000}):
        reply = client.send(room, "metadata", metadata=metadata)
        if reply["metadata"] != metadata or json.dumps(reply["metadata"], sort_keys=True) != json.dumps(metadata, sort_keys=True):
            fail("SEND-10-S", "%r came back as %r" % (metadata, reply["metadata"] if reply.ok else reply.status))
    for text in ("a\x00b", "\x1b[0m", "tab\there"):
        reply = client.send(room, text)
        if reply.ok and reply["body"] != text:
            fail("SEND-11", repr(text))
    client.call("POST", "/v1/messages", payload='{"conversation_id": "%s", "body": "half \\ud83d"}' % room)
    client.call("POST", "/v1/messages", payload='{"conversation_id": "%s", "body": "deep", "metadata": {"a": %s1%s}}' % (room, "[" * 1500, "]" * 1500))
    reply = client.send(room, "  x  ")
    if reply["body"] != "  x  ":
        fail("SEND-11-S", repr(reply["body"]))
    image = dict(type="image", media_url="https://media.example/a.png")
    for clause, text, more, good in (
            ("SEND-05", "a" * 4096, {}, True), ("SEND-05", "é" * 4096, {}, True), ("SEND-05", "a\n" * 2048, {}, True), ("SEND-05-S", "🚚" * 4096, {}, True),
            ("SEND-05", "a" * 4097, {}, False), ("SEND-05", "é" * 4097, {}, False), ("SEND-05", "🚚" * 4097, {}, False),
            ("SEND-05", "b" * 4097, image, False), ("SEND-05", "c" * 4097, {"type": "template"}, False), ("SEND-05", "d" * 4096 + " ", {}, False)):
        reply = client.send(room, text, **more)
        if not (reply.ok if good else reply.refused) or (good and reply["body"] != text):
            fail(clause, "%d for %d of %r" % (reply.status, len(text), text[0]))
        elif reply.status not in (200, 201, 202, 400, 422):
            fail("ERR-03", "%d for a long body" % reply.status)


def refusing(client, target, fail):
    room, mark = target["conversations"][0]["id"], "refused-%s" % uuid.uuid4().hex[:8]
    base = {"conversation_id": room, "body": mark}
    cases = [("SEND-04", {"type": t}) for t in ("video", "TEXT", "constructor", "", " text", "temp", "audio")]
    cases += [("SEND-04", {"type": "video", "media_url": "https://media.example/v"})]
    cases += [("SEND-06", {"conversation_id": v}) for v in (None, 5, [room], {"id": room}, ...)]
    cases += [("SEND-07", {"body": v}) for v in (None, 5, True, [mark], {"a": 1}, ...)] + [("SEND-07", {"body": ..., "Body": mark})]
    cases += [("SEND-07", {"body": ..., "type": "image", "media_url": "https://media.example/v"})]
    cases += [("SEND-08", {"type": "image"})] + [("SEND-08-S", {"type": "image", "media_url": v}) for v in ("", "no url")]
    cases += [("SEND-09", {"metadata": v}) for v in ([], [1], [["a", "b"]], "x", "{}", 5, True)]
    cases += [("SEND-09", {"media_url": v}) for v in (5, ["x"], {"a": 1})] + [("SEND-09", {"type": v}) for v in (5, ["text"], [], False)]
    cases += [("SEND-12", {"conversation_id": v}) for v in (AWAY, room[:-1], room.upper(), room + " ", "", "__proto__")]
    for clause, change in cases:
        payload = {k: v for k, v in {**base, **change}.items() if v is not ...}
        if clause == "SEND-12" and payload["conversation_id"] in [c["id"] for c in target["conversations"]]:
            continue
        reply = client.call("POST", "/v1/messages", payload=payload)
        if not reply.refused:
            fail(clause, "%d for %r" % (reply.status, change))
        elif reply.status not in (400, 422, 429) and clause != "SEND-12":
            fail("ERR-03", "%d for %r" % (reply.status, change))
        param = (reply["error"] or {}).get("param") if isinstance(reply["error"], dict) else None
        if param not in (None, "media_url", *change):
            fail("ERR-03", "param %r for %r" % (param, change))
    good = json.dumps(base)
    for text in (good[:-1], good + " x", good.replace("{", "{,"), "{'body': 1}", "", "null", "[%s]" % good, json.dumps(good), "7", "true",
                 good[:-1] + ', "metadata": {"a": NaN}}', good[:-1] + ",}", b"\xff\xfe{}", "body=%s&conversation_id=%s" % (mark, room)):
        reply = client.call("POST", "/v1/messages", payload=text)
        if not reply.refused:
            fail("SEND-13", "%d for %r" % (reply.status, text[:80]))
        elif reply.status != 400:
            fail("SEND-13-S", "%d for %r" % (reply.status, text[:80]))
    for kind in ("text/plain", "nonsense", "application/x-www-form-urlencoded", ""):
        reply = client.call("POST", "/v1/messages", payload=good.replace(mark, "of another type"), headers={"Content-Type": kind})
        if not reply.refused:
            fail("SEND-18", "%d for %r" % (reply.status, kind))
    client.call("POST", "/v1/messages", payload={**base, "strange": 1, "body": "strange field"})
    client.send(room, "x" * 4097, metadata={"mark": mark})
    settle(target)
    items = client.walk(100)
    found = [i for i in items if mark in str(i.get("body")) or str(i.get("body")).startswith("x" * 4000)]
    if found:
        fail("SEND-14", repr(found[0])[:200])


def owned(client, target, fail):
    room = next((c["id"] for c in target["conversations"] if c.get("outcome") != "failed"), target["conversations"][0]["id"])
    claims = {"id": "msg_mine", "direction": "inbound", "status": "failed", "channel": "pigeon", "created_at": "2001-01-01T00:00:00Z", "object": "thing"}
    for part in [claims, *({k: v} for k, v in claims.items())]:
        reply = client.send(room, "owned", **part)
        if not reply.ok:
            continue
        kept = until(client, target, reply["id"])
        for answer in (reply, kept):
            for name, value in part.items():
                if answer[name] == value:
                    fail("SEND-16", "%s: %r" % (name, value))
    reply = client.send(room, "metadata", metadata={"status": "x", "type": "y", "channel": "z"})
    if reply["status"] == "x" or reply["type"] == "y":
        fail("SEND-16", "by metadata")


def together(client, target, fail):
    room, mark = target["conversations"][1]["id"], uuid.uuid4().hex[:8]
    replies = []

    def work(n):
        for i in range(3):
            replies.append((n * 10 + i, client.send(room, "%s %d" % (mark, n * 10 + i), metadata={"n": str(n * 10 + i)})))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    ids = [r["id"] for _, r in replies]
    if len(set(ids)) < 18 or not all(r.ok for _, r in replies):
        fail("CONC-01", "%d ids of 18" % len(set(ids)))
    settle(target)
    listed = [i.get("id") for i in client.walk(100, conversation_id=room)]
    for n, reply in replies:
        if reply["body"] != "%s %d" % (mark, n) or reply["metadata"] != {"n": str(n)}:
            fail("CONC-01", "another's message")
        if listed.count(reply["id"]) != 1:
            fail("CONC-01", "%d times listed" % listed.count(reply["id"]))


from probe_lists import accounts, errors, histories, keys, lists, pages  # noqa: E402

CHECKS = [keys, accounts, sending, rich_metadata, refusing, owned, together, lists, pages, histories, errors]
