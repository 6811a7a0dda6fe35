"""Claiming units, and giving them back.

`claim_batch` is the one door through which a unit is promised: one function call answers many callers, under the lock
of the pool's row (claim.function.sql). `Claims` coalesces single callers into such batches, one lane for each item.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from doorbuster import errors, metrics
from doorbuster.clock import new_id
from doorbuster.database import Database, QueryFile, Row, build
from doorbuster.database.coalesce import Coalescer
from doorbuster.sale import answers
from doorbuster.sale.answers import Answer, Hold
from doorbuster.sale.sales import Sale
from doorbuster.sale.turns import Lane, Turns

SQL = QueryFile("doorbuster.sale", "holds.sql")
ANSWERS = metrics.counter("doorbuster_sale_answers_total", "Answers to claims.", ("answer",))
QUANTITY_MAX = 1_000
RETRY_AFTER_SECONDS = 2
NETWORK_RETRY_AFTER_SECONDS = 30

_WITH_HOLD: dict[str, Callable[[Hold], Answer]] = {
    "Replayed": answers.Replayed,
    "AlreadyYours": answers.AlreadyYours,
}
_PLAIN: dict[str, Callable[[], Answer]] = {
    "KeyReused": answers.KeyReused,
    "NotInSale": answers.NotInSale,
    "Paused": answers.Paused,
    "SaleOver": answers.SaleOver,
}


class Caller(msgspec.Struct, frozen=True):
    """Who claims, under which idempotency key, the price agreed to, if any, and whence (see web/networks.py)."""

    customer_key: str
    idempotency_key: str
    agreed_price: int | None = None
    network: str | None = None


class Claim(msgspec.Struct, frozen=True):
    """One caller's wish: so many units of one item of a sale."""

    sale: Sale
    variant_id: UUID
    quantity: int
    caller: Caller


@dataclass(frozen=True, slots=True)
class OwnHold:
    """A hold as its owner sees it, with the item it is of."""

    id: UUID
    sale_id: UUID | None
    sale_handle: str | None
    sale_title: str | None
    variant_id: UUID
    sku: str
    title: str
    handle: str
    quantity: int
    unit_price: int
    currency: str
    state: str
    expires_at: datetime
    now: datetime


class Claims:
    """Coalesces the claims of one worker: while one batch of an item is committing, the next collects."""

    def __init__(self, database: Database, batch_max: int = 128, waiting_max: int = 16_384) -> None:
        """Send batches to `database`; at most `waiting_max` callers wait for one item.

        `exhausted` is set whenever an answer shows that an item has nothing left.
        """
        self.exhausted = asyncio.Event()
        self._database = database
        self._turns = Turns()
        self._coalescer: Coalescer[Claim, Answer] = Coalescer(
            "claim_holds",
            self._claim_batch,
            lane=_lane,
            conflict=lambda claim: claim.caller.customer_key,
            batch_max=batch_max,
            waiting_max=waiting_max,
            under_way_max=2,
            rest=lambda claim, seconds: self._turns.rest_seconds(_lane(claim), seconds),
        )

    async def claim_item(self, sale: Sale, sku: str, quantity: int, caller: Caller) -> Answer:
        """Answer one caller; `NotAdmitted` when too many wait. Raises DatabaseFault when PostgreSQL is gone."""
        for item in sale.items:
            if item.sku == sku:
                break
        else:
            ANSWERS.add("NotInSale")
            return answers.NotInSale()
        claim = Claim(sale, item.variant_id, quantity, caller)
        try:
            answer = await self._coalescer.submit(claim)
        except errors.Overloaded:
            answer = answers.NotAdmitted(RETRY_AFTER_SECONDS)
        ANSWERS.add(answer.name)
        if isinstance(answer, answers.SoldOut | answers.AllHeld) and answer.left == 0:
            self.exhausted.set()
        return answer

    async def _claim_batch(self, claims: Sequence[Claim]) -> list[Answer]:
        given, version = await _claimed(self._database, claims)
        self._turns.saw(_lane(claims[0]), version)
        return given


def _lane(claim: Claim) -> Lane:
    return claim.sale.id, claim.variant_id


async def claim_batch(database: Database, claims: Sequence[Claim]) -> list[Answer]:
    """Answer claims of one item of one sale, each customer at most once, in their order.

    Durable when it returns: what was `Held` is committed. Safe to repeat: a repeated key is `Replayed`.
    """
    return (await _claimed(database, claims))[0]


async def _claimed(database: Database, claims: Sequence[Claim]) -> tuple[list[Answer], int]:
    """Return the answers, and the pool's version after them."""
    ids = [new_id() for _ in claims]
    common, *others = await database.fetch(
        SQL.claim_holds,
        sale_id=claims[0].sale.id,
        variant_id=claims[0].variant_id,
        ids=ids,
        customers=[claim.caller.customer_key for claim in claims],
        keys=[claim.caller.idempotency_key for claim in claims],
        quantities=[claim.quantity for claim in claims],
        prices=[claim.caller.agreed_price for claim in claims],
        networks=[claim.caller.network for claim in claims],
    )
    price, expires_at = common["hold_price"], common["hold_expires_at"]
    by_place = {row["place"]: row for row in others}
    given = [
        _answer(claim, by_place[place])
        if place in by_place
        else answers.Held(
            Hold(hold_id, claim.variant_id, claim.quantity, price, claim.sale.currency, "held", expires_at)
        )
        for place, (claim, hold_id) in enumerate(zip(claims, ids, strict=True), start=1)
    ]
    return given, common["pool_version"]


def _answer(claim: Claim, row: Row) -> Answer:
    """Turn a row of claim_holds() into the answer of a caller who was not newly held."""
    _, name, hold_id, variant_id, quantity, price, state, expires_at, left, has, _ = row
    match name:
        case "SoldOut":
            return answers.SoldOut(left)
        case "AllHeld":
            return answers.AllHeld(left)
        case "NetworkFull":
            return answers.NetworkFull(NETWORK_RETRY_AFTER_SECONDS)
        case "NotOpenYet":
            return answers.NotOpenYet(claim.sale.opens_at)
        case "LimitReached":
            return answers.LimitReached(claim.sale.limit_per_customer, has)
        case "PriceChanged":
            return answers.PriceChanged(price, claim.sale.currency)
    if with_hold := _WITH_HOLD.get(name):
        return with_hold(Hold(hold_id, variant_id, quantity, price, claim.sale.currency, state, expires_at))
    return _PLAIN[name]()


async def hold_of(database: Database, hold_id: UUID, customer_key: str) -> OwnHold | None:
    """Return a hold with its item, to its owner only."""
    return build(await database.fetch_one(SQL.hold_of_owner, hold_id=hold_id, customer_key=customer_key), OwnHold)


async def release(database: Database, hold_id: UUID, customer_key: str) -> bool:
    """Give a hold back before it expires; False when it is not the caller's or no longer held."""
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.lock_pool_of_hold, hold_id=hold_id)
        released = await transaction.fetch(SQL.release_hold, hold_id=hold_id, customer_key=customer_key)
    return bool(released)
