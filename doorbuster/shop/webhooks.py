"""Tells other systems what became of an order: signed, from the outbox, again until each says yes.

Promises: every event is asked for in the transaction that made it happen, delivered at least once, and always under the
same id, by which the receiver knows a second delivery; a body is signed over its raw bytes with the time beside it.
Never: follows a redirect, waits longer than `ATTEMPT_SECONDS`, or says whom it is about beyond the order itself; a
receiver that fails is left in peace (see downstream.py) and keeps nobody else from being told.

The headers are those of the Standard Webhooks specification: webhook-id, webhook-timestamp, webhook-signature.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

import aiohttp
import msgspec

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.downstream import Downstream, Fault
from doorbuster.errors import DoorbusterError
from doorbuster.jobs.worker import Handler
from doorbuster.settings import Settings
from doorbuster.shop.orders import Order, order_by_id

ATTEMPT_SECONDS = 10.0
NAME_CHARACTERS = 12
TYPES = {
    "order_paid": "order.paid",
    "order_cancelled": "order.cancelled",
    "order_refunded": "order.refunded",
    "order_fulfilled": "order.fulfilled",
}
"""The jobs that another system is told of, and what the events are called."""
DELIVERED = metrics.counter("doorbuster_webhooks_total", "Attempts to deliver a webhook by their answer.", ("answer",))


class WebhookNotTaken(DoorbusterError):
    """The receiver did not answer, or with something other than 2xx: it is told again later.

    `unwell` when it gave no answer, or one that says it can't just now (5xx, 429).
    """

    def __init__(self, words: str, *, unwell: bool) -> None:
        """Say what came instead of 2xx."""
        super().__init__(words)
        self.unwell = unwell


@dataclass(frozen=True, slots=True)
class Receiver:
    """One address that is told: with secrets, and a throttle, of its own."""

    url: str
    secrets: tuple[str, ...]
    downstream: Downstream


def receivers_of(settings: Settings, clock: Clock) -> dict[str, Receiver]:
    """Return whom the settings name, in their order, by a name that stands for the address in jobs."""
    found = {}
    # The settings see to it that there are as many; without an address a secret is left over.
    for number, (url, secrets) in enumerate(zip(settings.webhook_url.split(), settings.webhook_secrets, strict=False)):
        downstream = Downstream(f"webhooks-{number + 1}" if number else "webhooks", clock, Random())  # noqa: S311
        found[sha256(url.encode()).hexdigest()[:NAME_CHARACTERS]] = Receiver(url, secrets, downstream)
    return found


class Webhooks:
    """The ways to the receivers that the settings name."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        """Begin as if all were well."""
        self._database, self._clock = database, clock
        self._receivers = receivers_of(settings, clock)

    def handlers(self) -> dict[str, Handler]:
        """Return the handler of the webhook job."""
        return {"webhook": self.deliver}

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Tell one receiver of one event; raise WebhookNotTaken unless it says 2xx.

        Raises Throttled while the receiver is left in peace; then nothing was sent. Whom the settings name no more is
        told nothing more.
        """
        receiver = self._receivers.get(payload["receiver"])
        if receiver is None:
            return
        order = await order_by_id(self._database, UUID(payload["order_id"]))
        assert order is not None, "a job never outlives its order"
        kind = TYPES[payload["told"]]
        body = msgspec.json.encode({"type": kind, "timestamp": payload["asked_at"], "data": _told(order)})
        await receiver.downstream.call(lambda: self._send(receiver, f"evt_{payload['event']}", body), _fault)

    async def _send(self, receiver: Receiver, event_id: str, body: bytes) -> None:
        now = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": now,
            "webhook-signature": " ".join(signature(secret, event_id, now, body) for secret in receiver.secrets),
        }
        timeout = aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(receiver.url, data=body, headers=headers, allow_redirects=False) as reply,
            ):
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            DELIVERED.add("none")
            raise WebhookNotTaken(
                f"the webhook's receiver did not answer: {type(fault).__name__}", unwell=True
            ) from fault
        DELIVERED.add(str(status))
        if not 200 <= status < 300:
            raise WebhookNotTaken(f"the webhook's receiver answered {status}", unwell=status >= 500 or status == 429)


def _fault(fault: Exception) -> Fault:
    """Judge for the throttle; the queue, not the throttle, tries again."""
    return Fault(unwell=isinstance(fault, WebhookNotTaken) and fault.unwell)


def signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """Return one signature of the header: the version, and the HMAC-SHA256 of id, time and body in base64."""
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    return "v1," + b64encode(hmac.new(secret.encode(), signed, sha256).digest()).decode()


def _told(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "number": order.number,
        "state": order.state,
        "currency": order.total.currency,
        "total": order.total.amount,
        "refunded": order.payment.refunded.amount if order.payment else 0,
        "tracking": order.tracking,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price.amount} for line in order.lines
        ],
    }
