"""The life of a waiting room: opened for a sale, registering, drawn at the sale's opening, admitting, closed.

Everything an operator does to a room is a verb here. The draw is one conditional write: whoever comes second finds the
room drawn.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from doorbuster.database import Database, QueryFile, Row, Runner
from doorbuster.room.draw import LATER_BANDS, STRIPES, Draw, commitment_of, draw

SQL = QueryFile("doorbuster.room", "rooms.sql")
RATE_AT_FIRST = 10.0
"""Admissions a second before anything is measured; grows by a tenth each second while checkout keeps up."""
BEACON_CHARACTERS_MAX = 200

Order = Literal["lottery", "first_come"]
Phase = Literal["registering", "admitting", "sold_out", "closed"]


@dataclass(frozen=True, slots=True)
class Room:
    """A sale's waiting room; `secret` is there only after the draw."""

    sale_id: UUID
    handle: str
    title: str
    opens_at: datetime
    closes_at: datetime
    entry_order: Order
    phase: Phase
    paused: bool
    commitment: bytes
    beacon: str
    seed: bytes | None
    secret: bytes | None
    cohort: int
    offsets: tuple[int, ...]
    tail: int
    serving: int
    rate: float
    pace: float
    rate_max: float | None
    admitted: int
    units: int
    units_left: int
    work_bits: int

    @property
    def draw(self) -> Draw | None:
        """Return the draw, once it is made; a room that is first come from the start has none."""
        return Draw(self.seed, self.cohort, self.offsets) if self.seed is not None and self.offsets else None

    def position(self, stripe: int | None, place: int) -> int | None:
        """Return a ticket's position, or None while it is not drawn."""
        if stripe is None:
            return place
        return self.draw.position(stripe, place) if self.draw is not None else None


@dataclass(frozen=True, slots=True)
class NewRoom:
    """What an operator chooses for a room."""

    order: Order = "lottery"
    rate_max: float | None = None
    beacon: str = ""
    work_bits: int = 0


async def live_rooms(database: Runner) -> list[Room]:
    """Return the rooms that are not closed, at most a hundred."""
    return [_room(row) for row in await database.fetch(SQL.live_rooms)]


async def room_of_sale(database: Runner, sale_id: UUID) -> Room | None:
    """Return the room of a sale, closed or not."""
    row = await database.fetch_one(SQL.room_of_sale, sale_id=sale_id)
    return _room(row) if row else None


async def open_room(database: Runner, sale_id: UUID, wish: NewRoom) -> bool:
    """Open a room for a sale with a new secret, or the closed one again as it was; False when one is open."""
    secret = secrets.token_bytes(32)
    rows = await database.fetch(
        SQL.open_room,
        sale_id=sale_id,
        entry_order=wish.order,
        secret=secret,
        commitment=commitment_of(secret),
        beacon=wish.beacon,
        rate_max=wish.rate_max,
        rate=min(RATE_AT_FIRST, wish.rate_max or RATE_AT_FIRST),
        work_bits=wish.work_bits,
        stripes=STRIPES + LATER_BANDS,
    )
    return bool(rows)


async def close_room(database: Runner, sale_id: UUID) -> bool:
    """Close the room: everybody may claim. False when none is open."""
    return await database.execute(SQL.close_room, sale_id=sale_id) == 1


async def pause_room(database: Runner, sale_id: UUID) -> bool:
    """Call and admit nobody; False when none is open or it is paused already."""
    return await database.execute(SQL.pause_room, sale_id=sale_id) == 1


async def resume_room(database: Runner, sale_id: UUID) -> bool:
    """Go on after a pause; False when it is not paused."""
    return await database.execute(SQL.resume_room, sale_id=sale_id) == 1


async def set_room_rate(database: Runner, sale_id: UUID, rate_max: float | None) -> bool:
    """Set or lift the operator's ceiling, in admissions a second; False when no room is open."""
    return await database.execute(SQL.set_room_rate, sale_id=sale_id, rate_max=rate_max) == 1


async def set_room_beacon(database: Runner, sale_id: UUID, beacon: str) -> bool:
    """Put a public text into the draw to come; False after the draw."""
    return await database.execute(SQL.set_room_beacon, sale_id=sale_id, beacon=beacon) == 1


async def draw_due_rooms(database: Database) -> int:
    """Draw for every sale that has opened; safe to run anywhere, any number of times."""
    due = [row["sale_id"] for row in await database.fetch(SQL.rooms_to_draw)]
    return sum([await draw_room(database, sale_id) for sale_id in due])


async def draw_room(database: Database, sale_id: UUID) -> bool:
    """Seal the stripes, draw once, and begin to admit; False when that was done before."""
    async with database.transaction() as transaction:
        sealed = await transaction.fetch(SQL.seal_stripes, sale_id=sale_id)
        room = await transaction.fetch_one(SQL.room_to_draw, sale_id=sale_id)
        if room is None:
            return False
        counts = [row["taken"] for row in sorted(sealed, key=lambda row: int(row["stripe"]))]
        drawn = draw(room["secret"], sale_id, counts, room["beacon"])
        facts = {"seed": drawn.seed, "cohort": drawn.cohort, "offsets": list(drawn.offsets)}
        return await transaction.execute(SQL.draw_room, sale_id=sale_id, **facts) == 1


async def stripe_counts(database: Runner, sale_id: UUID) -> Sequence[int]:
    """Return how many registered in each stripe; those beyond STRIPES are the later bands."""
    return [row["taken"] for row in await database.fetch(SQL.stripe_counts, sale_id=sale_id)]


async def mistakes_of_draw(database: Runner, room: Room) -> list[str]:
    """Check a whole draw from what is published and from every ticket; return what is wrong with it."""
    if room.draw is None or room.secret is None:
        return ["There was no draw yet."]
    counts = await stripe_counts(database, room.sale_id)
    found = []
    if commitment_of(room.secret) != room.commitment:
        found.append("The secret is not the one that was committed to.")
    if draw(room.secret, room.sale_id, counts, room.beacon) != room.draw:
        found.append("The seed is not made of the secret, the sale, the counts and the beacon.")
    for stripe, count in enumerate(counts):
        if await _places(database, room.sale_id, stripe) != list(range(count)):
            found.append(f"Stripe {stripe} counts {count} tickets, but has not exactly those.")
    drawn = room.draw
    given = {drawn.position(stripe, place) for stripe, count in enumerate(counts) for place in range(count)}
    if given != set(range(room.cohort)):
        found.append("Two tickets have one position.")
    return found


async def _places(database: Runner, sale_id: UUID, stripe: int) -> list[int]:
    """Return the places of a stripe's tickets, in order."""
    places: list[int] = []
    while True:
        after = places[-1] if places else -1
        rows = await database.fetch(SQL.tickets_of_room, sale_id=sale_id, stripe=stripe, after=after)
        if not rows:
            return places
        places += [row["place"] for row in rows]


def _room(row: Row) -> Room:
    return Room(**dict(row.items()) | {"offsets": tuple(row["offsets"])})
