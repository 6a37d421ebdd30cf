"""What every message of a run has in common: how its body begins, its mark, and the run that it says it is of."""

from __future__ import annotations

from typing import Any

from conformance.history import understand
from conformance.model import Credential, Exchange, Operation
from conformance.run import Run
from conformance.suite.reasons import Withheld
from conformance.wire import json_equal

Payload = dict[str, Any]


class Payloads:
    """The part of a kit that makes payloads, where they may be sent."""

    run: Run

    @property
    def reads_only(self) -> bool:
        """Whether the run may not send."""
        return self.run.plan.read_only

    def withhold(self, *requirements: str) -> None:
        """End the driver here in a run that only reads: what follows, and what these requirements ask, needs a send."""
        if self.reads_only:
            raise Withheld(*requirements)

    def payload(self, conversation: str | None = None, **fields: Any) -> Payload:
        """A payload of `{conversation_id, body}`, the body marked, with fields over it.

        Where the target was seen to keep metadata, it also says there which run it is of.
        """
        return {**self.bare(conversation), **(self.tagged if self.run.keeps_metadata else {}), **fields}

    def bare(self, conversation: str | None = None) -> Payload:
        """A payload of `{conversation_id, body}` and nothing else, the body marked."""
        name = conversation or self.run.scene.main.id
        return {"conversation_id": name, "body": f"{self.prefix}{self.run.next_tag()} conformance check"}

    @property
    def tagged(self) -> Payload:
        """The metadata by which a message is known to be of this run."""
        return {"metadata": {"conformance": self.run.id}}

    @property
    def prefix(self) -> str:
        """What every body begins with."""
        return self.run.client.target.body_prefix

    def branded(self, payload: Any) -> Any:
        """The payload, its body beginning as every body is to begin."""
        body = payload.get("body") if isinstance(payload, dict) else None
        if not isinstance(body, str) or body.startswith(self.prefix):
            return payload
        return {**payload, "body": f"{self.prefix}{body}"}

    def learn(self, exchange: Exchange) -> None:
        """Take note of whether metadata is kept: once it was not, no message carries any that a check does not need."""
        request, response = exchange.request, exchange.response
        ask = understand(request) if response is not None and response.ok and request.method == "POST" else None
        if (
            response is None
            or ask is None
            or ask.operation is not Operation.SEND
            or request.credential is not Credential.KEY
        ):
            return
        sent = ask.payload.get("metadata") if isinstance(ask.payload, dict) else None
        if not isinstance(sent, dict) or not sent:
            return
        kept = isinstance(response.json, dict) and json_equal(response.json.get("metadata"), sent)
        if (kept and self.run.keeps_metadata is None) or (not kept and sent == self.tagged["metadata"]):
            self.run.keeps_metadata = kept
