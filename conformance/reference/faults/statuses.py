"""Faults of statuses: values that are none, histories that go back or disagree, errors, outcomes that never come."""

from __future__ import annotations

from functools import cached_property

from ..delivery import ORDER
from ..records import Caller, Conversation, Message, Step, View
from ..service import Service
from .registry import fault

_SECOND = 1_000_000


class Renaming(Service):
    """Shows some statuses under another name."""

    def status(self, message: Message, view: View) -> str:
        return self.named(super().status(message, view), message, view)

    def named(self, status: str, message: Message, view: View) -> str:
        raise NotImplementedError


@fault("inbound-received", "STAT-01", "LIST-02", "GET-01")
class InboundReceived(Renaming):
    """Customers' messages have the status received."""

    def named(self, status: str, message: Message, view: View) -> str:
        return "received" if message.direction == "inbound" else status


@fault("failed-undelivered", "STAT-01", "STAT-06", "GET-01", "LIST-02")
class FailedUndelivered(Renaming):
    """A message that failed has the status undelivered."""

    def named(self, status: str, message: Message, view: View) -> str:
        return "undelivered" if status == "failed" else status


@fault("send-says-accepted", "STAT-01", "SEND-02")
class SendSaysAccepted(Renaming):
    """A send answers with the status accepted."""

    def named(self, status: str, message: Message, view: View) -> str:
        return "accepted" if view == "send" else status


@fault("list-says-capitals", "STAT-01", "LIST-02", "GET-04")
class ListSaysCapitals(Renaming):
    """List items have their status in capitals."""

    def named(self, status: str, message: Message, view: View) -> str:
        return status.capitalize() if view == "list" else status


@fault("send-ahead", "STAT-05", "STAT-02", "STAT-03")
class SendAhead(Renaming):
    """A send answers with delivered, though the message is only queued."""

    def named(self, status: str, message: Message, view: View) -> str:
        return "delivered" if view == "send" else status


@fault("flickering", "STAT-02", "STAT-05", "STAT-03", "STAT-06")
class Flickering(Renaming):
    """Every third look is answered by a replica that is one step behind."""

    looks = 0

    def named(self, status: str, message: Message, view: View) -> str:
        self.looks += 1
        behind = self.looks % 3 == 0 and status in ORDER[1:] and len(message.timeline) > 1
        return ORDER[ORDER.index(status) - 1] if behind else status


class Lagging(Service):
    """Some views tell the status of a while ago, which nobody declared."""

    def moment(self, view: View) -> int:
        return super().moment(view) - self.lag(view)

    def lag(self, view: View) -> int:
        raise NotImplementedError


@fault("list-behind", "STAT-05")
class ListBehind(Lagging):
    """Lists show the statuses of 0.4 seconds ago."""

    def lag(self, view: View) -> int:
        return 400_000 if view == "list" else 0


@fault("retrieve-behind", "STAT-05")
class RetrieveBehind(Lagging):
    """Retrieves show the status of 0.4 seconds ago."""

    def lag(self, view: View) -> int:
        return 400_000 if view == "retrieve" else 0


@fault("retrieve-cached", "STAT-05")
class RetrieveCached(Service):
    """A retrieve is answered from a cache of 0.8 seconds."""

    @cached_property
    def cache(self) -> dict[str, tuple[int, str]]:
        """When each message was first looked at, and its status then."""
        return {}

    def status(self, message: Message, view: View) -> str:
        if view != "retrieve":
            return super().status(message, view)
        now = self.clock.now()
        if now - self.cache.get(message.id, (0, ""))[0] > 800_000:
            self.cache[message.id] = now, super().status(message, view)
        return self.cache[message.id][1]


class Derailed(Service):
    """Lays down another timeline."""

    def timeline(self, conversation: Conversation, created_us: int) -> tuple[Step, ...]:
        return self.derailed(super().timeline(conversation, created_us), conversation)

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        raise NotImplementedError

    def then(self, steps: tuple[Step, ...], after: str, status: str) -> tuple[Step, ...]:
        """The timeline with one more step, a fifth of a second after another, if that one is its last."""
        return (*steps, (steps[-1][0] + _SECOND // 5, status)) if steps[-1][1] == after else steps


@fault("read-then-delivered", "STAT-02", "STAT-03", "STAT-05", "STAT-06")
class ReadThenDelivered(Derailed):
    """A message that was read is delivered again."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "read", "delivered")


@fault("delivered-then-sent", "STAT-02", "STAT-05", "STAT-06")
class DeliveredThenSent(Derailed):
    """A message that is not read goes back to sent."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "delivered", "sent")


@fault("sent-then-queued", "STAT-02", "STAT-05")
class SentThenQueued(Derailed):
    """A message in a conversation without an outcome is queued again."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "sent", "queued")


@fault("read-then-failed", "STAT-03", "STAT-06")
class ReadThenFailed(Derailed):
    """A message that was read fails."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "read", "failed")


@fault("delivered-then-failed", "STAT-03")
class DeliveredThenFailed(Derailed):
    """A message fails after it was delivered."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        if conversation.outcome != "failed":
            return steps
        return (*steps[:-1], (steps[-1][0], "delivered"), (steps[-1][0] + _SECOND // 5, "failed"))


@fault("failed-then-sent", "STAT-03", "STAT-05", "STAT-06")
class FailedThenSent(Derailed):
    """A message that failed is tried again and is sent."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "failed", "sent")


@fault("failed-then-delivered", "STAT-03", "STAT-06")
class FailedThenDelivered(Derailed):
    """A message that failed is delivered after all."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return self.then(steps, "failed", "delivered")


@fault("stuck-at-queued", "STAT-06")
class StuckAtQueued(Derailed):
    """No status ever moves on."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return steps[:1]


@fault("never-read", "STAT-06")
class NeverRead(Derailed):
    """No message is ever read."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return tuple(step for step in steps if step[1] != "read")


@fault("never-failed", "STAT-06")
class NeverFailed(Derailed):
    """What should fail stays at sent."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return tuple(step for step in steps if step[1] != "failed")


@fault("failing-is-read", "STAT-06")
class FailingIsRead(Derailed):
    """What should fail is read instead."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return tuple((at, "read" if status == "failed" else status) for at, status in steps)


@fault("delivering-fails", "STAT-06")
class DeliveringFails(Derailed):
    """What should be delivered, and no more, fails."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        swap = conversation.outcome == "delivered"
        return tuple((at, "failed" if swap and status == "delivered" else status) for at, status in steps)


@fault("outcome-late", "STAT-06")
class OutcomeLate(Derailed):
    """The last status comes a minute late."""

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        return (*steps[:-1], (steps[-1][0] + 60 * _SECOND, steps[-1][1]))


@fault("some-never-arrive", "STAT-06")
class SomeNeverArrive(Derailed):
    """Of the messages of a conversation only the first two ever get beyond sent."""

    @cached_property
    def sent(self) -> dict[str, int]:
        """How many were sent in each conversation."""
        return {}

    def derailed(self, steps: tuple[Step, ...], conversation: Conversation) -> tuple[Step, ...]:
        self.sent[conversation.id] = self.sent.get(conversation.id, 0) + 1
        return steps if self.sent[conversation.id] <= 2 else steps[:2]


@fault("status-on-demand", "STAT-06", "GET-05")
class StatusOnDemand(Service):
    """A status moves only when the message is retrieved, one step at a time."""

    @cached_property
    def looks(self) -> dict[str, int]:
        """How often each message was retrieved."""
        return {}

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        self.looks[message.id] = self.looks.get(message.id, 0) + 1
        return message

    def status_at(self, message: Message, moment_us: int) -> str:
        steps = message.timeline
        return steps[min(self.looks.get(message.id, 0), len(steps) - 1)][1]
