"""Measures what the house's new migrations would have made a shop of the version before wait.

A shop with the earlier schema is made, and filled with the rows of a generated one as far as it has their columns; then
each new migration is applied under load and rolled back (migrations.py), and applied for good before the next.

Promises: every new migration meets the tables as they were before it, with rows in them.
Never: touches the shop that it copies from.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from doorbuster.database.migrate import MIGRATIONS
from doorbuster.database.pool import own_connection
from doorbuster.review.ground import Say, with_database
from doorbuster.review.migrations import APART, REVIEWED_SINCE, SQL, Waited, measure_waits, migrations_to_review

NAME = "shop_before_migrations"
COPY_SECONDS_MAX = 300.0


async def measure_new_migrations(server_url: str, filled_url: str, say: Say) -> dict[Path, Waited]:
    """Return what requests waited at most for each new migration, on the rows of the shop at `filled_url`."""
    waited = {}
    async with _earlier_shop(server_url, filled_url, say) as url:
        for path in migrations_to_review():
            say(f"migration {path.stem} under load")
            text = path.read_text(encoding="utf-8")
            waited[path] = await measure_waits(url, text)
            async with own_connection(url, application="doorbuster review") as connection:
                await _apply(connection, text)
    return waited


@asynccontextmanager
async def _earlier_shop(server_url: str, filled_url: str, say: Say) -> AsyncIterator[str]:
    """Give the URL of a shop with the schema before the new migrations, for the block."""
    url = with_database(server_url, NAME)
    async with own_connection(server_url, application="doorbuster review") as server:
        await server.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
        await server.execute(f'CREATE DATABASE "{NAME}" TEMPLATE template0')
        try:
            async with own_connection(url, application="doorbuster review") as shop:
                for path in sorted(MIGRATIONS.glob("*.sql")):
                    if path.name < REVIEWED_SINCE:
                        await _apply(shop, path.read_text(encoding="utf-8"))
                async with own_connection(filled_url, application="doorbuster review") as filled:
                    await _copy(filled, shop, say)
            yield url
        finally:
            await server.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')


async def _copy(filled: Any, shop: Any, say: Say) -> None:
    """Copy every row of the tables that both have, what is referred to first; triggers have done their work already."""
    there = {row["name"]: set(row["columns"]) for row in await filled.fetch(SQL.columns_to_copy.sql)}
    tables = {row["name"]: row for row in await shop.fetch(SQL.columns_to_copy.sql) if row["name"] in there}
    await shop.execute("SET synchronous_commit = off")
    await shop.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    for name in TopologicalSorter({name: row["refers"] for name, row in tables.items()}).static_order():
        say(f"a shop of the version before: {name}")
        await _copy_table(filled, shop, name, [each for each in tables[name]["columns"] if each in there[name]])
    await shop.execute("ANALYZE")


async def _copy_table(filled: Any, shop: Any, name: str, columns: list[str]) -> None:
    await shop.execute(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
    with TemporaryFile() as rows:
        await filled.copy_from_table(name, columns=columns, output=rows, timeout=COPY_SECONDS_MAX)
        rows.seek(0)
        await shop.copy_to_table(name, source=rows, columns=columns, timeout=COPY_SECONDS_MAX)
    await shop.execute(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')


async def _apply(connection: Any, text: str) -> None:
    """Apply a migration as `migrate` does: whole in a transaction, or statement by statement without one."""
    if not APART.search(text):
        await connection.execute(text)
        return
    import pglast

    for statement in pglast.split(text):
        await connection.execute(statement)
