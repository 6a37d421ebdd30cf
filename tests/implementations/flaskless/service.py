"""The service: requests become events, views become answers."""

import json
import random
import string
import uuid
from datetime import datetime, timedelta, timezone
from itertools import islice
from urllib.parse import unquote

from intake import Intake, Refused
from ledger import Documents, Event, Ledger
from wire import Answer

TEMPO = {"at_once": (0, 0, 0), "fast": (0.05, 0.15, 0.3), "steady": (0.2, 0.6, 1.0), "slow": (0.8, 2.2, 3.6)}
FIVE = ("id", "body", "direction", "status", "created_at")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Service(Intake):
    documents = Documents

    def __init__(self, choices, scenery):
        self.choices, self.scenery = choices, scenery
        self.ledger = Ledger()
        self.fresh = self.documents(self.ledger)      # as things are
        self.settled = self.documents(self.ledger)    # as they were one window ago
        self.requests = 0
        self.prepare()

    def prepare(self):
        """For whoever needs a state of their own."""

    # ---- answering

    def answer(self, request):
        try:
            return self.dispatch(request)
        except Refused as refusal:
            return self.refuse(request, refusal)
        except Exception as trouble:                # pylint: disable=broad-except
            return self.crash(request, trouble)

    def crash(self, request, trouble):
        return self.refuse(request, Refused(500, "api_error", "internal", "An error of ours."))

    def dispatch(self, request):
        self.requests += 1
        if self.choices["throttle"] and self.requests % self.choices["throttle"] == 0:
            raise Refused(429, "rate_limit_error", "slow_down", "Too many requests.", headers=self.retry_after())
        key = request.key = self.identify(request)
        root = self.choices["mount"] + "/v1/messages"
        if request.path == root:
            return self.collection(request, key)
        if request.path.startswith(root + "/"):
            return self.single(request, key, self.ident_of(request.path[len(root) + 1:]))
        raise Refused(404, "not_found_error", "no_such_page", "Nothing is here.")

    def ident_of(self, text):
        return unquote(text, errors="replace")

    def retry_after(self):
        return {"Retry-After": "1"}

    def reads(self, method):
        return method == "GET" or (method == "HEAD" and self.choices["head"] == "answer")

    def collection(self, request, key):
        if request.method == "POST":
            return self.send(request, key)
        if self.reads(request.method):
            return self.list(request, key)
        return self.strange_method(request, "GET, POST")

    def single(self, request, key, ident):
        if self.reads(request.method):
            return self.retrieve(request, key, ident)
        return self.strange_method(request, "GET", ident)

    def strange_method(self, request, allow, ident=None):
        if self.choices["head"] == "answer":
            allow += ", HEAD"
        if request.method == "OPTIONS" and self.choices["options"] == "answer":
            return Answer(200, headers={"Allow": allow + ", OPTIONS"})
        status = self.choices["strange_method"]
        kind = "not_found_error" if status == 404 else "invalid_request_error"
        raise Refused(status, kind, "method_not_allowed", "Not with this method.", headers={"Allow": allow})

    # ---- the three operations

    def send(self, request, key):
        self.may_write(key)
        room, fields = self.order(key.account, self.payload(request))
        event = self.write(key.account, room, "outbound", fields)
        return self.json(self.choices["accepted"], self.as_sent(event))

    def as_sent(self, event):
        self.ledger.advance()
        document = dict(event.data)
        for later in self.at_once(event):
            document.update(later)
        return self.full(document)

    def at_once(self, event):
        """With no tempo to speak of, the outcome is there before the answer."""
        if self.choices["tempo"] != "at_once":
            return []
        return [self.movement(event.data, status) for _, status in self.route(event.data)]

    def retrieve(self, request, key, ident):
        document = self.look(self.reading(), key, ident)
        return self.json(200, self.full(document))

    def look(self, documents, key, ident):
        document = documents.by_id.get(ident)
        if document is None or document["account"] != key.account:
            raise Refused(404, "not_found_error", "message_unknown", "No such message.")
        return document

    def reading(self):
        with self.ledger.lock:
            if self.choices["window_covers"] == "both":
                return self.listing()
            return self.fresh.reach(self.ledger.advance())

    def listing(self):
        with self.ledger.lock:
            return self.settled.reach(self.ledger.advance() - int(self.choices["window"] * 1_000_000))

    def list(self, request, key):
        query = self.query(request)
        with self.ledger.lock:
            documents = self.listing()
            limit = self.limit_of(query)
            direction = self.direction_of(query)
            conversation = self.conversation_filter(key.account, query)
            cursor = self.cursor_of(key.account, query, documents)
            if cursor is not None and cursor["place"] is None:
                page, more = [], False
            else:
                page, more = self.page(documents, key.account, conversation, direction, limit, cursor)
        return self.json(200, self.as_list(page, more, query))

    def page(self, documents, account, conversation, direction, limit, cursor):
        rows = self.candidates(documents, account, conversation, cursor)
        rows = (row for row in rows if self.goes(row, direction))
        page = list(islice(rows, limit + 1))
        return page[:limit], len(page) > limit

    def candidates(self, documents, account, conversation, cursor):
        place = None if cursor is None else cursor["place"]
        return documents.beyond(account, conversation, place, self.choices["sequence"] == "newest")

    def goes(self, row, direction):
        return direction is None or row["direction"] == direction

    # ---- writing

    def write(self, account, room, direction, fields, at=None, past=False):
        with self.ledger.lock:
            now = at if past else max(self.ledger.last, at or self.ledger.advance())
            inbound = direction == "inbound"
            data = {
                "id": self.new_id(now), "account": account, "conversation_id": room["id"], **fields,
                "direction": direction, "channel": self.channel(room, fields), "at": now, "outcome": room["outcome"],
                "status": self.choices["inbound_at"] if inbound else self.begins(fields), "error": None,
            }
            event = Event(now, "written", account, data["id"], data)
            self.ledger.enter(event) if not past else self.ledger.events.append(event)
            self.schedule(event, past)
            return event

    def schedule(self, event, past):
        for delay, status in self.route(event.data):
            change = Event(event.at, "moved", event.account, event.id, self.movement(event.data, status))
            if past:
                self.ledger.events.append(change)
            elif delay == 0:
                self.ledger.enter(change)
            else:
                self.ledger.plan(event.at + int(delay * 1_000_000), lambda at, change=change: [change._replace(at=at)])

    def begins(self, fields):
        return self.choices["begins"]

    def channel(self, room, fields):
        return room["channel"]

    def route(self, data):
        """When the message moves on, and to what."""
        tempo = TEMPO.get(self.choices["tempo"])
        if tempo is None or data["direction"] == "inbound":
            return []
        steps = [(tempo[0], "sent")] if self.choices["begins"] == "queued" else []
        if data["outcome"] == "failed":
            return steps + [(tempo[1], "failed")]
        steps.append((tempo[1], "delivered"))
        return steps + [(tempo[2], "read")] if data["outcome"] == "read" else steps

    def movement(self, data, status):
        return {"status": status, "error": self.failure(data)} if status == "failed" else {"status": status}

    def failure(self, data):
        text = "The recipient cannot be reached."
        return {"code": "unreachable", "message": text} if self.choices["error_field"] == "object" else text

    def new_id(self, at):
        style = self.choices["id_style"]
        letters = string.ascii_letters + string.digits
        if style == "sortable":
            return "msg_%014x%s" % (at, "".join(random.choices("0123456789abcdef", k=8)))
        if style == "hex":
            return "msg_" + uuid.uuid4().hex
        if style == "bare":
            return str(uuid.uuid4())
        if style == "dotted":
            return "msg_%s.%s~%s" % tuple("".join(random.choices(letters, k=6)) for _ in range(3))
        return "msg_" + "".join(random.choices(letters, k=16))

    # ---- showing

    def stamp(self, at):
        zone, digits = self.choices["zone"], self.choices["fraction"]
        moment = EPOCH + timedelta(microseconds=at - (10_800_000_000 if zone == "-03:00" else 0))
        text = moment.strftime("%Y-%m-%dT%H:%M:%S")
        if digits:
            text += "." + ("%06d" % moment.microsecond)[:digits]
        return text + zone

    def full(self, document):
        shown = {
            "id": document["id"], "object": "message", "conversation_id": document["conversation_id"],
            "body": document["body"], "type": document["type"], "direction": document["direction"],
            "channel": document["channel"], "status": document["status"],
        }
        if document["media_url"] is not None or self.choices["no_media"] == "null":
            shown["media_url"] = document["media_url"]
        if document["metadata"] is not None:
            shown["metadata"] = document["metadata"]
        elif self.choices["no_metadata"] != "leave":
            shown["metadata"] = {} if self.choices["no_metadata"] == "object" else None
        if document["error"] is not None:
            shown["error"] = document["error"]
        shown["created_at"] = self.stamp(document["at"])
        if self.choices["more_fields"]:
            shown["account"] = document["account"]
            shown["tags"] = []
        return self.arrange(shown)

    def item(self, document, query):
        shown = self.full(document)
        style = self.choices["list_items"]
        if style == "all":
            return shown
        names = FIVE if style == "five" else FIVE + ("conversation_id", "type", "channel")
        return {name: shown[name] for name in shown if name in names}

    def as_list(self, page, more, query):
        shown = {"object": "list", "data": [self.item(row, query) for row in page], "has_more": more}
        if self.choices["more_fields"]:
            shown["count"] = len(page)
        return self.arrange(shown)

    def arrange(self, shown):
        if self.choices["key_order"] == "alphabet":
            return dict(sorted(shown.items()))
        if self.choices["key_order"] == "shuffled":
            return dict(random.sample(list(shown.items()), len(shown)))
        return shown

    def json(self, status, value):
        media_type = "application/json; charset=utf-8" if self.choices["charset"] else "application/json"
        return Answer(status, self.encode(value), media_type)

    def encode(self, value):
        if not self.choices["ascii_json"]:
            try:
                return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
            except UnicodeEncodeError:
                pass
        return json.dumps(value).encode("ascii")

    def refuse(self, request, refusal):
        shape = self.choices["error_shape"]
        if shape == "nothing":
            return Answer(refusal.status, headers=refusal.headers)
        if shape == "text":
            return Answer(refusal.status, refusal.message.encode(), "text/plain; charset=utf-8", refusal.headers)
        value = {"type": refusal.kind, "code": refusal.code, "message": refusal.message}
        if refusal.param and refusal.param != "payload":
            value["param"] = refusal.param
        value["doc_url"] = "https://docs.example/errors/" + refusal.code
        answer = self.json(refusal.status, {"error": value} if shape == "documented" else value)
        answer.headers.update(refusal.headers)
        return answer
