"""Every named query finds its rows by an index: none must read a table from end to end that grows with the shop.

The planner is forbidden sequential scans; one that is left in a generic plan has no index to use. Tables that stay
small by nature may be scanned, and a query may declare `scan TABLE` in its cost.
"""

from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from typing import Any

import psycopg
import pytest

from doorbuster.database.queries import Query, parse

SMALL_TABLES = {"shipping_methods", "tax_rates", "locations", "leases", "collections", "sales", "sale_items"}
# SQLite's files, functions, and what asks PostgreSQL about itself by views that differ from release to release.
PLANNED_ELSEWHERE = (".sqlite.sql", ".function.sql", ".catalog.sql")


def queries() -> Iterator[Query]:
    """Yield every query but the review's own, which make up rows or ask the server's catalogue."""
    house = resources.files("doorbuster")
    for room in sorted(house.iterdir(), key=lambda place: place.name):
        if not room.is_dir() or room.name.startswith("__") or room.name == "review":
            continue
        for file in sorted(room.iterdir(), key=lambda place: place.name):
            if file.name.endswith(".sql") and not file.name.endswith(PLANNED_ELSEWHERE):
                yield from filter(has_plan, parse(file.read_text(encoding="utf-8"), f"{room.name}/{file.name}"))


def has_plan(query: Query) -> bool:
    """Say whether PostgreSQL plans the statement; SET and its like it just does."""
    return query.sql.split(maxsplit=1)[0].upper() in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}


def scanned_tables(node: dict[str, Any]) -> Iterator[str]:
    """Yield the tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from scanned_tables(child)


@pytest.mark.parametrize("query", list(queries()), ids=lambda query: f"{query.source}:{query.name}")
def test_no_query_reads_a_growing_table_from_end_to_end(query: Query, database_url_of_plans: str) -> None:
    with closing(psycopg.connect(database_url_of_plans, autocommit=True)) as connection:
        connection.execute("SET enable_seqscan = off")
        row = psycopg.ClientCursor(connection).execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {query.sql}".encode())
        plan = row.fetchall()[0][0][0]["Plan"]

    assert set(scanned_tables(plan)) - SMALL_TABLES - set(query.cost.scans) == set()
