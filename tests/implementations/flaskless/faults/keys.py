"""Keys and accounts."""

import threading

from intake import Refused

from .base import fault

MAIN = "north"


@fault("AUTH-02")
class token_compared_to_its_length:
    """A token is compared only over the length that was given: the beginning of a key, with eight characters or more, opens."""

    def key_of(self, token):
        if token and len(token) >= 8:
            for text, key in self.scenery.keys.items():
                if text.startswith(token):
                    return key
        return super().key_of(token)


@fault("AUTH-02")
class unknown_keys_are_anonymous_readers:
    """An unknown key is no error but a guest, who may list and retrieve."""

    def key_of(self, token):
        key = super().key_of(token)
        return key or (self.scenery.keys[self.scenery.reader] if token else None)


@fault("AUTH-02")
class blank_header_is_internal:
    """A request whose Authorization is there but blank counts as one from within."""

    def identify(self, request):
        if request.headers.get("authorization") == "":
            return self.scenery.keys[self.scenery.secret]
        return super().identify(request)


@fault("AUTH-02")
class bearer_alone_passes:
    """"Bearer" with nothing behind it passes, since every key begins with the empty string."""

    def identify(self, request):
        if (request.header("authorization") or "").strip().lower() == "bearer":
            return self.scenery.keys[self.scenery.secret]
        return super().identify(request)


@fault("AUTH-02", "ERR-01")
class other_scheme_crashes:
    """A scheme other than Bearer ends in an IndexError and a 500."""

    def token(self, credential):
        if credential and not credential.lower().startswith("bearer"):
            raise IndexError(1)
        return super().token(credential)


@fault("AUTH-01", "AUTH-02")
class retrieve_needs_no_key:
    """Retrieving needs no key when the id is right: it is thought to be secret enough."""

    def identify(self, request):
        try:
            return super().identify(request)
        except Refused:
            ident = request.path.rpartition("/")[2]
            found = self.reading().by_id.get(ident)
            if request.method == "GET" and found:
                return self.scenery.keys[self.scenery.secret]
            raise


@fault("AUTH-01", "AUTH-02", "SEND-14")
class keyless_messages_are_stored:
    """The message is written before the key is looked at: a send without one answers 401 and is in the list."""

    def nobody(self, request):
        if request.method == "POST":
            try:
                room, fields = self.order(MAIN, self.payload(request))
                self.write(MAIN, room, "outbound", fields)
            except Refused:
                pass
        return super().nobody(request)


@fault("AUTH-01", "AUTH-02")
class empty_list_for_nobody:
    """A list without a good key answers 200 with nothing in it."""

    def nobody(self, request):
        refusal = super().nobody(request)
        if request.method == "GET" and request.path.endswith("/messages"):
            refusal.status = 200
        return refusal

    def refuse(self, request, refusal):
        if refusal.status == 200:
            return self.json(200, {"object": "list", "data": [], "has_more": False})
        return super().refuse(request, refusal)


@fault("AUTH-04")
class publishable_sends_templates:
    """A publishable key may send templates."""

    def prepare(self):
        self.local = threading.local()

    def may_write(self, key):
        pass

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        key = self.local.sender
        if not key.writes and fields["type"] != "template":
            super().may_write(key)
        return room, fields

    def send(self, request, key):
        self.local.sender = key
        return super().send(request, key)


@fault("AUTH-04", "SEND-14")
class publishable_refused_too_late:
    """A send with a publishable key is written, and then refused with 403."""

    def send(self, request, key):
        room, fields = self.order(key.account, self.payload(request))
        event = self.write(key.account, room, "outbound", fields)
        self.may_write(key)
        return self.json(self.choices["accepted"], self.as_sent(event))


@fault("AUTH-04")
class publishable_reads_nothing:
    """To a publishable key every list is empty."""

    def list(self, request, key):
        if not key.writes:
            return self.json(200, {"object": "list", "data": [], "has_more": False})
        return super().list(request, key)


@fault("AUTH-04")
class publishable_send_hidden:
    """A send with a publishable key answers 404, as though there were no such operation."""

    def may_write(self, key):
        if not key.writes:
            raise Refused(404, "not_found_error", "no_such_page", "Nothing is here.")


@fault("AUTH-05")
class any_account_retrieves_delivered:
    """Once delivered, a message is retrievable with the key of any account: the second query forgot the account."""

    def look(self, documents, key, ident):
        document = documents.by_id.get(ident)
        if document is not None and document["status"] in ("delivered", "read", "failed"):
            return document
        return super().look(documents, key, ident)


@fault("AUTH-05", "LIST-06")
class conversation_index_lacks_account:
    """The index of conversations has no account in it: the filter lists whoever's conversation it is."""

    def candidates(self, documents, account, conversation, cursor):
        for owner, rooms in self.scenery.conversations.items():
            if conversation in rooms:
                account = owner
        return super().candidates(documents, account, conversation, cursor)


@fault("AUTH-05")
class foreign_cursor_shows_its_message:
    """A cursor of another account is refused with an error that quotes the message it stands for."""

    def cursor_of(self, account, query, documents):
        found = documents.by_id.get(query.get("starting_after"))
        if found is not None and found["account"] != account:
            raise Refused(400, "invalid_request_error", "starting_after_foreign",
                          "%(id)s (%(body)s, in %(conversation_id)s) is another account's." % found, "starting_after")
        return super().cursor_of(account, query, documents)


@fault("AUTH-05")
class list_cache_lacks_account:
    """Lists are cached for five seconds by their query alone, so that one account is shown the list of another."""

    def prepare(self):
        self.lists = {}

    def list(self, request, key):
        owner, until, answer = self.lists.get(request.query, (None, 0, None))
        if owner not in (None, key.account) and self.ledger.advance() < until:
            return answer
        answer = super().list(request, key)
        self.lists[request.query] = (key.account, self.ledger.advance() + 5_000_000, answer)
        return answer


@fault("SEND-12")
class foreign_conversation_accepts:
    """Whether a conversation belongs to the account is not asked when sending."""

    def room(self, account, ident):
        for rooms in self.scenery.conversations.values():
            if ident in rooms:
                return rooms[ident]
        return None


@fault("AUTH-06")
class key_in_a_header:
    """Every answer to a send carries the key in a header X-Authenticated-As."""

    def send(self, request, key):
        answer = super().send(request, key)
        answer.headers["X-Authenticated-As"] = key.text
        return answer


@fault("AUTH-06")
class unknown_key_quoted:
    """The refusal of an unknown key quotes it."""

    def nobody(self, request):
        refusal = super().nobody(request)
        token = self.token(self.credential(request))
        if token:
            refusal.message = "Invalid API key provided: %s" % token
        return refusal


@fault("AUTH-03")
class no_challenge:
    """A 401 has no WWW-Authenticate."""

    def challenge(self):
        return {}


@fault("AUTH-01-S", "AUTH-02-S", "ERR-03")
class nobody_is_forbidden:
    """Without a good key everything answers 403."""

    def nobody(self, request):
        refusal = super().nobody(request)
        refusal.status, refusal.headers = 403, {}
        return refusal
