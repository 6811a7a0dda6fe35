"""What a worker knows by heart about the sales that shoppers come for, so that a refusal costs no database.

Promises: "sold out", "all held", "not open yet" and "over" are told from memory only while they are certainly true,
and only to callers who certainly have no key and no hold in the sale; whoever is unsure asks PostgreSQL.

Why that is certain:
* What was read is believed for LEASE_SECONDS, counted from before the question was sent.
* A pool that had nothing left does not promise a returned unit at once. The return sets its `reopens_at` to
  'infinity' (a trigger sees to it); once that is committed, the announcement sets an instant 1.2 s ahead; claims begin
  after it. So a worker that still believes "nothing left" read it before the return was committed, and stops
  believing it before anybody can get the unit: nobody is denied a unit, and no new owner is missed.
* While nothing is left nobody becomes an owner, so the keys and owners read after it, in a later statement, are
  complete; they are read again whenever `reopens_at` has changed.
* The database's clock is at most what it was when it answered plus the time since the question was sent: before the
  opening by that bound is certainly before the opening.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.database import Database, QueryFile
from doorbuster.sale.sales import Sale, SaleItem, live_sales, sale_by_handle, sale_by_id

SQL = QueryFile("doorbuster.sale", "memory.sql")
LEASE_SECONDS = 1.0
REFRESH_SECONDS = 0.25
CLAIMANTS_MAX = 50_000

REFRESHED = metrics.counter("doorbuster_sale_memory_refreshes_total", "Readings of the live sales.", ("outcome",))
UNITS = metrics.gauge(
    "doorbuster_sale_units", "Units of a live sale, as this process last read them.", ("sale", "state")
)


@dataclass(frozen=True, slots=True)
class Claimants:
    """Who has a hold in a sale, by owner and by key, read while an item had nothing left."""

    epoch: tuple[tuple[UUID, datetime], ...]
    owners: frozenset[str]
    keys: frozenset[str]


@dataclass(slots=True)
class Known:
    """A live sale as last read; `read_at` is the monotonic time before the question was sent."""

    sale: Sale
    read_at: float
    claimants: Claimants | None = None
    crowded: tuple[tuple[UUID, datetime], ...] | None = None
    """The epoch whose claimants are too many to know by heart: they are not read again and again."""
    overdue: bool = False
    by_sku: dict[str, SaleItem] = field(default_factory=dict)
    untouched: bool = field(init=False)
    _lasting: dict[str | None, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.untouched = not self.sale.held and not self.sale.sold

    def fresh(self, now: float) -> bool:
        """Say whether what was read may still be believed at monotonic `now`."""
        return now - self.read_at < LEASE_SECONDS

    def latest_now(self, now: float) -> datetime:
        """Return what the database's clock shows at the most."""
        return self.sale.now + timedelta(seconds=now - self.read_at)

    def refusal(self, sku: str | None, now: float) -> str | None:
        """Return the answer that is certainly true for a caller without key or hold, or None to ask the database.

        Without a SKU the answer must be true for every item of the sale.
        """
        if not self.fresh(now):
            return None
        if self.untouched and self.latest_now(now) < self.sale.opens_at:
            return "NotOpenYet"
        if self.claimants is None or (sku is not None and sku not in self.by_sku):
            return None
        if sku not in self._lasting:
            self._lasting[sku] = self._lasting_refusal(sku)
        return self._lasting[sku]

    def _lasting_refusal(self, sku: str | None) -> str | None:
        """Return the refusal that stays true for as long as what was read is believed."""
        state = self.sale.state
        if state == "over":
            return "SaleOver"
        if state != "open":
            return None
        if sku is not None:
            return self._exhausted(self.by_sku[sku])
        told = {self._exhausted(item) for item in self.sale.items}
        return told.pop() if len(told) == 1 else None

    def _exhausted(self, item: SaleItem) -> str | None:
        if item.left > 0:
            return None
        if item.held == 0:
            return "SoldOut"
        # Overdue holds must come back: the next claim that reaches the database reclaims them.
        return None if self.overdue else "AllHeld"


class SaleMemory:
    """The live sales of one worker, read again every REFRESH_SECONDS by `refresh`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Start empty: until the first `refresh`, everything is asked of the database."""
        self._database, self._clock = database, clock
        self._by_id: dict[str, Known] = {}
        self._by_handle: dict[str, Known] = {}

    def live(self) -> list[Known]:
        """Return the live sales as last read."""
        return list(self._by_id.values())

    async def find_by_id(self, sale_id: UUID) -> Sale | None:
        """Return any sale, known by heart or not."""
        known = self._by_id.get(str(sale_id))
        return known.sale if known else await sale_by_id(self._database, sale_id)

    async def find_by_handle(self, handle: str) -> Sale | None:
        """Return any sale, known by heart or not."""
        known = self._by_handle.get(handle)
        return known.sale if known else await sale_by_handle(self._database, handle)

    async def refresh(self) -> None:
        """Read the live sales, and for those with an exhausted item or an end, who has holds in them."""
        started = self._clock.monotonic()
        sales = await live_sales(self._database)
        known = [await self._know(sale, started) for sale in sales]
        self._by_id = {str(one.sale.id): one for one in known}
        self._by_handle = {one.sale.handle: one for one in known}
        for one in known:
            _gauge(one.sale)
        REFRESHED.add("done")

    async def _know(self, sale: Sale, started: float) -> Known:
        before = self._by_id.get(str(sale.id))
        known = Known(sale, started, by_sku={item.sku: item for item in sale.items})
        exhausted = [item for item in sale.items if item.left <= 0]
        if not exhausted and sale.state != "over":
            return known
        epoch = (*((item.pool_id, item.reopens_at) for item in exhausted), *_end(sale))
        if before and before.claimants and before.claimants.epoch == epoch:
            known.claimants = before.claimants
        elif before is None or before.crowded != epoch:
            known.claimants = await self._read_claimants(sale.id, epoch)
        known.crowded = None if known.claimants else epoch
        if any(item.held for item in exhausted):
            row = await self._database.fetch_one(SQL.overdue_holds)
            known.overdue = bool(row and row["overdue"])
        return known

    async def _read_claimants(self, sale_id: UUID, epoch: tuple[tuple[UUID, datetime], ...]) -> Claimants | None:
        rows = await self._database.fetch(SQL.claimants_of_sale, sale_id=sale_id, most=CLAIMANTS_MAX + 1)
        if len(rows) > CLAIMANTS_MAX:
            return None
        return Claimants(
            epoch,
            frozenset(row["customer_key"] for row in rows),
            frozenset(row["idempotency_key"] for row in rows),
        )


def _end(sale: Sale) -> tuple[tuple[UUID, datetime], ...]:
    """Mark the end of a sale in an epoch: after it nobody becomes an owner."""
    return ((sale.id, sale.ended_at or sale.closes_at),) if sale.state == "over" else ()


def _gauge(sale: Sale) -> None:
    UNITS.set(sale.left, sale.handle, "left")
    UNITS.set(sale.held, sale.handle, "held")
    UNITS.set(sale.sold, sale.handle, "sold")
