#!/usr/bin/env python3
# PAGE-01: A walk visits every matching message exactly once and ends.
# expected: every message that follows the cursor
# got: the page after msg_8I5B8Dmws7mFUPf6wDn7 passes over msg_t8TQ8pGHu8P81MyEJDnm
# 1. GET /v1/messages?limit=100&conversation_id=conv_8xk2m
# 2. GET /v1/messages?limit=1&starting_after=msg_ZtUiBR0Fv4RJMybQKMEN&conversation_id=conv_8xk2m
# 3. GET /v1/messages?limit=1&starting_after=msg_8I5B8Dmws7mFUPf6wDn7&conversation_id=conv_8xk2m
# Exits 1 while the fault is there, 0 when it is not seen any more, 2 when it cannot tell.
# Takes the keys from $MESSAGES_API_KEY ($PUBLISHABLE_KEY, $OTHER_ACCOUNT_KEY), the base URL from $BASE_URL.

import itertools
import json
import os
import re
import secrets
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import quote

import httpx

BASE_URL = (os.environ.get("BASE_URL") or 'http://127.0.0.1:8137').rstrip("/")
SIZES = [100, 1, 1]
MOST = 10
PATIENCE = 5
FILTERS = {'conversation_id': 'conv_8xk2m'}
WALKS = ['alone', 'looked', 'between', 'crowd']
JUMPS = True
WATCH = False
CONSISTENCY = 0.0
RECORDED = 'conv_8xk2m'
QUERY = 'conversation_id=conv_8xk2m'
ROUNDS = 1
TITLE = 'PAGE-01 A walk visits every matching message exactly once and ends.'
EXPECTED = 'every message that follows the cursor'
NEEDS = ['MESSAGES_API_KEY']

# -- asking ------------------------------------------------------------------------------------------------------------

client = httpx.Client(timeout=30, headers={"Accept": "application/json"})
answers = {}  # what came, by the number of the request
now = {}  # the ids of this time that stand where the recording had others
MARK = "mc-" + secrets.token_hex(3)  # in every text that is sent; as long as the marks of the recording


def cannot_tell(why):
    print("cannot tell:", why, file=sys.stderr)
    raise SystemExit(2)


def key(name):
    return os.environ.get(name) or ""


def ours():
    return [("Authorization", "Bearer " + key("MESSAGES_API_KEY"))] if key("MESSAGES_API_KEY") else []


def wrong_key(how):
    right = key("MESSAGES_API_KEY") or "sk_test_key"
    unknown = right[: right.rfind("_") + 1] + secrets.token_hex(10)
    return {"unknown": unknown, "shorter": right[:-1], "longer": right + "x", "case": right.swapcase(), "right": right}[how]


def ask(number, method, target, headers, body=b""):
    url = httpx.URL(BASE_URL)
    url = url.copy_with(raw_path=url.raw_path.rstrip(b"/") + target.encode())
    pairs = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers]
    for _ in range(5):
        try:
            response = client.request(method, url, headers=pairs, content=body or None)
            answer = (str(response.status_code), response.headers, response.content, body)
        except (httpx.ConnectError, httpx.TimeoutException, httpx.UnsupportedProtocol) as error:
            cannot_tell("%s is not reachable (%s)" % (BASE_URL, error or type(error).__name__))
        except httpx.HTTPError as error:
            answer = ("000", httpx.Headers(), repr(error).encode(), body)  # a broken answer
        if answer[0] != "429":
            answers[number] = answer
            return
        answers["429"] = answer
        wait = answer[1].get("Retry-After", "1")
        time.sleep(min(int(wait) if wait.isdigit() else 1, 10))
    cannot_tell("too many requests (429)")


def together(calls):
    start = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        for each in [pool.submit(lambda call=call: (start.wait(10), call())) for call in calls]:
            each.result()


def until(status, number, *request):
    end = time.time() + AWAIT
    while time.time() < end:
        ask(number, *request)
        if answers[number][0] >= "400" or re.search(status, values(number, ["message", "status"])[0]):
            return
        time.sleep(0.05)
    if AWAIT > 5:
        cannot_tell("the message does not arrive where it was when this was recorded")


# -- picking values out of answers -------------------------------------------------------------------------------------


def numeral(text):
    # Numbers that a double cannot hold exactly are all alike (RFC 8259, section 6).
    value = float(text) if len(text) < 400 else float("inf")
    return "a large number" if abs(value) > 2**53 else int(value) if value.is_integer() else value


def read(content):
    try:
        return json.loads(content.decode("utf-8-sig"), parse_int=numeral, parse_float=numeral)
    except (ValueError, RecursionError):
        return None


def text_of(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def down(value, path):
    for place, name in enumerate(path):
        if name == "*":
            items = value if isinstance(value, list) else []
            return [found for item in items for found in down(item, path[place + 1 :])]
        if not isinstance(value, dict) or name not in value:
            return ["absent"]
        value = value[name]
    return [text_of(value)]


def values(number, what):
    status, headers, content, body = answers[number]
    kind, path = what[0], what[1:]
    if kind == "status":
        return [status]
    if kind == "header":
        return [headers.get(path[0]) or "absent"]
    if kind == "body":
        return [content.decode("utf-8", "replace")]
    if kind == "sent":
        return down(read(body), path)
    value = read(content)
    if kind == "message" and isinstance(value, dict) and isinstance(value.get("data"), list):
        return down(value, ["data", "*"] + path)
    return down(value, path)


def sight(number, identifier, field):
    """The field of one message in an answer, be it the message or a list; a time as its instant."""
    value = read(answers[number][2])
    items = value.get("data") if isinstance(value, dict) and isinstance(value.get("data"), list) else [value]
    found = [item for item in items if isinstance(item, dict) and text_of(item.get("id")) == identifier]
    if not found:
        return "absent"
    value = down(found[0], [field])[0]
    if field == "created_at" and value.startswith('"'):
        try:
            return repr(datetime.fromisoformat(json.loads(value)).timestamp())
        except ValueError:
            return value
    return "{}" if field == "metadata" and value in ("null", "absent") else value


def give(place, number):
    """Keep the id that an answer gives, for the place where the recording had another."""
    identifier = values(number, ["json", "id"])[0]
    if identifier == "absent":
        cannot_tell("a send that was accepted when this was recorded answers %s" % answers[number][0])
    now[place] = identifier
    time.sleep(CONSISTENCY)


def encoded(place):
    identifier = now[place]
    plain = json.loads(identifier) if identifier.startswith('"') else identifier
    return quote(plain, safe="")


def keep(place, number, recorded, direction):
    """Keep the recorded id where the list still shows it, or take the first one there of that direction."""
    ids, ways = values(number, ["json", "data", "*", "id"]), values(number, ["json", "data", "*", "direction"])
    others = [each for each, way in zip(ids, ways) if way == direction] or ids
    now[place] = recorded if recorded in ids or not others else others[0]


# -- sending and listing -----------------------------------------------------------------------------------------------


def conversation():
    """The conversation of the recording, or $CONVERSATION, or that of the first message in the list."""
    if os.environ.get("CONVERSATION") or RECORDED:
        return os.environ.get("CONVERSATION") or RECORDED
    ask("look", "GET", "/v1/messages?limit=1", ours())
    found = values("look", ["json", "data", "*", "id"])
    if not found:
        cannot_tell("name a conversation to send to: CONVERSATION=...")
    now["look"] = found[0]
    ask("look", "GET", "/v1/messages/" + encoded("look"), ours())
    told = values("look", ["json", "conversation_id"])[0]
    return json.loads(told) if told.startswith('"') else cannot_tell("name a conversation to send to: CONVERSATION=...")


def mark(number):
    return ("%s-%s" % (MARK, number)).encode()


def send(number):
    """Send a plain message; its id."""
    payload = {"conversation_id": conversation(), "body": "%s-%s a message" % (MARK, number)}
    ask(number, "POST", "/v1/messages", [("Content-Type", "application/json"), *ours()], json.dumps(payload).encode())
    identifier = values(number, ["json", "id"])[0]
    if identifier == "absent":
        cannot_tell("a plain send is answered with %s" % answers[number][0])
    now[number] = identifier
    time.sleep(CONSISTENCY)
    return identifier


def page(query, limit=None, cursor=None):
    """The ids on a page and has_more; cursor is an id as JSON text."""
    now["cursor"] = cursor
    words = [query, "limit=%s" % limit if limit else "", "starting_after=" + encoded("cursor") if cursor else ""]
    ask("page", "GET", "/v1/messages?" + "&".join(word for word in words if word), ours())
    if answers["page"][0] != "200":
        return None, answers["page"][0]
    return values("page", ["json", "data", "*", "id"]), values("page", ["json", "has_more"])[0]


def whole(query, limit, wanted, most=6, first=None):
    """The ids of a list, page by page, until those wanted were seen; from the first one, if it begins with old ones."""
    for start in (None, first or (wanted[0] if wanted else None)):
        ids, cursor = [start] if start else [], start
        for _ in range(most):
            found, more = page(query, limit, cursor)
            ids += found or []
            if not found or more != "true" or set(wanted) <= set(ids):
                break
            cursor = found[-1]
        if set(wanted) <= set(ids):
            break
    return ids


# -- judging -----------------------------------------------------------------------------------------------------------


def judge():
    """Walk the list with the recorded sizes, and take it up in its midst; hold each page against one list of 100."""
    replay()
    together([lambda place=place: send("mine%d" % place) for place in range(8)])
    mine = [now["mine%d" % place] for place in range(8)]
    start, (order, more) = None, page(QUERY, 100)
    for _ in range(PATIENCE):
        if order and not set(mine) <= set(order):
            time.sleep(0.2)
            order, more = page(QUERY, 100)
    if order is not None and more == "true" and not set(mine) & set(order):
        start, (order, more) = mine[0], page(QUERY, 100, mine[0])
    if order is None:
        return "a list of 100 answers %s" % more
    if len(order) != len(set(order)) or len(order) > 100 or (len(order) < 100 and more == "true"):
        return "a list of 100 with %d items, %d different, has_more %s" % (len(order), len(set(order)), more)
    now["start"], order = start, [start, *order] if start else order
    for meanwhile in WALKS:
        if meanwhile != "alone":
            order, more = ordered(start)
        fault = walk(order, more, start, meanwhile)
        if fault:
            return fault
    order, more = ordered(start)
    return jumps(order, more) or (watch(order) if WATCH else None)


def ordered(start):
    """The list of 100 as it is now."""
    ids, more = page(QUERY, 100, start)
    return [*([start] if start else []), *(ids or [])], more


def walk(order, more, start, meanwhile):
    cursor, sizes = start, itertools.cycle(SIZES if meanwhile == "alone" else (2, 3))
    met = False
    for _ in range(MOST):
        size = next(sizes)
        if meanwhile == "crowd":
            found = []
            together([lambda: found.append(page(QUERY, size, cursor)), *[lambda each=each: send(each) for each in ("a", "b")]])
            ids, follow = found[0]
        else:
            ids, follow = page(QUERY, size, cursor)
        fault = wrong(ids, follow, size, cursor, order, more if meanwhile in ("alone", "looked") else "true")
        if fault or not ids or follow != "true":
            return fault
        cursor = ids[-1]
        met = met or bool(set(ids) & set(order))
        if met and cursor not in order:
            return None  # beyond what the list of 100 shows
        if meanwhile == "between":
            send("between")
        if meanwhile == "looked" and cursor in order[:-2]:
            now["look"] = order[order.index(cursor) + 2]  # it is still to come, and must stay where it is
            ask("look", "GET", "/v1/messages/" + encoded("look"), ours())
    return None


def jumps(order, more):
    if not JUMPS:
        return None
    for cursor in [*order[:6], *order[-2:]]:
        ids, follow = page(QUERY, SIZES[0], cursor)
        fault = wrong(ids, follow, SIZES[0], cursor, order, more)
        if fault:
            return fault
    return tail_end(*ordered(None))


def tail_end(ids, more):
    """The end of the list: the pages that hold just the last two, and the last one, and those that leave one over."""
    for _ in range(10):
        if more == "true":
            rest, more = page(QUERY, 100, ids[-1])
            ids += rest or []
    for size in (2, 1) if more == "false" and len(ids) > 3 else ():
        if page(QUERY, size, ids[-size - 1])[1] == "true" and ends(ids[-1]):
            return "the page with the last %d says has_more true" % size
        if page(QUERY, size, ids[-size - 2])[1] == "false":
            return "a page of %d says has_more false, and one message follows" % size
    return None


def ends(last):
    """Whether nothing follows a message, not even what came meanwhile."""
    return not apart(1, last)[0]


def wrong(ids, follow, size, cursor, order, more):
    """What is wrong with a page, if its list is the order; what came since is not held against it."""
    where, size = "after %s" % cursor if cursor else "at the beginning", size or 25
    if ids is None:
        return "%s: %s" % (where, follow)
    if cursor in ids or len(set(ids)) < len(ids):
        return "%s: its own cursor, or a message twice" % where
    if len(ids) > size or (len(ids) < size and follow == "true"):
        return "%s: %d items of %d, has_more %s" % (where, len(ids), size, follow)
    known = [each for each in ids if each in order]
    first = order.index(cursor) + 1 if cursor in order else 0
    if known != order[first : first + len(known)]:
        return "%s: %s instead of %s" % (where, known, order[first : first + len(known)])
    inner = [each for each in ids if each not in order and cursor in order]
    if inner and known and ids.index(inner[0]) < ids.index(known[-1]):
        return "%s: %s, which the list of 100 does not show" % (where, inner[0])
    if inner and more == "false" and first and closed(inner[0]):
        return "%s: %s follows, though a list of 100 says that nothing does" % (where, inner[0])
    end = first + len(known) >= len(order)
    if follow == "false" and not end:
        return "%s: has_more false, and %s follows" % (where, order[first + len(known)])
    if follow == "true" and end and more == "false" and len(known) == len(ids) and ends(ids[-1]):
        return "%s: has_more true, and nothing follows" % where
    return strays(where)


def closed(item):
    """Whether a full list of 100 says that nothing follows, and does not show what does."""
    ids, more = apart(100, now["start"])
    return len(ids or []) == 100 and more == "false" and item not in ids


def apart(limit, cursor):
    """Another page, which does not take the place of the one that is looked at."""
    looked_at = answers["page"]
    found = page(QUERY, limit, cursor)
    answers["page"] = looked_at
    return found


def strays(where):
    for name, wanted in FILTERS.items():
        for identifier, value in zip(*(values("page", ["json", "data", "*", field]) for field in ("id", name))):
            if value == "absent":
                now["look"] = identifier
                ask("look", "GET", "/v1/messages/" + encoded("look"), ours())
                value = values("look", ["json", name])[0]
            if value not in ("absent", json.dumps(wanted)):
                return "%s: %s with %s" % (where, identifier, value)
    return None


def watch(order):
    """While statuses move, the order stays."""
    for number in range(12):
        send("later%d" % number)
        again, _ = page(QUERY, 100)
        if [each for each in again or [] if each in order] != [each for each in order if each in (again or [])]:
            return "another order once statuses have moved"
        order = again or order
        time.sleep(0.07)
    return None


def replay():
    return


def main():
    for name in NEEDS:
        if not key(name):
            cannot_tell("set %s" % name)
    ask("door", "GET", "/v1/messages?limit=1", ours())
    if answers["door"][0] in ("401", "403"):
        cannot_tell("the key is refused (%s)" % answers["door"][0])
    fault = None
    for _ in range(ROUNDS):
        fault = fault or judge()
    if fault:
        print("expected", EXPECTED)
        print("got     ", ascii(fault))
        raise SystemExit(1)
    print("not seen any more:", TITLE)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        cannot_tell("%s: %s" % (type(error).__name__, error))
