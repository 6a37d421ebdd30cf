"""Statuses: their order, their end, and what else changes with them."""

import re

from ledger import Documents

from .base import fault, live


class Route:
    """A change to the way of messages written while the service runs. `n` counts them in their conversation."""

    def prepare(self):
        self.counts = {}
        self.numbers = {}

    def route(self, data):
        steps = super().route(data)
        if data["direction"] == "inbound" or not live(data) or not steps:
            return steps
        if data["id"] not in self.numbers:
            self.counts[data["conversation_id"]] = self.numbers[data["id"]] = self.counts.get(data["conversation_id"], 0) + 1
        return self.changed(list(steps), data, self.numbers[data["id"]])


def moving(change):
    """A class whose documents have `change(old, new)` applied to each new one of a live message that moves."""

    class Moving(Documents):
        def moved(self, old, event):
            new = super().moved(old, event)
            return change(old, new) if live(old) else new

    return Moving


# ---- order

@fault("STAT-02", "STAT-03", "STAT-05", "STAT-06")
class read_receipt_overtakes(Route):
    """Every third message of a conversation is read before it is delivered, and delivered after."""

    def changed(self, steps, data, n):
        if n % 3 == 0 and steps[-1][1] == "read":
            (t1, _), (t2, _) = steps[-2:]
            return steps[:-2] + [(t1, "read"), (t2, "delivered")]
        return steps


@fault("STAT-02", "STAT-03", "STAT-05", "STAT-06")
class read_wears_off(Route):
    """Half a second after it was read, a message is delivered again when its body ends in a question mark."""

    def changed(self, steps, data, n):
        if steps[-1][1] == "read" and data["body"].rstrip().endswith("?"):
            return steps + [(steps[-1][0] + 0.5, "delivered")]
        return steps


@fault("STAT-02", "STAT-05")
class sent_is_queued_again(Route):
    """Between sent and delivered an image is queued once more."""

    def changed(self, steps, data, n):
        if data["type"] != "image":
            return steps
        return sorted(steps + [(0.25, "queued")], key=lambda step: step[0])


@fault("STAT-03")
class delivered_then_bounced(Route):
    """On web_chat a message that fails was shown as delivered first."""

    def changed(self, steps, data, n):
        if data["channel"] == "web_chat" and steps[-1][1] == "failed":
            return sorted(steps + [(steps[-1][0] * 0.4, "delivered")], key=lambda step: step[0])
        return steps


@fault("STAT-03", "STAT-06", "STAT-04-S")
class failed_is_retried(Route):
    """Every other message of a conversation that fails is tried again, and delivered."""

    def changed(self, steps, data, n):
        return steps + [(steps[-1][0] + 0.4, "delivered")] if n % 2 == 0 and steps[-1][1] == "failed" else steps


@fault("STAT-03", "STAT-06")
class read_then_expires(Route):
    """A template that was read fails a moment later, since its session has ended."""

    def changed(self, steps, data, n):
        if data["type"] == "template" and steps[-1][1] == "read":
            return steps + [(steps[-1][0] + 0.3, "failed")]
        return steps


# ---- end

@fault("STAT-06")
class long_messages_wait(Route):
    """Messages of more than 300 characters stay where they began."""

    def changed(self, steps, data, n):
        return [] if len(data["body"]) > 300 else steps


@fault("STAT-06")
class delivered_in_place_of_read(Route):
    """From the third message of a conversation on, read receipts are off."""

    def changed(self, steps, data, n):
        return [step for step in steps if step[1] != "read"] if n >= 3 else steps


@fault("STAT-06")
class failure_counts_as_delivery(Route):
    """Messages that fail are reported as delivered when they have metadata."""

    def changed(self, steps, data, n):
        return [(t, "delivered" if s == "failed" and data["metadata"] else s) for t, s in steps]


@fault("STAT-06")
class burst_is_not_delivered(Route):
    """Of messages written within a tenth of a second in one conversation, only the first is delivered."""

    def prepare(self):
        super().prepare()
        self.latest = {}

    def changed(self, steps, data, n):
        key, at = data["conversation_id"], data["at"]
        near = self.latest.setdefault(key, (None, 0))
        if near[0] == data["id"]:
            return steps
        if at - near[1] < 100_000:
            self.latest[key] = (near[0], at)
            return []
        self.latest[key] = (data["id"], at)
        return steps


# ---- names and errors

@fault("STAT-01")
class status_bounced(Route):
    """Email that fails is "bounced"; elsewhere a failing message is "failing" for a moment first."""

    def changed(self, steps, data, n):
        if steps[-1][1] != "failed":
            return steps
        if data["channel"] == "email":
            return steps[:-1] + [(steps[-1][0], "bounced")]
        return steps[:-1] + [(steps[-1][0] * 0.5, "failing"), steps[-1]]


@fault("STAT-01", "SEND-02")
class image_is_accepted:
    """The answer to sending an image has the status "accepted"."""

    def as_sent(self, event):
        shown = super().as_sent(event)
        return {**shown, "status": "accepted"} if shown["type"] == "image" else shown


@fault("STAT-01")
class inbound_is_received:
    """Inbound messages have the status "received"."""

    def full(self, document):
        shown = super().full(document)
        return {**shown, "status": "received"} if document["direction"] == "inbound" else shown


@fault("STAT-04", "GET-04")
class error_only_in_lists:
    """The error of a failed message stands in lists, but not where the message is retrieved."""

    def retrieve(self, request, key, ident):
        return self.json(200, self.full({**self.look(self.reading(), key, ident), "error": None}))

    def item(self, document, query):
        shown = super().item(document, query)
        return {**shown, "error": document["error"]} if document["error"] else shown


@fault("STAT-04")
class error_blank_for_images:
    """An image that fails has an empty error object."""

    def failure(self, data):
        return {} if data["type"] == "image" and live(data) else super().failure(data)


@fault("STAT-04")
class error_under_other_name:
    """What went wrong stands under "failure_reason", and there is no error."""

    def full(self, document):
        shown = super().full(document)
        if "error" in shown:
            shown["failure_reason"] = shown.pop("error")
        return shown


@fault("STAT-04-S")
class error_from_the_start:
    """A message that is going to fail has its error from the start."""

    def full(self, document):
        if document["outcome"] == "failed" and document["direction"] == "outbound":
            document = {**document, "error": self.failure(document)}
        return super().full(document)


# ---- one history

@fault("STAT-05")
class retrieve_lags_behind_list:
    """Retrieving shows the status of 0.7 seconds ago; lists are up to date."""

    def prepare(self):
        self.behind = self.documents(self.ledger)

    def retrieve(self, request, key, ident):
        with self.ledger.lock:
            behind = self.behind.reach(self.ledger.advance() - 700_000)
            document = self.look(self.reading(), key, ident)
            return self.json(200, self.full(behind.by_id.get(ident) or {**document, "status": self.choices["begins"], "error": None}
                                            if live(document) and document["direction"] == "outbound" else document))


@fault("STAT-05")
class filtered_list_lags:
    """Lists that are filtered by conversation show the statuses of 0.8 seconds ago."""

    def prepare(self):
        self.behind = self.documents(self.ledger)

    def page(self, documents, account, conversation, direction, limit, cursor):
        page, more = super().page(documents, account, conversation, direction, limit, cursor)
        if conversation is not None:
            behind = self.behind.reach(self.ledger.advance() - 800_000).by_id
            page = [behind.get(row["id"], row if row["direction"] == "inbound" else {**row, "status": self.choices["begins"], "error": None})
                    for row in page]
        return page, more


@fault("STAT-05", "STAT-02", "STAT-03")
class answer_is_hopeful:
    """The answer to a send has the status that the message will end with."""

    def as_sent(self, event):
        shown = super().as_sent(event)
        steps = self.route(event.data)
        return {**shown, "status": steps[-1][1], **({"error": self.failure(event.data)} if steps[-1][1] == "failed" else {})} if steps else shown


@fault("STAT-05")
class retrieve_cached_when_polled:
    """The third retrieval of a message and those after it are answered from what the second saw, for 0.6 seconds each time."""

    def prepare(self):
        self.seen = {}

    def retrieve(self, request, key, ident):
        now = self.ledger.advance()
        times, until, answer = self.seen.get((key.account, ident), (0, 0, None))
        if times >= 2 and now < until:
            return answer
        answer = super().retrieve(request, key, ident)
        self.seen[key.account, ident] = (times + 1, now + 600_000, answer)
        return answer


# ---- nothing else changes

@fault("STAT-07", "GET-02", "GET-04")
class created_at_of_delivery:
    """created_at becomes the time of delivery for email."""

    documents = moving(lambda old, new: {**new, "at": new["at"] + 2_000_000}
                       if new["status"] == "delivered" and new["channel"] == "email" else new)


@fault("STAT-07", "GET-02", "SEND-10")
class metadata_flattened_on_move:
    """When its status moves, what is nested in the metadata of a message becomes text, and a receipt is added."""

    documents = moving(lambda old, new: {**new, "metadata": {
        **{k: v if isinstance(v, str) else str(v) for k, v in (new["metadata"] or {}).items()}, "receipt": "yes"}})


@fault("STAT-07", "GET-02")
class image_becomes_text:
    """When its status moves, an image becomes a text."""

    documents = moving(lambda old, new: {**new, "type": "text"} if new["type"] == "image" else new)


@fault("STAT-07", "GET-02")
class body_redacted_when_read:
    """Digits in a body become "*" once the message was read."""

    documents = moving(lambda old, new: {**new, "body": re.sub("[0-9]", "*", new["body"])} if new["status"] == "read" else new)


@fault("STAT-07", "GET-02", "SEND-17")
class channel_after_failure:
    """A message that fails changes its channel to email, the channel of last resort (or to whatsapp, if it was email)."""

    documents = moving(lambda old, new: {**new, "channel": "whatsapp" if old["channel"] == "email" else "email"}
                       if new["status"] == "failed" else new)


@fault("STAT-07", "GET-02")
class conversation_closed_on_read:
    """When it is read, a message moves to a conversation of the archive."""

    documents = moving(lambda old, new: {**new, "conversation_id": new["conversation_id"] + "_archived"}
                       if new["status"] == "read" else new)


@fault("STAT-07", "GET-02", "LIST-10")
class failure_becomes_inbound:
    """A message that fails becomes an inbound one, for the bounce overwrites it."""

    documents = moving(lambda old, new: {**new, "direction": "inbound"} if new["status"] == "failed" else new)
