"""Lists, pages, statuses, keys and errors, as the self-test looks at them."""

import json
import time
import uuid

from probe import STATUSES, instant


def keys(client, target, fail):
    room, mark = target["conversations"][0]["id"], "keyless-%s" % uuid.uuid4().hex[:8]
    settle = target["consistency_seconds"]
    known = client.send(room, "known")["id"]
    time.sleep(settle)
    client.get(known)
    key = target["api_key"]
    values = [None, "Bearer sk_test_unknown", "Bearer", "Bearer ", "", "Basic c2s6eA==", "garbage", "Bearer %sx" % key, "Bearer %s" % key[:-2],
              "Bearer pk_live_1234567890abcdef", "Bearer undefined"]
    for value in values:
        headers = {} if value is None else {"Authorization": value}
        clause = "AUTH-01" if value is None else "AUTH-02"
        payload = {"conversation_id": room, "body": mark}
        for reply in (client.call("POST", "/v1/messages", None, payload, headers), client.call("POST", "/v1/messages", None, {"body": 1}, headers),
                      client.call("GET", "/v1/messages", None, headers=headers), client.call("GET", "/v1/messages?conversation_id=" + room, None, headers=headers),
                      client.call("GET", "/v1/messages/" + known, None, headers=headers), client.call("GET", "/v1/messages/msg_x", None, headers=headers)):
            if reply.status not in (401, 403):
                fail(clause, "%d for %r" % (reply.status, value))
            elif reply.status == 403:
                fail(clause + "-S", "403")
            elif not reply.headers.get("WWW-Authenticate"):
                fail("AUTH-03", "none")
            if b'"data"' in reply.octets or b"created_at" in reply.octets:
                fail(clause, "discloses")
    time.sleep(settle)
    if any(mark in str(item.get("body")) for item in client.walk(100)):
        fail("SEND-14", "a send without a key is there")
    reader = target.get("publishable_key")
    if reader:
        if client.list(reader).status != 200 or not client.list(reader)["data"] or client.get(known, reader).status != 200:
            fail("AUTH-04", "does not read")
        for more in ({}, {"type": "template"}):
            if client.send(room, mark + "p", reader, **more).status != 403:
                fail("AUTH-04", "a send")
        time.sleep(settle)
        if any(mark in str(item.get("body")) for item in client.walk(100)):
            fail("AUTH-04", "a send with a publishable key is there")


def accounts(client, target, fail):
    other = target.get("other_account_key")
    if not other:
        return
    room = target["conversations"][0]["id"]
    own = client.send(room, "mine", metadata={"x": "y"})["id"]
    time.sleep(target["settle_seconds"])
    mine = {item.get("id") for item in client.walk(100)}
    reply = client.get(own, other)
    if reply.status not in (403, 404):
        fail("AUTH-05", "retrieve: %d" % reply.status)
    for query in ({}, {"limit": 100}, {"direction": "inbound"}, {"direction": "outbound"}, {"conversation_id": room}, {"starting_after": own},
                  {"starting_after": own, "direction": "outbound"}):
        client.list(**query)
        reply = client.list(other, **query)
        if mine & {item.get("id") for item in reply["data"] or []} or b"mine" in reply.octets:
            fail("AUTH-05", "list %r" % query)
    if not client.send(room, "not mine", other).refused:
        fail("SEND-12", "another account's conversation")


def lists(client, target, fail):
    rooms = [c["id"] for c in target["conversations"]]
    settled = target["consistency_seconds"]
    everything = client.walk(100)
    whole = {item.get("id"): item for item in everything}
    if len(whole) < len(everything):
        fail("PAGE-01", "a message twice in a walk")
    total = len(everything)
    for item in everything[:100:4] + [i for i in everything if i.get("direction") == "inbound"][-20:] + everything[-5:]:
        missing = {"id", "body", "direction", "status", "created_at"} - set(item)
        if missing or not isinstance(item.get("body"), str) or instant(item.get("created_at")) is None:
            fail("LIST-02", "%r" % (missing or item))
        if item.get("status") not in STATUSES:
            fail("STAT-01", repr(item.get("status")))
        got = client.get(item.get("id"))
        if got.status != 200:
            fail("GET-04", "%d" % got.status)
            continue
        before = next((i for i in client.list(limit=100)["data"] or [] if i.get("id") == item["id"]), item)
        for name in item:
            a, b = item[name], got[name]
            if name == "created_at":
                a, b = instant(a), instant(b)
            if name == "status" and a in STATUSES and b in STATUSES and item["direction"] == "outbound" and STATUSES.index(b) >= STATUSES.index(a):
                continue
            if a != b and (a or b) and name != "error":
                fail("GET-04", "%s: %r listed, %r retrieved" % (name, str(a)[:50], str(b)[:50]))
        if before.get("status") != item.get("status") and item.get("direction") == "inbound":
            fail("GET-05", "read by retrieving")
    reply = client.list()
    if reply["object"] != "list" or not isinstance(reply["has_more"], bool) or not isinstance(reply["data"], list):
        fail("LIST-01", "first page")
    for query in ({"conversation_id": rooms[0]}, {"direction": "outbound"}, {"starting_after": everything[0]["id"]}):
        if client.list(**query)["object"] != "list":
            fail("LIST-01", "%r" % query)
    if total > 30:
        for query in ({}, {"direction": "outbound"}, {"starting_after": everything[2]["id"]}):
            have = len(client.list(**query)["data"] or [])
            if have != min(25, total - 3):
                fail("LIST-03", "%d for %r" % (have, query))
        for room in rooms:
            many = len(client.walk(100, conversation_id=room))
            if len(client.list(conversation_id=room)["data"]) < min(25, many):
                fail("LIST-03", "filtered")
        counts = [sum(item.get("direction") == "inbound" for item in everything)]
        if counts[0] > 60 and len(client.list(direction="inbound")["data"]) != 25:
            fail("LIST-03", "inbound")
    for limit in (1, 2, 3, 7, 10, 26, 50, 64, 99, 100):
        for query in ({}, {"starting_after": everything[0]["id"]}, {"conversation_id": rooms[0]}):
            most = total if not query else len(client.walk(100, conversation_id=rooms[0])) if "conversation_id" in query else total - 1
            reply = client.list(limit=limit, **query)
            if len(reply["data"] or []) < min(limit, most) or len(reply["data"] or []) > limit:
                fail("LIST-04", "%d of %d for limit %d %r" % (len(reply["data"] or []), most, limit, list(query)))
    for limit in ("0", "101", "1000", "-1", "abc", "1.5", "", "5abc", "1_0", "99999999999999999999", "-99999"):
        reply = client.list(limit=limit)
        if reply.ok and len(reply["data"] or []) > 100:
            fail("LIST-05", "%d for %r" % (len(reply["data"]), limit))
        elif reply.ok:
            fail("LIST-05-S", limit)
    for room in rooms:
        for query in ({"conversation_id": room}, {"conversation_id": room, "direction": "inbound"}, {"conversation_id": room, "direction": "outbound"}):
            items = client.walk(7, **query) if room == rooms[0] else client.walk(100, **query)
            for item in items:
                got = client.get(item["id"]) if len(items) < 40 else None
                if got and got["conversation_id"] not in (room, None):
                    fail("LIST-08" if "direction" in query else "LIST-06", "%r in %r" % (got["conversation_id"], room))
                if query.get("direction", item.get("direction")) != item.get("direction"):
                    fail("LIST-08", "direction")
            if not items and query.get("direction") != "inbound" and total > 100:
                fail("LIST-06", "empty: %r" % query)
    for direction in ("inbound", "outbound"):
        ids = {item.get("id") for item in client.walk(100, direction=direction)}
        want = {item.get("id") for item in everything if item.get("direction") == direction}
        if ids - set(whole) and len(client.walk(100)) == total:
            fail("LIST-09", "%s has %d more" % (direction, len(ids - set(whole))))
        if want - ids:
            fail("LIST-07", "%s lacks %d" % (direction, len(want - ids)))
        if ids & (set(whole) - want):
            fail("LIST-07", "%s has others" % direction)
    by_room = {item.get("id") for room in rooms for item in client.walk(100, conversation_id=room)}
    if total and by_room - {item.get("id") for item in client.walk(100)}:
        fail("LIST-09", "not in the list of everything")
    for direction in ("sideways", "INBOUND", "in", ""):
        reply = client.list(direction=direction)
        if reply.ok:
            fail("LIST-07-S", direction)
        elif isinstance(reply["error"], dict) and reply["error"].get("param", "direction") != "direction":
            fail("ERR-03", "param of a refused direction")
    for strange in ("no_such", rooms[0] + "%", "%"):
        reply = client.list(conversation_id=strange)
        if reply.status != 404 and (reply.status != 200 or reply["data"] != []):
            fail("LIST-06" if reply["data"] else "LIST-01", "unknown conversation: %d" % reply.status)
    for text in ("x=1", "constructor=1", "toString=", "direction=inbound&direction=outbound", "limit=5&limit=6", "%E0%A4%A=1", "x=%ff%fe", "a[b]=1",
                 "limit[]=5", "&&&", "=", "?", "x", "conversation_id=%00", "&".join("p%d=1" % i for i in range(30)), "q=" + "y" * 2000):
        if client.call("GET", "/v1/messages?" + text).status >= 500:
            fail("LIST-11", text[:40])
    for ident in ("msg_nope", "msg_" + "a" * 300, "a" * 5000, "%2F..%2F", "%00", "%E0%A4%A", "msg_%C3%A9", "x.json", everything[0]["id"] + ".json",
                  everything[0]["id"].upper(), everything[0]["id"].swapcase()):
        if ident in whole:
            continue
        reply = client.call("GET", "/v1/messages/" + ident)
        if not reply.refused or (ident.startswith("msg_") and reply.status != 404):
            fail("GET-03", "%d for %s" % (reply.status, ident[:30]))
    time.sleep(settled)


def pages(client, target, fail):
    room = target["conversations"][0]["id"]
    for i in range(12):
        client.send(room, "burst %d" % i)
    time.sleep(target["settle_seconds"] + target["consistency_seconds"])
    queries = [{"conversation_id": room}, {"conversation_id": room, "direction": "outbound"}, {"conversation_id": room, "direction": "inbound"},
               {"conversation_id": target["conversations"][-2]["id"]}]
    if sum(1 for _ in client.walk(100)) < 700:
        queries += [{}, {"direction": "inbound"}, {"direction": "outbound"}]
    for query in queries:
        reference = [item.get("id") for item in client.walk(100, **query)]
        fixed = reference if query.get("conversation_id") else reference[-40:]
        count = len(reference)
        for sizes in ([1], [2], [3], [7], [25], [None], [40], [60, 5], [1, 2, 9, 4]):
            if count > 150 and sizes[0] in (1, 2, 3) or count > 60 and sizes == [1]:
                continue
            walked = [item.get("id") for item in client.walk(sizes=sizes, **query)]
            if len(walked) != len(set(walked)):
                fail("PAGE-01", "repeated: %r %r" % (sizes, query))
            if set(fixed) - set(walked):
                fail("PAGE-01", "lost: %r %r" % (sizes, query))
            if [i for i in walked if i in set(fixed)] != [i for i in fixed if i in set(walked)]:
                fail("PAGE-03", "%r %r" % (sizes, query))
            strange = list(set(walked) - set(reference))[:3]
            if query.get("conversation_id") and any(client.get(i)["conversation_id"] != query["conversation_id"] for i in strange):
                fail("PAGE-05", "%r %r" % (sizes, query))
        now = [item.get("id") for item in client.walk(100, **query)]
        if len(now) != count or not query.get("conversation_id") and len(now) > 90:
            continue
        for size in (1, 2, 3, 5, count - 1, count):
            if 1 <= size <= 100:
                reply = client.list(limit=size, **query)
                if reply["has_more"] is not (size < count):
                    fail("PAGE-02", "%r with limit %d of %d" % (reply["has_more"], size, count))
        for cursor in sorted({0, count // 2, count - 2, count - 1} & set(range(count))):
            reply = client.list(limit=3, starting_after=now[cursor], **query)
            shown = [i.get("id") for i in reply["data"] or []]
            if set(shown) - set(now) and not set(shown) & set(now[:cursor + 1]):
                continue                            # somebody else has just written
            if shown != now[cursor + 1:cursor + 4] or reply["has_more"] is not (cursor + 4 < count):
                fail("PAGE-04", "after %d of %d: %r" % (cursor, count, reply.status))
    for direction in ({}, {"direction": "outbound"}):
        before = [item.get("id") for item in client.walk(100, conversation_id=room, **direction)]
        fresh = []

        def arrive(page):
            if page in (0, 2):
                fresh.append(client.send(room, "arrival")["id"])
                time.sleep(target["consistency_seconds"])
        walked = [item.get("id") for item in client.walk(4, between=arrive, conversation_id=room, **direction)]
        kept = [i for i in walked if i in set(before)]
        if kept != before:
            fail("PAGE-06", "%d of %d, %d different" % (len(kept), len(before), len(set(kept))))
    before = [item.get("id") for item in client.walk(100, conversation_id=room)]
    time.sleep(target["settle_seconds"] + target["consistency_seconds"])
    after = [item.get("id") for item in client.walk(100, conversation_id=room)]
    if [i for i in after if i in set(before)] != before:
        fail("PAGE-08", "the order has changed")
    times = [instant(item.get("created_at")) for item in client.walk(100)]
    if None not in times and times != sorted(times) and times != sorted(times, reverse=True):
        fail("PAGE-09", "not monotonic")
    for strange in ("msg_nope", "nonsense", ""):
        if client.list(starting_after=strange).ok:
            fail("PAGE-10", strange)


def histories(client, target, fail):
    live = []
    for conversation in target["conversations"]:
        for n, (body, more) in enumerate((("plain", {}), ("ünï 🚚 12?", {"metadata": {"a": "b", "nest": {"x": 1}}}), ("l" * 600, {}), ("image", {"type": "image",
                                         "media_url": "https://media.example/i.png", "metadata": {"k": "v"}}), ("template 7", {"type": "template"}), ("last", {}))):
            reply = client.send(conversation["id"], body, **more)
            if isinstance(reply.value, dict) and reply.ok:
                live.append({"room": conversation, "first": reply.value, "top": reply["status"], "n": n})
    begun, lag, polls = time.monotonic(), target["consistency_seconds"], 0
    end = begun + target["settle_seconds"] + lag + 1.2
    while time.monotonic() < end:
        polls += 1
        views = [("list", {i.get("id"): i for i in (client.list(limit=100, **q)["data"] or []) if isinstance(i, dict)})
                 for q in ({}, {"conversation_id": live[polls % len(live)]["room"]["id"]})]
        for case in live:
            got = client.get(case["first"].get("id"))
            if got.status == 200:
                views.append(("retrieve", {case["first"]["id"]: got.value}))
                changed = {k: (v, got[k]) for k, v in case["first"].items() if k not in ("status", "error") and v != got[k] and (v or got[k])}
                if changed:
                    fail("STAT-07", "%r" % changed)
            elif got.status == 404 and time.monotonic() - begun > lag + 0.6:
                fail("GET-01", "gone")
            if polls % 2:
                views.append(("list", {i.get("id"): i for i in (client.list(limit=100, conversation_id=case["room"]["id"])["data"] or [])
                                       if isinstance(i, dict)}) if case["n"] == 0 else ("list", {}))
        for kind, view in views:
            for case in live:
                seen = view.get(case["first"].get("id"))
                if not seen:
                    continue
                status, top = seen.get("status"), case["top"]
                if status not in STATUSES:
                    fail("STAT-01", repr(status))
                    continue
                if kind == "list" and lag:
                    continue
                if top in STATUSES and status != top:
                    if top == "failed" or (status != "failed" and STATUSES.index(status) < STATUSES.index(top)):
                        fail("STAT-05" if kind != case.get("kind", kind) or polls < 2 else "STAT-02", "%s after %s (%s)" % (status, top, kind))
                    elif status == "failed" and top in ("delivered", "read"):
                        fail("STAT-03", "failed after %s" % top)
                case["top"], case["kind"] = status, kind
                if (status == "failed") != bool(seen.get("error")) and (kind == "retrieve" or seen.get("error")):
                    fail("STAT-04" if status == "failed" else "STAT-04-S", "%s %r" % (status, seen.get("error")))
        time.sleep(0.04)
    for case in live:
        want, got = case["room"].get("outcome"), client.get(case["first"].get("id"))["status"]
        if want and got != want and not (want == "delivered" and got == "read"):
            fail("STAT-06", "%s, not %s (%d)" % (got, want, case["n"]))


def errors(client, target, fail):
    room, mark = target["conversations"][0]["id"], uuid.uuid4().hex[:8]
    one = client.send(room, mark, metadata={"a": "b"})["id"]
    time.sleep(target["settle_seconds"] + target["consistency_seconds"])
    was = client.get(one)
    before = [i.get("id") for i in client.walk(100, conversation_id=room)]
    payload = {"conversation_id": room, "body": mark + "!", "metadata": {"changed": "yes"}}
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        for path in ("/v1/messages/" + one, "/v1/messages"):
            if method == "POST" and path == "/v1/messages":
                continue
            reply = client.call(method, path, payload=payload)
            if reply.status not in (404, 405) or reply.status == 405 and not reply.headers.get("Allow"):
                fail("HTTP-02", "%s: %d" % (method, reply.status))
    time.sleep(target["consistency_seconds"])
    after = [i.get("id") for i in client.walk(100, conversation_id=room)]
    now = client.get(one)
    everything = client.walk(100)
    if now.status != was.status or any(now[k] != was[k] for k in ("body", "metadata", "status")) or not set(before) <= set(after) \
            or sum(str(i.get("body")).startswith(mark) for i in everything) != 1:
        fail("HTTP-02-M", "something changed")
    for method in ("HEAD", "OPTIONS"):
        client.call(method, "/v1/messages")
    for _ in range(8):
        json.dumps(client.list(limit=3).value)
