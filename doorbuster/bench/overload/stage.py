"""The stage: a large shop whose PostgreSQL has a core of its own, and workers with or without the guard's gate."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from doorbuster.bench import servers
from doorbuster.bench.ground import SQL, Ground
from doorbuster.bench.overload.crowd import Shop
from doorbuster.database.pool import own_connection
from doorbuster.drill.client import Origin
from doorbuster.drill.cores import family_of, pin
from doorbuster.guard.policy import DEFAULTS, Policy
from doorbuster.review.ground import Size, grow
from doorbuster.sale.sales import Sale
from doorbuster.stock.pools import MAIN_LOCATION

DATABASE_CORE, SHOP_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A shop under load: where it is, and which processes it is made of."""

    shop: Shop
    server_pid: int
    worker_pids: tuple[int, ...]

    def database_pids(self) -> list[int]:
        """Return PostgreSQL's processes as they are now."""
        return family_of(self.server_pid)


async def fill(ground: Ground, products: int, say: Callable[[str], None]) -> Sale:
    """Make the catalogue large, drop the index of its search, and open a sale; return the sale.

    So searches are sequential scans, as in the incident that this shop comes from, and PostgreSQL is the bottleneck.
    """
    sale = await ground.fresh_sale()
    item = sale.items[0]
    facts = {"sale_id": sale.id, "variant_id": item.variant_id, "pool_id": item.pool_id, "sku": item.sku,
             "location_id": MAIN_LOCATION}  # fmt: skip
    async with own_connection(ground.cluster.url, application="overload") as connection:
        await connection.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog")
        await grow(connection, facts, Size(0, 0), Size(orders=0, products=products), say)
        await connection.execute(SQL.bench_drop_search_index.sql)
    return sale


@asynccontextmanager
async def opened(
    ground: Ground, sale: Sale, products: int, *, gate: bool, control_port: int | None = None
) -> AsyncIterator[Stage]:
    """Run the shop for the block, everything on its core; without the gate it is the shop as it was."""
    ground.set_policy(Policy(DEFAULTS.limits, gate=gate))
    os.sched_setaffinity(0, {SHOP_CORE})
    pin(family_of(ground.server.pid), DATABASE_CORE)
    async with servers.shop(ground, 1, control_port) as running:
        parts = urlsplit(running.url)
        shop = Shop(
            Origin("http", parts.hostname or "", parts.port), ground.secret, products, str(sale.id), sale.items[0].sku
        )
        yield Stage(shop, ground.server.pid, running.pids)
