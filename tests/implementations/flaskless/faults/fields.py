"""Type, media_url and conversation of a send."""

from intake import Refused

from .base import fault


@fault("SEND-03")
class image_refused_with_query:
    """An image is refused when its media_url has a query string."""

    def is_url(self, text):
        return super().is_url(text) and "?" not in text


@fault("SEND-03", "SEND-02")
class type_null_by_default:
    """The type is null when none was sent."""

    def type_of(self, payload):
        return None if payload.get("type") is None else super().type_of(payload)


@fault("SEND-03")
class template_is_text:
    """A template is accepted and kept as text."""

    def type_of(self, payload):
        kind = super().type_of(payload)
        return "text" if kind == "template" else kind


@fault("SEND-04")
class type_is_a_substring:
    """A type passes when it is found in the string "text,image,template": "temp", "e" and "" do."""

    def types(self):
        return "text,image,template"


@fault("SEND-04")
class type_audio_video:
    """The types audio, video and document are accepted as well."""

    def types(self):
        return super().types() + ("audio", "video", "document")


@fault("SEND-04")
class type_with_blanks:
    """White space about a type is cut off: " text" is accepted."""

    def type_of(self, payload):
        kind = payload.get("type")
        return super().type_of({**payload, "type": kind.strip()} if isinstance(kind, str) else payload)


@fault("SEND-09", "SEND-04")
class type_falsy_is_text:
    """Whatever is falsy counts as no type: "", 0, false and [] are accepted as text."""

    def type_of(self, payload):
        return super().type_of(payload) if payload.get("type") else "text"


@fault("SEND-08")
class image_needs_nothing:
    """An image needs no media_url; a placeholder stands in."""

    def media_of(self, payload, kind):
        if kind == "image" and payload.get("media_url") is None:
            return "https://media.example/pending"
        return super().media_of(payload, kind)


@fault("SEND-08-S")
class media_needs_only_colon:
    """Any media_url with something in it is accepted for an image."""

    def is_url(self, text):
        return bool(text.strip())


@fault("SEND-09")
class media_of_text_unchecked:
    """media_url is looked at only for images; a text may have an array or an object there."""

    def media_of(self, payload, kind):
        return super().media_of(payload, kind) if kind == "image" else payload.get("media_url")


@fault("SEND-06")
class null_conversation_is_first:
    """Without a conversation the message goes to the first one of the account."""

    def conversation_of(self, account, payload):
        if payload.get("conversation_id") is None:
            return next(iter(self.scenery.conversations[account].values()))
        return super().conversation_of(account, payload)


@fault("SEND-06")
class conversation_in_object:
    """conversation_id may be an object with an id, as an expanded one."""

    def conversation_of(self, account, payload):
        given = payload.get("conversation_id")
        if isinstance(given, (dict, list)) and given:
            inner = given.get("id", "") if isinstance(given, dict) else given[0]
            return super().conversation_of(account, {**payload, "conversation_id": inner})
        return super().conversation_of(account, payload)


@fault("SEND-12")
class conversation_any_case:
    """Conversations are found in any case: the id in capitals is accepted."""

    def room(self, account, ident):
        for known, room in self.scenery.conversations[account].items():
            if known.lower() == ident.lower():
                return room
        return None


@fault("SEND-12", "GET-01")
class unknown_conversation_accepted:
    """A send in an unknown conversation answers as any other, and its message is dropped."""

    def conversation_of(self, account, payload):
        try:
            return super().conversation_of(account, payload)
        except Refused:
            if isinstance(payload.get("conversation_id"), str):
                return {"id": payload["conversation_id"], "channel": "web_chat", "outcome": "failed", "void": True}
            raise

    def write(self, account, room, *rest, **options):
        if room.get("void"):
            with self.ledger.lock:
                events, self.ledger.events = self.ledger.events, []
                plans, self.ledger.plans = self.ledger.plans, []
                try:
                    return super().write(account, room, *rest, **options)
                finally:
                    self.ledger.events, self.ledger.plans = events, plans
        return super().write(account, room, *rest, **options)


@fault("SEND-17")
class channel_rotates:
    """Every fifth send of a conversation goes through the channel of another."""

    def prepare(self):
        self.turns = {}

    def channel(self, room, fields):
        self.turns[room["id"]] = turn = self.turns.get(room["id"], 0) + 1
        return ("sms" if turn % 5 == 0 else room["channel"])


@fault("SEND-17")
class channel_by_length:
    """Bodies of more than 500 characters go by email, whatever the conversation."""

    def channel(self, room, fields):
        if len(fields["body"]) > 500:
            return "whatsapp" if room["channel"] == "email" else "email"
        return room["channel"]
