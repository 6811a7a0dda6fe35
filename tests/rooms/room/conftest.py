"""A sale with a waiting room in a real database, and the second hand of its controller."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from doorbuster.clock import SystemClock
from doorbuster.database import Database
from doorbuster.room.entering import Admission, Newcomer, Owing, admit_batch, enter_batch
from doorbuster.room.release import tend_rooms
from doorbuster.room.rooms import NewRoom, Room, draw_due_rooms, draw_room, open_room, room_of_sale
from doorbuster.room.signing import Ticket
from doorbuster.sale.sales import Sale
from tests.rooms.sale.market import opened, statement

SECOND_AGO = statement("UPDATE rooms SET tended_at = tended_at - make_interval(secs => :seconds)")
TENTH_AGO = statement("UPDATE rooms SET next_pass_at = next_pass_at - interval '0.1 seconds'")
LATER = statement("UPDATE room_calls SET called_at = called_at - make_interval(secs => :seconds)")
PASSES_OVER = statement("UPDATE room_tickets SET pass_until = now() - interval '1 second' WHERE pass_until > now()")
SOLD = statement("UPDATE stock_pools SET sold = on_hand, held = 0 WHERE sale_id = :sale_id")


@dataclass
class House:
    """One sale and its room."""

    database: Database
    sale: Sale

    async def room(self) -> Room:
        found = await room_of_sale(self.database, self.sale.id)
        assert found is not None
        return found

    async def open(self, order: str = "lottery", **wish: object) -> None:
        """Open the room; in a sale that is open nobody can register any more, so it is drawn at once."""
        assert await open_room(self.database, self.sale.id, NewRoom(order=order, **wish))  # type: ignore[arg-type]
        if self.sale.state == "open":
            await draw_due_rooms(self.database)

    async def enter(self, *names: str, stripe: int = 0) -> list[Ticket | None]:
        """Let people in whose network is not known."""
        tickets = await enter_batch(self.database, self.sale.id, [Newcomer(f"s:{name}") for name in names], stripe)
        return [ticket for ticket in tickets if not isinstance(ticket, Owing)]

    async def enter_scattered(self, names: Sequence[str]) -> None:
        chance = random.Random(7)
        for start in range(0, len(names), 20):
            await self.enter(*names[start : start + 20], stripe=chance.randrange(10))

    async def positions(self, names: Sequence[str]) -> dict[str, int]:
        room, tickets = await self.room(), await self.enter(*names)
        found = {}
        for name, ticket in zip(names, tickets, strict=True):
            assert ticket is not None
            position = room.position(ticket.stripe, ticket.place)
            assert position is not None
            found[name] = position
        return found

    async def draw(self) -> None:
        assert await draw_room(self.database, self.sale.id)

    async def second(self, seconds: float = 1.0) -> Room:
        """Let a second pass for the controller, and return the room after it."""
        await self.database.execute(SECOND_AGO, seconds=seconds)
        await tend_rooms(self.database, SystemClock())
        return await self.room()

    async def later(self, seconds: float) -> None:
        """Move all calls into the past."""
        await self.database.execute(LATER, seconds=seconds)

    async def admit(self, **wanted: int) -> list[Admission]:
        pairs = [(f"s:{name}", position) for name, position in wanted.items()]
        return await admit_batch(self.database, self.sale.id, pairs)

    async def words(self, **wanted: int) -> list[str]:
        """What they are told who ask ten times in a second, until it is something else than to wait a moment."""
        told = dict.fromkeys(wanted, "OneMoment")
        for _ in range(10):
            asking = {name: position for name, position in wanted.items() if told[name] == "OneMoment"}
            if not asking:
                break
            await self.database.execute(TENTH_AGO)
            told |= {name: each.word for name, each in zip(asking, await self.admit(**asking), strict=True)}
        return list(told.values())


@pytest.fixture
async def house(database: Database) -> House:
    return House(database, await opened(database, units=100))


@pytest.fixture
async def coming(database: Database) -> House:
    """A house whose sale opens in an hour."""
    now = datetime.now(UTC)
    times = {"opens_at": now + timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
    return House(database, await opened(database, units=100, **times))
