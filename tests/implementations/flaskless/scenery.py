"""Who is there: accounts, keys, conversations, what was written before, and people who keep on writing."""

import json
import random
import string

from ledger import microseconds

ROLES = [  # channel, outcome, named in the target file
    ("email", "delivered", True),
    ("whatsapp", "read", True),
    ("web_chat", "failed", True),
    ("web_chat", "read", True),
    ("whatsapp", "delivered", False),
    ("whatsapp", "read", True),        # its id continues that of the second
]

SAYINGS = [
    "Good morning! Any news of order 7731?", "We'll look into it at once.", "Merci beaucoup, à bientôt",
    "👍🏽", "Could you send the form again?", "明天可以送到吗？", "The courier rings at your door by noon.",
    "no", "Is there a \"late\" fee?", "Done.",
]


class Key:
    def __init__(self, text, account, writes):
        self.text, self.account, self.writes = text, account, writes


class Scenery:
    def __init__(self, choices, seed):
        self.choices = choices
        self.dice = random.Random("scenery of %s" % seed)
        self.conversations = {"north": {}, "south": {}}
        for table in self.conversations.values():
            for i, (channel, outcome, named) in enumerate(ROLES):
                ident = list(table)[1] + "0" if i == 5 else self.conversation_id()
                table[ident] = {"id": ident, "channel": channel, "outcome": outcome, "named": named}
        self.keys = {}
        self.secret = self.key("sk", "north", True)
        self.reader = self.key("pk", "north", False)
        self.stranger = self.key("sk", "south", True)

    def letters(self, count, alphabet=string.ascii_lowercase + string.digits):
        return "".join(self.dice.choice(alphabet) for _ in range(count))

    def conversation_id(self):
        style = self.choices["conversation_style"]
        if style == "uuid":
            return "-".join(self.letters(n, "0123456789abcdef") for n in (8, 4, 4, 4, 12))
        if style == "mailbox":
            return "%s@desk.example" % self.letters(6)
        return "conv_" + self.letters(7)

    def key(self, kind, account, writes):
        text = "%s_test_%s" % (kind, self.letters(20, string.ascii_letters + string.digits))
        self.keys[text] = Key(text, account, writes)
        return text

    def remember(self, service):
        """Messages of earlier days, in clusters of one instant."""
        count = self.choices["before"]
        now = microseconds()
        for account, number in (("south", count // 5), ("north", count)):
            rooms = list(self.conversations[account].values())
            for i in range(number):
                room = rooms[i % len(rooms)]
                inbound = (i // len(rooms)) % 3 == 1
                picture = i % 9 == 7
                service.write(
                    account, room, "inbound" if inbound else "outbound",
                    {"body": "%s #%d" % (self.dice.choice(SAYINGS), i + 1),
                     "type": "image" if picture else "template" if i % 17 == 2 and not inbound else "text",
                     "media_url": "https://pictures.example/p/%d.png" % i if picture else None,
                     "metadata": {"campaign": "spring", "No": str(i)} if i % 4 == 0 else None},
                    at=now - (7200 + (number - i + i % 3) * 41) * 1_000_000, past=True)
        # two accounts were written one after the other: put the log in order of time
        service.ledger.events.sort(key=lambda event: event.at)

    def chatter(self, service, every):
        rooms = list(self.conversations["north"].values())

        def speak(at):
            room = self.dice.choice(rooms)
            inbound = self.dice.random() < 0.6
            service.write("north", room, "inbound" if inbound else "outbound",
                          {"body": self.dice.choice(SAYINGS), "type": "text", "media_url": None, "metadata": None}, at=at)
            service.ledger.plan(at + int(every * 1_000_000), speak)
            return ()

        service.ledger.plan(microseconds(), speak)

    def target(self, base_url):
        c = self.choices
        settle = {"at_once": 0.5, "fast": 1.0, "steady": 2.2, "slow": 5.0, "still": 1.0}[c["tempo"]]
        lines = ["base_url = " + json.dumps(base_url), "api_key = " + json.dumps(self.secret)]
        if c["told"] != "one_key":
            lines.append("publishable_key = " + json.dumps(self.reader))
            lines.append("other_account_key = " + json.dumps(self.stranger))
        lines.append("settle_seconds = %.1f" % (settle + c["window"]))
        lines.append("consistency_seconds = %.1f" % (c["window"] + 0.3 if c["window"] else 0.0))
        for room in self.conversations["north"].values():
            if room["named"]:
                lines += ["", "[[conversations]]", "id = " + json.dumps(room["id"]), "channel = " + json.dumps(room["channel"])]
                if c["tempo"] != "still" and c["told"] != "no_outcome":
                    lines.append("outcome = " + json.dumps(room["outcome"]))
        return "\n".join(lines) + "\n"
