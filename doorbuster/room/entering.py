"""Entering a room: a ticket for each customer, and later a pass for each ticket whose turn it is.

`Entrance` coalesces single callers into batches, one lane for each sale, so that the row that counts is locked once for
many. Both verbs are safe to repeat: the same customer has the same ticket, and one pass at a time.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from doorbuster import metrics
from doorbuster.database import Database, QueryFile, Row, Runner
from doorbuster.database.coalesce import Coalescer
from doorbuster.room.draw import STRIPES
from doorbuster.room.signing import Ticket

SQL = QueryFile("doorbuster.room", "entering.sql")
TURN_SECONDS = 90.0
"""How long somebody who is called may take until they come; afterwards they get in once more, and no second time."""
PASS_SECONDS = 600.0

Word = Literal["Passed", "NotYet", "OneMoment", "Paused", "SoldOut", "Lapsed", "NoTicket", "NoRoom"]
ENTERED = metrics.counter("doorbuster_room_answers_total", "Answers to those who asked for a pass.", ("answer",))


@dataclass(frozen=True, slots=True)
class Admission:
    """What somebody is told who asks for a pass; `until` is there when they have one."""

    word: Word
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owing:
    """No ticket yet: the caller's network has many, and one more costs the sum of this band (see flood.py)."""

    band: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who asks for a ticket: from which network (None when unknown), and which band's sum they have done."""

    customer: str
    network: str | None = None
    paid: int = 0


@dataclass(frozen=True, slots=True)
class _Entering:
    sale_id: UUID
    who: Newcomer


@dataclass(frozen=True, slots=True)
class _Caller:
    sale_id: UUID
    customer: str
    position: int | None


class Entrance:
    """Coalesces those who enter or ask for their pass, in one worker."""

    def __init__(self, database: Database, chance: random.Random, *, pass_seconds: float = PASS_SECONDS) -> None:
        """Send batches to `database`; `chance` picks the stripe that a batch registers in."""
        self._database, self._chance, self._pass_seconds = database, chance, pass_seconds
        self._entering: Coalescer[_Entering, Ticket | Owing | None] = Coalescer(
            "enter_room", self._enter, lane=_sale, conflict=lambda each: each.who.customer, waiting_max=16_384
        )
        self._admitting: Coalescer[_Caller, Admission] = Coalescer(
            "admit_to_sale", self._admit, lane=_sale, conflict=lambda each: each.customer, waiting_max=16_384
        )

    async def enter(self, sale_id: UUID, who: Newcomer) -> Ticket | Owing | None:
        """Return the customer's ticket, the first one for ever; None when the room is closed or sold out.

        Raises Overloaded when too many wait, DatabaseFault when PostgreSQL is gone.
        """
        return await self._entering.submit(_Entering(sale_id, who))

    async def admit(self, sale_id: UUID, customer: str, position: int | None) -> Admission:
        """Give a pass to a customer whose turn it is, or say why not."""
        admission = await self._admitting.submit(_Caller(sale_id, customer, position))
        ENTERED.add(admission.word)
        return admission

    async def _enter(self, callers: Sequence[_Entering]) -> list[Ticket | Owing | None]:
        newcomers = [caller.who for caller in callers]
        return await enter_batch(self._database, callers[0].sale_id, newcomers, self._chance.randrange(STRIPES))

    async def _admit(self, callers: Sequence[_Caller]) -> list[Admission]:
        wanted = [(caller.customer, caller.position) for caller in callers]
        return await admit_batch(self._database, callers[0].sale_id, wanted, pass_seconds=self._pass_seconds)


async def enter_batch(
    database: Runner, sale_id: UUID, newcomers: Sequence[Newcomer], stripe: int
) -> list[Ticket | Owing | None]:
    """Give tickets to customers, each at most once in the batch, in their order; `stripe` is one of the first band."""
    rows = await database.fetch(
        SQL.enter_room,
        sale_id=sale_id,
        customers=[each.customer for each in newcomers],
        networks=[each.network for each in newcomers],
        paid=[each.paid for each in newcomers],
        stripe=stripe,
    )
    told = {row["customer_key"]: Owing(row["band"]) if row["place"] is None else _ticket(row) for row in rows}
    return [told.get(each.customer) for each in newcomers]


async def admit_batch(
    database: Runner,
    sale_id: UUID,
    wanted: Sequence[tuple[str, int | None]],
    *,
    turn_seconds: float = TURN_SECONDS,
    pass_seconds: float = PASS_SECONDS,
) -> list[Admission]:
    """Answer customers with their positions, each at most once in the batch, in their order."""
    rows = await database.fetch(
        SQL.admit_to_sale,
        sale_id=sale_id,
        customers=[customer for customer, _ in wanted],
        positions=[position for _, position in wanted],
        turn_seconds=turn_seconds,
        pass_seconds=pass_seconds,
    )
    told = {row["customer_key"]: row for row in rows}
    return [_admission(told[customer]) for customer, _ in wanted]


async def ticket_of(database: Runner, sale_id: UUID, customer: str) -> Ticket | None:
    """Return the ticket that a customer has in a sale's room, or None."""
    row = await database.fetch_one(SQL.ticket_of_customer, sale_id=sale_id, customer=customer)
    return _ticket(row) if row else None


def _admission(row: Row) -> Admission:
    word = cast(Word, row["answer"])
    return Admission(word, row["pass_until"] if word == "Passed" else None)


def _ticket(row: Row) -> Ticket:
    return Ticket(row["stripe"], row["place"], int(row["issued_at"].timestamp()))


def _sale(caller: _Entering | _Caller) -> UUID:
    return caller.sale_id
