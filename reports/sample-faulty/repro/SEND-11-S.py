#!/usr/bin/env python3
# SEND-11-S: Leading and trailing white space of the body comes back unchanged.
# expected: body unchanged: "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab \t"
# got: "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab"
# 1. POST /v1/messages {"conversation_id": "conv_8xk2m", "body": "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab \t", "metadata": {"conformance": "mc-012e46"}}
# Exits 1 while the fault is there, 0 when it is not seen any more, 2 when it cannot tell.
# Takes the keys from $MESSAGES_API_KEY ($PUBLISHABLE_KEY, $OTHER_ACCOUNT_KEY), the base URL from $BASE_URL.

import base64
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
CHECKS = [[['message', 'body'], 'as sent', 'body']]
ONLY = ''
WHEN = ''
CONSISTENCY = 0.0
RECORDED = 'conv_8xk2m'
LOOKED = ['1']
ROUNDS = 1
TITLE = 'SEND-11-S Leading and trailing white space of the body comes back unchanged.'
EXPECTED = 'body unchanged: "mc-012e46-84 conformance check bell \\u0007 escape \\u001b[31m tab \\t"'
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


def holds(how, wanted, text):
    if how == "is":
        return re.search(wanted, text) is not None
    if how == "is not":
        return re.search(wanted, text) is None
    if how == "at most":
        return int(text) <= wanted
    if how == "recent":
        return text.startswith('"') and abs(datetime.fromisoformat(json.loads(text)).timestamp() - time.time()) < 300
    if how == "as sent":
        return text in values(LAST, ["sent", wanted])
    if how == "not as sent":
        return text not in values(LAST, ["sent", wanted])
    return not any(json.loads(each).join('""') in text for each in now.values() if each.startswith('"'))  # names none


def judge():
    global LAST
    replay()
    for LAST in LOOKED:
        fault = wrong()
        if fault:
            return fault
    return None


def wrong():
    if not re.search(WHEN, answers[LAST][0]):
        return None  # another answer by now, to which this does not apply
    for what, how, wanted in CHECKS:
        if what[0] == "count":
            texts = [str(len(values(LAST, ["json", "data", "*"])))]
        elif what[0] == "key":
            texts = [repeated()]
        elif what[0] == "strict":
            texts = [strict()]
        else:
            texts = values(LAST, what)
        states = values(LAST, ["message", "status"]) if ONLY else texts
        for text, state in zip(texts, states):
            if (not ONLY or re.search(ONLY, state)) and not holds(how, wanted, text):
                return "%s: %s" % (" ".join(what), text[:200])
    return None


def repeated():
    secret = key("MESSAGES_API_KEY")
    encoded64 = base64.b64encode(secret.encode()).decode().rstrip("=")
    heads = "\n".join(value for _, value in answers[LAST][1].multi_items())
    found = [each for each in (secret, encoded64, secret.encode().hex()) if each in heads or each.encode() in answers[LAST][2]]
    return "the key stands in the answer" if found and secret else "clean"


def strict():
    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name stands twice in one object")
        return dict(pairs)

    def refuse(name):
        raise ValueError(name + " is no JSON value")

    try:
        json.loads(answers[LAST][2].decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)
        return "JSON"
    except (ValueError, RecursionError) as error:
        return "no JSON: %s" % error


def replay():
    ask('1', 'POST', '/v1/messages', [('Content-Type', 'application/json'), ('Authorization', "Bearer " + key('MESSAGES_API_KEY'))], b'{"conversation_id": "conv_8xk2m", "body": "' + mark('84') + b' conformance check bell \\u0007 escape \\u001b[31m tab \\t", "metadata": {"conformance": "mc-012e46"}}')


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
