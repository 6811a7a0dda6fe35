"""Where races are run: a shop with a sale of its own for each round, and contenders who start at the same instant.

Every second round is run behind a gate: a row that all need is locked until all stand before it, so that whatever a
contender decided before it had the lock is surely out of date. The other rounds are free, for what a gate would hide.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from doorbuster.clock import new_secret
from doorbuster.database import Database
from doorbuster.sale.answers import Answer, Held
from doorbuster.sale.holds import Caller, Claims
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.sale.sales import Sale
from doorbuster.shop.answers import Placed, PlacedOrder
from doorbuster.shop.placing import Placing
from doorbuster.shop.settling import settle_payments
from tests.rooms.shop.conftest import Scene, event, wish

CONNECTIONS = 34
STILL_SECONDS = 0.05
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass
class Ring:
    """One database with one shop; `gated` says how the present round is run."""

    scene: Scene
    watcher: asyncpg.Connection
    gated: bool = False
    rounds: int = 0
    skus: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.scene.database

    async def sale(self, units: int, limit: int = 1, items: int = 1) -> Sale:
        """Open a sale of its own for a round, with so many units of each of its items."""
        self.rounds += 1
        self.skus = [f"r{self.rounds}-{n}" for n in range(items)]
        for sku in self.skus:
            await self.scene.stock(sku, units)
        now = datetime.now(UTC)
        done = await create_sale(
            self.database,
            NewSale(
                handle=f"round-{self.rounds}",
                title="Round",
                opens_at=now - timedelta(seconds=5),
                closes_at=now + timedelta(hours=6),
                currency="GBP",
                items=[NewItem(sku=sku, price=999, units=units) for sku in self.skus],
                limit_per_customer=limit,
            ),
        )
        assert isinstance(done, Done), done
        await self.sql("UPDATE stock_pools SET reopens_at = '-infinity' WHERE reopens_at = 'infinity'")
        self.scene.sale = done.sale
        return done.sale

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        found: list[Any] = await self.watcher.fetch(statement, *values)
        return found

    async def value(self, statement: str, *values: Any) -> Any:
        return (await self.sql(statement, *values))[0][0]

    async def pool(self, sale: Sale) -> UUID:
        return sale.items[0].pool_id

    async def claim(
        self, sale: Sale, who: str, key: str = "", quantity: int = 1, *, item: int = 0, network: str | None = None
    ) -> Answer:
        """Claim as a worker of its own would: nobody else is in the batch."""
        caller = Caller("s:" + who, key or new_secret(), network=network)
        return await Claims(self.database).claim_item(sale, self.skus[item], quantity, caller)

    async def held(self, sale: Sale, who: str) -> UUID:
        answer = await self.claim(sale, who, network="n:" + who)
        assert isinstance(answer, Held), answer
        return answer.hold.id

    async def ordered(self, sale: Sale, who: str) -> PlacedOrder:
        """Have `who` hold a unit and order it."""
        placed = await Placing(self.database, "hosted").place(wish(who, hold_id=await self.held(sale, who)))
        assert isinstance(placed, Placed), placed
        return placed.order

    async def paid(self, sale: Sale, who: str) -> PlacedOrder:
        """Have `who` hold, order and pay."""
        order = await self.ordered(sale, who)
        await settle_payments(self.database, [event(order)])
        return order

    async def start(self, contenders: Sequence[Awaitable[Any]], gate: str = "", *values: Any) -> list[Any]:
        """Let all contenders go at the same instant, in a gated round from before the rows that `gate` locks."""
        if not (self.gated and gate):
            return await asyncio.gather(*contenders)
        async with self._shut(gate, values):
            running = [asyncio.ensure_future(contender) for contender in contenders]
            await self._until_they_stand(len(running))
        return await asyncio.gather(*running)

    @asynccontextmanager
    async def _shut(self, gate: str, values: Sequence[Any]) -> Any:
        connection = await asyncpg.connect(self.scene.url)
        try:
            async with connection.transaction():
                await connection.execute(f"{gate} FOR UPDATE", *values)
                yield
        finally:
            await connection.close()

    async def _until_they_stand(self, number: int) -> None:
        """Wait until so many wait for a lock, or nobody comes any more: some need no lock, or decide without it."""
        loop = asyncio.get_running_loop()
        standing, since = 0, loop.time()
        while standing < number and loop.time() < since + STILL_SECONDS:
            await asyncio.sleep(0.005)
            now = await self.value(WAITING)
            if now != standing:
                standing, since = now, loop.time()


def names(answers: Sequence[Any]) -> Counter[str]:
    """Count answers by their kind."""
    return Counter(type(answer).__name__ for answer in answers)
