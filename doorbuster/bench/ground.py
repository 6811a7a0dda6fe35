"""The ground that everything is measured on: a PostgreSQL like that of `up`, in a temporary home, and sales in it."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from doorbuster.catalogue.examples.shop import install
from doorbuster.clock import SystemClock, new_id, new_secret
from doorbuster.database import Database, QueryFile, embedded, open_database
from doorbuster.database.embedded import Cluster
from doorbuster.database.migrate import migrate
from doorbuster.errors import DoorbusterError
from doorbuster.guard.policy import Policy, encode
from doorbuster.guard.rate_limit import POLICY_FILE
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale, end_sale
from doorbuster.sale.sales import Sale, sale_by_id
from doorbuster.stock.pools import adjust_stock, pool_of_variant

SQL = QueryFile("doorbuster.bench", "ground.sql")
UNITS = 50_000_000
SETTLE_SECONDS = 1.5


@dataclass(frozen=True)
class Ground:
    """The database, its server process, and the shop's secret for the workers that will stand on it."""

    cluster: Cluster
    server: subprocess.Popen[bytes]
    database: Database
    secret: str
    live: list[Sale] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Return the temporary home."""
        return self.cluster.folder.parent

    @property
    def kept(self) -> Path:
        """Return the folder of the answers that the hello-world server repeats."""
        folder = self.home / "kept"
        folder.mkdir(exist_ok=True)
        return folder

    async def fresh_sale(
        self,
        units: int = UNITS,
        hold_seconds: int = 86_400,
        items: int = 1,
        opens_in_seconds: float = -1.0,
        **facts: Any,
    ) -> Sale:
        """Plan a sale with so many units of each item, one for each customer unless `facts` say more.

        It is open already, unless it opens later; the one before it is over.
        """
        while self.live:
            over = self.live.pop()
            await end_sale(self.database, over.id)
            await self.database.execute(SQL.bench_strike, sale_id=over.id)
        goods = await self.database.fetch(SQL.bench_goods, most=items)
        for each in goods:
            pool = await pool_of_variant(self.database, each["variant_id"])
            await adjust_stock(self.database, each["variant_id"], (pool.on_hand if pool else 0) + units, "received")
        now = SystemClock().now()
        made = await create_sale(
            self.database,
            NewSale(
                handle=f"bench-{new_id().hex[-12:]}", title="Bench", currency=goods[0]["currency"],
                opens_at=now + timedelta(seconds=opens_in_seconds), closes_at=now + timedelta(days=1),
                hold_seconds=hold_seconds, **facts,
                items=[NewItem(sku=each["sku"], units=units, price=each["amount"]) for each in goods],
            ),
        )  # fmt: skip
        assert isinstance(made, Done), made
        self.live.append(made.sale)
        return made.sale

    def set_policy(self, policy: Policy) -> None:
        """Let workers that start from now on obey this policy of the guard."""
        (self.home / POLICY_FILE).write_bytes(encode(policy))

    async def product_handles(self) -> list[str]:
        """Return products whose pages may be read."""
        return [row["handle"] for row in await self.database.fetch(SQL.bench_products)]

    async def held_in(self, sale: Sale) -> int:
        """Return the units that the database says are promised or sold: the only count that counts."""
        now = await sale_by_id(self.database, sale.id)
        assert now is not None
        return now.held + now.sold

    async def transactions(self) -> int:
        """Return the transactions that PostgreSQL has committed, once its processes have reported theirs."""
        await asyncio.sleep(SETTLE_SECONDS)
        row = await self.database.fetch_one(SQL.bench_transactions)
        return int(row["committed"]) if row else 0

    async def delay_flush(self, microseconds: int) -> None:
        """Make every flush of the log wait so long before it: what a disk that really writes would take."""
        path = self.cluster.data / "postgresql.auto.conf"
        path.write_text(f"commit_delay = {microseconds}\ncommit_siblings = 0\n")
        self.cluster.programs.own(path)
        self.server.send_signal(signal.SIGHUP)
        for _ in range(100):
            row = await self.database.fetch_one(SQL.bench_flush_delay)
            if row and row["delay"] == str(microseconds):
                return
            await asyncio.sleep(0.05)
        raise DoorbusterError("PostgreSQL did not take the delay of its flushes")


@asynccontextmanager
async def prepared_ground() -> AsyncIterator[Ground]:
    """Make the temporary home, start PostgreSQL in it as `up` does, fill in the example shop; remove all afterwards."""
    home = Path(tempfile.mkdtemp(prefix="doorbuster-bench-"))
    try:
        with embedded.supervise(home):
            cluster = embedded.prepare(home, connections_max=200)
            server = cluster.start()
            try:
                await migrate(cluster.url)
                async with open_database(cluster.url, connections=6, application="bench") as database:
                    await install(database, "GBP")
                    yield Ground(cluster, server, database, new_secret(32))
            finally:
                embedded.stop(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)
