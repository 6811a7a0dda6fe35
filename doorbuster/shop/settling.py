"""Settling payments: what the gateway says becomes of an order, once.

Promises: a payment is captured once, whatever is delivered twice, late or in the wrong order; a captured payment sells
its units or goes back; an amount that is not the order's never counts as paid and is told to the operators.
Never: believes a browser; only the gateway's signed word or its answer to a question.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from doorbuster import metrics
from doorbuster.database.coalesce import Coalescer
from doorbuster.database.pool import Database
from doorbuster.database.queries import QueryFile
from doorbuster.errors import GatewayFault, Throttled
from doorbuster.shop.payments import Event, Gateway, Payment, StillOpen, payment_from
from doorbuster.shop.returning import cancel_order

SQL = QueryFile("doorbuster.shop", "settling.sql")
SETTLED = metrics.counter("doorbuster_payments_settled_total", "Events of payments by what they did.", ("answer",))
REVENUE = metrics.counter("doorbuster_revenue_minor_units_total", "Money of orders when they were paid.", ("currency",))
FAILED = metrics.counter("doorbuster_payments_failed_total", "Payments that the provider refused or got wrong.")

QUIET_SECONDS = 20
"""A payment without a callback for so long is asked about."""
GIVEN_UP_SECONDS = 86_400
AT_ONCE_MAX = 4
GRACE_SECONDS = 15
"""An order younger than this is left alone, so that its first callback can arrive."""

SettleAnswer = Literal["settled", "sent_back", "not_paid", "mismatch", "duplicate", "unknown"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an event did: sold the units, sent the money back, noted a failure, or nothing."""

    answer: SettleAnswer
    order_id: UUID | None


class Settling:
    """Coalesces the gateway's events of one worker: while one batch is committing, the next collects."""

    def __init__(self, database: Database, batch_max: int = 128) -> None:
        """Send batches to `database`."""
        self._coalescer: Coalescer[Event, Settlement] = Coalescer(
            "settle_payments",
            lambda events: settle_payments(database, events),
            lane=lambda _: "payments",
            conflict=lambda event: event.payment_id,
            batch_max=batch_max,
        )

    async def settle(self, event: Event) -> Settlement:
        """Let one event take effect; committed when it returns. Raises Overloaded or DatabaseFault."""
        return await self._coalescer.submit(event)


async def settle_payments(database: Database, events: Sequence[Event]) -> list[Settlement]:
    """Let events take effect, in their order; durable when it returns, and safe to repeat."""
    rows = await database.fetch(SQL.settle_payments, events=[_fields(event) for event in events])
    settlements = [Settlement(cast(SettleAnswer, row["answer"]), row["order_id"]) for row in rows]
    for event, settlement in zip(events, settlements, strict=True):
        SETTLED.add(settlement.answer)
        if settlement.answer == "settled":
            REVENUE.add(event.amount.currency, by=event.amount.amount)
        elif settlement.answer == "mismatch" or (settlement.answer == "not_paid" and event.kind == "failed"):
            FAILED.add()
    return settlements


async def ask_about(database: Database, gateway: Gateway, payment_id: UUID) -> Settlement | None:
    """Ask the gateway about a payment and settle what it says; None while the shopper may still pay."""
    payment = await payment_of(database, payment_id)
    answer = await gateway.ask(payment) if payment is not None else StillOpen()
    if isinstance(answer, StillOpen):
        return None
    return (await settle_payments(database, [answer]))[0]


async def ask_about_quiet_payments(database: Database, gateway: Gateway) -> int:
    """Find out payments whose callback got lost; return how many were asked about. One bounded bite."""
    rows = await database.fetch(SQL.payments_to_ask, quiet_seconds=QUIET_SECONDS, given_up_seconds=GIVEN_UP_SECONDS)
    return await _all_of([ask_about(database, gateway, row["payment_id"]) for row in rows])


async def cancel_expired_orders(database: Database, gateway: Gateway) -> int:
    """Cancel unpaid orders whose units are gone, after the gateway said that it takes no money for them any more.

    Money that turns out to have come after all is settled first: it finds a unit again, or goes back. Returns how many
    orders were looked at; one bounded bite, safe to repeat.
    """
    rows = await database.fetch(SQL.orders_to_cancel, grace_seconds=GRACE_SECONDS)
    return await _all_of([_cancel_expired(database, gateway, row["order_id"], row["payment_id"]) for row in rows])


async def _cancel_expired(database: Database, gateway: Gateway, order_id: UUID, payment_id: UUID | None) -> None:
    payment = await payment_of(database, payment_id) if payment_id else None
    if payment is not None:
        closed = await gateway.close_checkout(payment)
        await settle_payments(database, [closed])
        if closed.kind == "captured":
            return
    await cancel_order(database, order_id, "not_paid_in_time")


async def _all_of(works: Sequence[Coroutine[Any, Any, object]]) -> int:
    """Do all of it, a few at once; one that the gateway does not answer is left for the next bite."""
    turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def do(work: Coroutine[Any, Any, object]) -> None:
        async with turns:
            with suppress(GatewayFault, Throttled):
                await work

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(do(work))
    return len(works)


async def payment_of(database: Database, payment_id: UUID) -> Payment | None:
    """Return a payment as the gateway needs it."""
    row = await database.fetch_one(SQL.payment_to_ask, payment_id=payment_id)
    return payment_from(row) if row else None


def _fields(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "gateway": event.gateway,
        "kind": event.kind,
        "payment_id": event.payment_id,
        "amount": event.amount.amount,
        "currency": event.amount.currency,
        "gateway_ref": event.gateway_ref,
        "failure": event.failure,
    }
