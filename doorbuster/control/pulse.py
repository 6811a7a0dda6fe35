"""The control plane's own heartbeat: each second it asks PostgreSQL for the live sales' units, and notes if it cannot.

Promises: knows whether the database answers, and how fast; keeps the curve of each live sale, at most two hours of it.
Never: stops because PostgreSQL did; the curves begin anew when the control plane does.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from doorbuster.clock import Clock
from doorbuster.database import Database, QueryFile
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.control", "pulse.sql")

POINTS_MAX = 7_200
SALES_MAX = 20
BEAT_SECONDS = 1.0
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=5)
"""A crowd is expected so long before a sale opens and after it has closed."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Whether PostgreSQL answers: since when it is so, how long the last answer took, and why not."""

    up: bool
    since: datetime
    answer_seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """The units of one sale at one instant."""

    at: datetime
    left: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True)
class LiveSale:
    """A sale that is open, is about to open, or has just closed, and what was left of it at the last beat."""

    handle: str
    opens_at: datetime
    closes_at: datetime
    left: int


class Pulse:
    """What the heartbeat felt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Begin without a beat."""
        self._database, self._clock = database, clock
        self.database: DatabaseState | None = None
        self._curves: dict[UUID, deque[Point]] = {}
        self._sales: dict[UUID, LiveSale] = {}

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """Ask once."""
        now, started = self._clock.now(), self._clock.monotonic()
        try:
            rows = await self._database.fetch(SQL.units_of_live_sales)
        except DatabaseFault as fault:
            self._note(False, now, 0.0, str(fault))
            return
        self._note(True, now, self._clock.monotonic() - started, "")
        for row in rows:
            curve = self._curves.setdefault(row["sale_id"], deque(maxlen=POINTS_MAX))
            curve.append(Point(now, row["left_"], row["held"], row["sold"]))
            self._sales[row["sale_id"]] = LiveSale(row["handle"], row["opens_at"], row["closes_at"], row["left_"])
        for kept in (self._curves, self._sales):
            while len(kept) > SALES_MAX:
                kept.pop(next(iter(kept)))

    def signals(self) -> dict[str, float]:
        """Return the signals of the sales; known for a while without PostgreSQL, because sales keep to their times."""
        now = self._clock.now()
        sales = [sale for sale in self._sales.values() if sale.opens_at - BEFORE <= now < sale.closes_at + AFTER]
        running = [sale for sale in sales if sale.opens_at <= now < sale.closes_at]
        left = {f"sale.units_left:{sale.handle}": float(sale.left) for sale in running}
        return {"sale.open": len(running), "sale.expected": float(bool(sales)), **left}

    def curve(self, sale_id: UUID) -> list[Point]:
        """Return the sale's units over time, oldest first."""
        return list(self._curves.get(sale_id, ()))

    def _note(self, up: bool, now: datetime, answer_seconds: float, why: str) -> None:
        changed = self.database is None or self.database.up != up
        since = now if self.database is None or changed else self.database.since
        self.database = DatabaseState(up, since, answer_seconds, why)
