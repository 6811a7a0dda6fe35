"""The waiting list: a line for units that others hold, and word before a sale opens.

Promises: what comes back is offered to whoever waited longest, before any newcomer, for a time of its own
(`offer_seconds`); a place is taken once for each key and once for each item; the line has an end.
Never: promises a unit that is not held: an offer *is* a hold, made for the one who waits (waiting.function.sql).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorbuster import metrics
from doorbuster.clock import new_id, new_secret
from doorbuster.database import Database, QueryFile, Runner, build
from doorbuster.sale.holds import release

SQL = QueryFile("doorbuster.sale", "waiting.sql")
LINE_MAX = 10_000
NOTICES_MAX = 100_000
POOLS_AT_ONCE, PLACES_AT_ONCE, NOTICES_AT_ONCE = 50, 100, 200
JOINS = metrics.counter("doorbuster_waiting_joins_total", "Wishes to wait in line by their answer.", ("answer",))
CHANGES = metrics.counter(
    "doorbuster_waiting_changes_total", "Places in line that were offered, taken, lapsed or closed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceWish:
    """Who wants to wait for so many units of which item, where a mail reaches them, and whence they come."""

    sale_id: UUID
    variant_id: UUID
    quantity: int
    customer_key: str
    idempotency_key: str
    email: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The place is theirs; whoever has `secret` may see and leave it."""

    waiting_id: UUID
    secret: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class NotJoined:
    """Why not: `InLine` and `AlreadyYours` name what they have, the others stand in PROBLEMS (waiting_api.py)."""

    why: str
    place: Joined | None = None
    hold_id: UUID | None = None
    limit: int = 0
    has: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A place in line as its owner sees it; `ahead` counts to a thousand, then it says a thousand."""

    id: UUID
    secret: str
    state: str
    quantity: int
    email: str | None
    customer_key: str
    hold_id: UUID | None
    sale_id: UUID
    sale_handle: str
    sale_title: str
    sku: str
    title: str
    held: int
    on_hand: int
    sold: int
    offer_seconds: int
    closes_at: datetime
    hold_state: str | None
    hold_quantity: int | None
    expires_at: datetime | None
    now: datetime
    ahead: int

    @property
    def all_sold(self) -> bool:
        """Say that every unit is paid, so that only a cancellation could bring one back."""
        return self.sold >= self.on_hand


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody who wants to know when a sale opens."""

    id: UUID
    email: str
    secret: str
    handle: str
    title: str
    opens_at: datetime


async def join_line(database: Runner, wish: PlaceWish) -> Joined | NotJoined:
    """Take a place at the end of an item's line, or say why not; the same key gets the same place again."""
    row = await database.fetch_one(
        SQL.join_waiting_list,
        sale_id=wish.sale_id,
        variant_id=wish.variant_id,
        id=new_id(),
        customer_key=wish.customer_key,
        key=wish.idempotency_key,
        quantity=wish.quantity,
        email=wish.email,
        secret=new_secret(),
        line_max=LINE_MAX,
        network=wish.network,
    )
    assert row is not None
    answer: str = row["answer"]
    JOINS.add(answer)
    known = (
        await _place_named(database, row["waiting_id"], replayed=answer == "Replayed") if row["waiting_id"] else None
    )
    if answer in ("Joined", "Replayed"):
        assert known is not None
        return known
    mine = known if answer == "InLine" else None
    return NotJoined(
        answer, mine, row["hold_id"] if answer == "AlreadyYours" else None, row["line_limit"] or 0, row["has"]
    )


async def place_of(database: Runner, waiting_id: UUID, secret: str) -> Place | None:
    """Return a place to whoever knows its secret."""
    return build(await database.fetch_one(SQL.waiting_place, id=waiting_id, secret=secret), Place)


async def leave_line(database: Database, waiting_id: UUID, secret: str) -> bool:
    """Leave the line, or give back what was offered; False when there was nothing to leave."""
    row = await database.fetch_one(SQL.leave_waiting_list, id=waiting_id, secret=secret)
    if row and row["left"]:
        return True
    place = await place_of(database, waiting_id, secret)
    if place is None or place.hold_id is None or place.state != "offered":
        return False
    return await release(database, place.hold_id, place.customer_key)


async def look_after_lines(database: Database) -> int:
    """Offer what came back, note what became of offers, close lines that are over; return how many places changed."""
    row = await database.fetch_one(SQL.look_after_lines, pools=POOLS_AT_ONCE, most=PLACES_AT_ONCE)
    changed = int(row["changed"]) if row else 0
    CHANGES.add(by=changed)
    return changed


async def ask_notice(database: Runner, sale_id: UUID, email: str, email_key: str) -> None:
    """Write down that an address wants a mail before the sale opens: once, and not for who wants none."""
    await database.execute(
        SQL.ask_notice,
        id=new_id(),
        sale_id=sale_id,
        email=email,
        email_key=email_key,
        secret=new_secret(),
        most=NOTICES_MAX,
    )


async def send_notices(database: Runner) -> int:
    """Ask for the mails of sales that open within minutes, each once; return how many."""
    row = await database.fetch_one(SQL.send_notices, most=NOTICES_AT_ONCE)
    return int(row["sent"]) if row else 0


async def notice_named(database: Runner, notice_id: UUID) -> Notice | None:
    """Return a notice."""
    return build(await database.fetch_one(SQL.notice, id=notice_id), Notice)


async def stop_notices(database: Runner, notice_id: UUID, secret: str) -> bool:
    """Never write to this notice's address before a sale again; False for a wrong secret."""
    return await database.execute(SQL.stop_notices, id=notice_id, secret=secret) == 1


async def _place_named(database: Runner, waiting_id: UUID, *, replayed: bool) -> Joined:
    row = await database.fetch_one(SQL.waiting_to_tell, id=waiting_id)
    assert row is not None
    return Joined(row["id"], row["secret"], replayed)
