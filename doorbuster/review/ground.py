"""Generated rows to review on: a shop of so many orders, skewed as life is, built once and kept.

A kept shop is a database of the review's own PostgreSQL, named for its size and for the text of all that made it (the
migrations and the statements that grow it): change one and it is built anew. A larger shop is grown from a smaller.

Promises: the same rows in every run; touches no server but its own.
Never: uses a shop's real data.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from doorbuster.database import Query, QueryFile, embedded
from doorbuster.database.migrate import MIGRATIONS, migrate
from doorbuster.database.pool import own_connection

SQL = QueryFile("doorbuster.review", "ground.sql")
FURNITURE = QueryFile("doorbuster.review", "furniture.sql")
KEEPING = QueryFile("doorbuster.review", "keeping.sql")
STEP = 50_000
GROW_SECONDS_MAX = 900.0
KEPT_SECONDS_MAX = 20 * 3600

Facts = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a shop is."""

    orders: int
    products: int


def size_of(orders: int) -> Size:
    """Return the usual shop with so many orders: a product for every ten, at least a thousand, at most a million."""
    return Size(orders, min(max(1_000, orders // 10), 1_000_000))


def grown_id(kind: str, number: int) -> UUID:
    """Return the id of a made-up row, as ground.sql makes it."""
    return UUID(f"0{kind}000000-0000-7000-8000-{number:012x}")


GREAT_SALE: Facts = {
    "sale_id": grown_id("3", 1_000_000),
    "variant_id": grown_id("b", 500),
    "pool_id": grown_id("4", 1_000_000),
    "location_id": UUID("00000000-0000-7000-8000-000000000001"),
}
"""The sale that nearly all orders of a generated shop belong to."""


async def grow(connection: Any, facts: Facts, was: Size, to: Size, say: Say) -> None:
    """Fill the shop from one size to another with products and the orders of one sale; `facts` says which."""
    for start, end in steps(was.products, to.products):
        say(f"{end:,} of {to.products:,} products")
        await run_all(connection, (SQL.grow_products, SQL.grow_stock), facts | {"from_n": start, "to_n": end})
    for start, end in steps(was.orders, to.orders):
        say(f"{end:,} of {to.orders:,} orders")
        await run_all(connection, (SQL.grow_orders, SQL.grow_holds), facts | {"from_n": start, "to_n": end})
    if to.orders:
        unpaid = to.orders // 100
        await run(connection, SQL.grow_pool, facts | {"held": 2 * unpaid, "sold": to.orders - unpaid})
    say("gathering statistics")
    # What was just written is counted now, lest it be counted after the statistics and they seem stale.
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("VACUUM (ANALYZE)")


async def furnish(connection: Any, was: Size, to: Size, say: Say) -> None:
    """Fill a whole shop of the review from one size to another: the great sale, and what is beside it."""
    facts = GREAT_SALE | {"products": to.products}
    await run_all(connection, (FURNITURE.furnish_ids, FURNITURE.furnish_chance), {})
    if was.orders == 0:
        first = Size(0, min(1_000, to.products))
        await run(connection, FURNITURE.furnish_house, facts)
        await grow(connection, facts, was, first, say)
        await run_all(connection, (FURNITURE.furnish_sales, FURNITURE.furnish_room, FURNITURE.furnish_outbox), facts)
        await run(connection, FURNITURE.furnish_shelves, facts | {"from_n": 1, "to_n": first.products})
        was = first
    for start, end in steps(was.products, to.products):
        span = {"from_n": start, "to_n": end}
        await run_all(connection, (SQL.grow_products, SQL.grow_stock, FURNITURE.furnish_shelves), facts | span)
    for name in ("papers", "line", "tickets"):
        for start, end in steps(was.orders, to.orders):
            say(f"{name}: {end:,} of {to.orders:,}")
            await run(connection, FURNITURE.all()[f"furnish_{name}"], facts | {"from_n": start, "to_n": end})
    for start, end in steps(was.orders // 5, to.orders // 5):
        say(f"carts and their orders: {end:,} of {to.orders // 5:,}")
        span = {"from_n": start, "to_n": end}
        await run_all(connection, (FURNITURE.furnish_carts, FURNITURE.furnish_orders), facts | span)
    await run(connection, FURNITURE.furnish_pool, facts | {"orders": to.orders})
    await grow(connection, facts, Size(was.orders, to.products), to, say)
    await run(connection, FURNITURE.furnish_overdue, {})


def steps(was: int, to: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of each bite."""
    for start in range(was + 1, to + 1, STEP):
        yield start, min(start + STEP - 1, to)


async def run(connection: Any, query: Query, values: Facts) -> list[Any]:
    """Run a statement that may take minutes and return its rows."""
    parameters = [values[name] for name in query.parameters]
    rows: list[Any] = await connection.fetch(query.sql, *parameters, timeout=GROW_SECONDS_MAX)
    return rows


async def run_all(connection: Any, queries: Sequence[Query], values: Facts) -> None:
    """Run statements one after the other with the same values."""
    for query in queries:
        await run(connection, query, values)


@contextmanager
def review_server(folder: Path) -> Iterator[str]:
    """Give the URL of the review's own PostgreSQL for the block; its data stay in the folder."""
    with embedded.running(folder) as url:
        yield url


@asynccontextmanager
async def kept_shop(server_url: str, orders: int, say: Say, base: int | None = None) -> AsyncIterator[str]:
    """Give the URL of a database with a generated shop of so many orders, built first if it is not kept.

    With `base`, the shop of that size is built (or taken) first and this one is grown from a copy of it.
    """
    name = shop_name(orders)
    async with own_connection(server_url, application="doorbuster review") as connection:
        kept = await _kept(connection)
        if name not in kept:
            await _build(connection, server_url, orders, base if base and shop_name(base) in kept else None, say)
    url = with_database(server_url, name)
    await migrate(url)
    yield url


async def _kept(connection: Any) -> set[str]:
    """Return the shops that are kept, having dropped what other migrations made or what is older than a day."""
    kept = set()
    for row in await run(connection, KEEPING.kept_shops, {}):
        name = row["name"]
        if name == shop_name(int(name.rsplit("_", 1)[1])) and row["age_seconds"] < KEPT_SECONDS_MAX:
            kept.add(name)
        else:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    return kept


async def _build(connection: Any, server_url: str, orders: int, base: int | None, say: Say) -> None:
    """Build under another name and rename it at the end, so that half a shop is never taken for one."""
    half = f"half_{shop_name(orders)}"
    await connection.execute(f'DROP DATABASE IF EXISTS "{half}"')
    template = shop_name(base) if base else "template0"
    await connection.execute(f'CREATE DATABASE "{half}" TEMPLATE {template}', timeout=GROW_SECONDS_MAX)
    url = with_database(server_url, half)
    await migrate(url)
    async with own_connection(url, application="doorbuster review") as inside:
        await inside.execute("SET synchronous_commit = off")
        await furnish(inside, size_of(base) if base else Size(0, 0), size_of(orders), say)
    await connection.execute((await run(connection, KEEPING.built_now, {"name": half}))[0]["sql"])
    await connection.execute(f'ALTER DATABASE "{half}" RENAME TO "{shop_name(orders)}"')


def shop_name(orders: int) -> str:
    """Return the name of the database that keeps a shop of so many orders."""
    return f"shop_{_content()}_{orders}"


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _content() -> str:
    """Return a hash of all that decides what is in a generated shop."""
    room = Path(str(resources.files("doorbuster.review")))
    texts = [*sorted(MIGRATIONS.glob("*.sql")), room / "ground.sql", room / "furniture.sql", room / "ground.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in texts)).hexdigest()[:12]
