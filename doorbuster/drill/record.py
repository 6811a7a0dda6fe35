"""The crowd's own log: every attempt, every promise it was given, every shopper's fate.

All times are seconds since the crowd's start, so that records of several client processes add up.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from doorbuster.drill.answers import hurts

PromiseKind = Literal["hold", "order", "paid"]
Outcome = Literal[
    "bought", "told_sold_out", "told_to_wait", "left_on_purpose", "hoarded", "looked", "scraped", "gave_up", "failed"
]


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """One request: when the shopper planned it, when it was sent, when the answer was whole."""

    shopper: int
    step: str
    planned: float
    sent: float
    answered: float
    status: int
    kind: str

    @property
    def latency_seconds(self) -> float:
        """Return the time from the planned moment to the whole answer."""
        return self.answered - self.planned

    @property
    def hurt(self) -> bool:
        """Say whether this answer hurt the shopper; a drop the browser mended by itself does not count."""
        return self.kind != "Resent" and hurts(self.status, self.kind, self.latency_seconds)


class Promise(msgspec.Struct, array_like=True, gc=False):
    """A promise the shop acknowledged: a hold, an order or a paid order, with the key it was asked with."""

    shopper: int
    what: PromiseKind
    id: str
    key: str
    at: float
    number: int = 0
    """The order's number; of an order only, as `total`."""

    total: int = 0
    """What the order costs, in minor units."""

    hold_id: str = ""


class Fate(msgspec.Struct, array_like=True, gc=False):
    """How it ended for one shopper."""

    shopper: int
    outcome: Outcome
    arrived: float
    claim_planned: float | None = None
    ended: float = 0.0
    hurt: bool = False
    thought: float = 0.0
    """Seconds between the planned claim and the end that the shopper spent thinking or typing."""


class Record(msgspec.Struct):
    """Everything one crowd saw, and how punctual the client itself was."""

    attempts: list[Attempt] = []
    promises: list[Promise] = []
    fates: list[Fate] = []
    broken_promises: list[str] = []
    cpu_seconds: float = 0.0
    sockets_peak: int = 0
    sockets_waited: int = 0

    def promised(self, what: str) -> list[str]:
        """Return the ids of all acknowledged promises of one sort, each once."""
        return list(dict.fromkeys(promise.id for promise in self.promises if promise.what == what))


def acknowledged(record: Record, sku: str) -> bytes:
    """Return what the crowd was told as JSON lines for the auditor: each hold, and each order in its latest state."""
    lines: dict[str, dict[str, object]] = {}
    for promise in record.promises:
        if promise.what == "hold":
            lines[promise.id] = {"kind": "hold", "id": promise.id, "sku": sku, "quantity": 1, "key": promise.key}
        else:
            state = "paid" if promise.what == "paid" else "awaiting_payment"
            order = {
                "kind": "order",
                "id": promise.id,
                "number": promise.number,
                "total": promise.total,
                "state": state,
            }
            lines[promise.id] = order | ({"hold_id": promise.hold_id} if promise.hold_id else {})
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines.values())


def merged(records: Iterable[Record]) -> Record:
    """Add the records of several client processes up, in the order of their answers."""
    whole = Record()
    for record in records:
        whole.attempts += record.attempts
        whole.promises += record.promises
        whole.fates += record.fates
        whole.broken_promises += record.broken_promises
        whole.cpu_seconds += record.cpu_seconds
        whole.sockets_peak += record.sockets_peak
        whole.sockets_waited += record.sockets_waited
    whole.attempts.sort(key=lambda attempt: attempt.answered)
    return whole
