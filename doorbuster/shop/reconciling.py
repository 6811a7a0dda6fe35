"""Compares the gateway's own list of events with the books, both ways, and mends what disagrees.

Promises: money that was charged and not booked is settled (a unit, or the money back) within a minute of any crash,
whatever became of the callback; money that was booked and never charged, charged for nobody or of another amount is
written down once and told to the operators.
Never: trusts that a callback came, or reads the same minutes for ever: a run is bounded, and the next goes on there.

A callback is a hint; the gateway's list is the truth. An event has the same name in both, so that settling it again
takes no second effect (settling.function.sql).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from doorbuster import metrics
from doorbuster.database.pool import Database
from doorbuster.database.queries import QueryFile
from doorbuster.errors import GatewayFault
from doorbuster.shop.discrepancies import Discrepancy, Tell, note_discrepancy
from doorbuster.shop.payments import Event, Gateway, News
from doorbuster.shop.provider_news import take_news
from doorbuster.shop.settling import payment_of, settle_payments

SQL = QueryFile("doorbuster.shop", "reconciling.sql")
RUNS = metrics.counter("doorbuster_reconciler_runs_total", "Comparisons with the gateway's list of events.")

IN_FLIGHT = timedelta(seconds=10)
"""Younger events are left to their callbacks, which are on their way."""
OVERLAP = timedelta(minutes=2)
"""So much is read again, for clocks that differ and for events that the gateway lists late."""
FIRST_LOOK = timedelta(hours=24)
PAGES_MAX = 50
"""So many pages are read at once; when there are more, a shorter time is compared first."""
PAGES_OF_SHORTEST_MAX = 2_000
BATCH = 128
BOOKED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one comparison saw: the time it covers, how many events and booked payments, and what disagreed."""

    since: datetime
    until: datetime
    events: int
    booked: int
    discrepancies: tuple[Discrepancy, ...]
    complete: bool
    """False when there is more to compare before now: run again."""


async def reconcile(database: Database, gateway: Gateway, tell: Tell, now: datetime) -> Reconciliation:
    """Compare one bounded stretch of time up to `now`. Raises GatewayFault when the gateway does not answer."""
    row = await database.fetch_one(SQL.reconciled_to, gateway=gateway.name)
    since = (row["reconciled_to"] if row else now - FIRST_LOOK) - OVERLAP
    latest = now - IN_FLIGHT
    until, seen = await _occurred(gateway, since, latest)
    events = seen.events
    found = [*await _settle(database, events), *map(_stranger, seen.strangers)]
    booked = await database.fetch(SQL.booked_between, gateway=gateway.name, since=since, until=until, most=BOOKED_MAX)
    charged = {event.payment_id for event in events if event.kind == "captured"}
    for missing in (each["id"] for each in booked if each["id"] not in charged):
        found.extend(await _not_charged(database, gateway, missing))
    new = [each for each in found if await note_discrepancy(database, gateway.name, each, tell)]
    # Money that went back is looked at when all that came is booked.
    told = [await take_news(database, each, tell) for each in seen.news]
    new.extend(each for each in told if each is not None)
    mended = sum(each.mended for each in new)
    await database.execute(
        SQL.note_reconciliation,
        gateway=gateway.name,
        reconciled_to=until,
        events=len(events) + len(told),
        mended=mended,
    )
    RUNS.add()
    return Reconciliation(since, until, len(events) + len(told), len(booked), tuple(new), until >= latest)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the gateway lists, the oldest first."""

    events: list[Event]
    news: list[News]
    strangers: list[str]


async def _occurred(gateway: Gateway, since: datetime, latest: datetime) -> tuple[datetime, _Seen]:
    """Read what happened since an instant; of a shorter time when there are more than PAGES_MAX pages."""
    window, shortest = max(latest - since, timedelta(seconds=1)), 2 * OVERLAP
    while True:
        until = since + window
        seen = _Seen([], [], [])
        after: str | None = None
        for _ in range(PAGES_MAX if window > shortest else PAGES_OF_SHORTEST_MAX):
            page = await gateway.occurred(since, until, after)
            seen.events.extend(page.events)
            seen.news.extend(page.news)
            seen.strangers.extend(page.strangers)
            after = page.next
            if after is None:
                return until, _Seen(seen.events[::-1], seen.news[::-1], seen.strangers)
        if window <= shortest:
            raise GatewayFault("the gateway lists more events of a few minutes than can be compared")
        window = max(window / 2, shortest)


async def _settle(database: Database, events: Sequence[Event]) -> list[Discrepancy]:
    """Let every event take effect that has not; return those that should have had it already."""
    found: list[Discrepancy] = []
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        for event, settlement in zip(batch, await settle_payments(database, batch), strict=True):
            if settlement.answer in ("settled", "sent_back"):
                did = "its units are sold" if settlement.answer == "settled" else "the money goes back"
                found.append(_about(event, "charged_not_booked", f"its callback never came; {did}", mended=True))
            elif settlement.answer == "mismatch":
                found.append(_about(event, "charged_another_amount", f"the gateway charged {event.amount}"))
            elif settlement.answer == "unknown" and event.kind == "captured":
                found.append(
                    _about(event, "charged_for_nobody", f"{event.amount} for a payment that is not in the books")
                )
    return found


async def _not_charged(database: Database, gateway: Gateway, payment_id: UUID) -> list[Discrepancy]:
    """Ask about a payment that the books have and the gateway's list has not; a page still open is closed."""
    payment = await payment_of(database, payment_id)
    if payment is None or (await gateway.close_checkout(payment)).kind == "captured":
        return []
    detail = f"order {payment.order_number} is booked as paid, {payment.amount}; the gateway has no charge"
    return [Discrepancy("booked_not_charged", str(payment_id), payment_id, detail, False)]


def _about(event: Event, kind: str, detail: str, *, mended: bool = False) -> Discrepancy:
    return Discrepancy(kind, event.id, event.payment_id, detail, mended)


def _stranger(session_id: str) -> Discrepancy:
    return Discrepancy("charged_for_nobody", session_id, None, "a session that names no payment of this shop", False)
