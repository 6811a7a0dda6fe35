"""What the database says when asked: which indexes it lacks and how it would run a statement."""

import asyncio
import re

import psycopg
import pytest

from doorbuster.database import open_database
from doorbuster.database.indexes import defined_indexes, lacking_indexes
from doorbuster.database.queries import Query, house_queries
from doorbuster.watch.diagnosis.examination import Examination, Scan, examine


def examined(url: str, busiest: list[str], queries: dict[str, Query] | None = None) -> Examination:
    async def ask() -> Examination:
        async with open_database(url, connections=1, application="test") as database:
            found = await examine(database, queries or house_queries(), busiest)
            assert found is not None
            return found

    return asyncio.run(ask())


def test_a_database_of_this_version_lacks_no_index(database_url: str):
    assert examined(database_url, []).lacking == ()


def test_a_dropped_index_is_missed_by_name_with_what_makes_it(database_url: str):
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP INDEX orders_by_email")

    [index] = examined(database_url, []).lacking

    assert (index.name, index.table) == ("orders_by_email", "orders")
    assert index.concurrently == "CREATE INDEX CONCURRENTLY orders_by_email ON orders (email_key, id DESC)"


def test_the_last_definition_of_an_index_counts(database_url: str):
    assert defined_indexes()["payments_captured_once"].definition.endswith("WHERE state = 'captured'")


def test_a_scan_of_a_large_table_is_found_in_the_plan_of_a_statement(database_url: str):
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE big AS SELECT i AS id, i % 100 AS kind FROM generate_series(1, 50000) i")
        connection.execute("ANALYZE big")
    query = Query(
        "of_a_kind", "a test", house_queries()["valid_indexes"].cost, "SELECT id FROM big WHERE kind = $1", ("k",)
    )

    found = examined(database_url, ["of_a_kind"], {"of_a_kind": query})

    [scan] = found.scans["of_a_kind"]
    assert scan.table == "big"
    assert scan.rows == pytest.approx(50_000, rel=0.5)
    assert "kind" in scan.filter


def test_a_small_table_is_read_from_end_to_end_without_a_word(database_url: str):
    assert not any(examined(database_url, ["live_sales", "shipping_methods"]).scans.values())


def test_every_statement_of_the_house_can_be_planned_for_unknown_values(database_url: str):
    planned = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
    ours = {
        name: each
        for name, each in house_queries().items()
        if not re.search(r"\.(bench|drill|review)|catalog", each.source)
    }
    plain = {name: each for name, each in ours.items() if each.sql.split(maxsplit=1)[0].upper() in planned}

    async def ask() -> list[str]:
        async with open_database(database_url, connections=1, application="test") as database:
            return [name for name, each in plain.items() if not await database.plan(each)]

    assert not asyncio.run(ask())


def test_a_statement_that_cannot_be_planned_is_passed_over(database_url: str):
    cost = house_queries()["valid_indexes"].cost
    odd = {name: Query(name, "a test", cost, sql, ()) for name, sql in
           (("utility", "CREATE TABLE one (two int)"), ("stale", "SELECT three FROM nowhere"))}  # fmt: skip

    assert examined(database_url, list(odd), odd).scans == {}


def test_a_database_that_is_away_yields_nothing(database_url: str):
    async def ask() -> Examination | None:
        async with open_database(
            "postgresql://nobody@127.0.0.1:1/none", connections=1, connections_min=0, application="test"
        ) as database:
            return await examine(database, house_queries(), ["live_sales"])

    assert asyncio.run(ask()) is None


def test_lacking_counts_an_index_that_was_only_half_made(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP INDEX orders_by_email")
        connection.execute("CREATE TABLE twice AS SELECT 1 AS one FROM generate_series(1, 2)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY orders_by_email ON twice (one)")

    async def ask() -> list[str]:
        async with open_database(database_url, connections=1, application="test") as database:
            return [index.name for index in await lacking_indexes(database)]

    assert asyncio.run(ask()) == ["orders_by_email"]


def test_of_several_missing_indexes_the_one_is_named_that_the_statement_filters_by():
    catalogue = defined_indexes()
    lacking = tuple(catalogue[name] for name in ("products_newest", "products_search", "products_by_category"))
    scans = {"search_products": (Scan("products", 120_000.0, "(search @@ '''lamp'''::tsquery)"),)}
    tables = {"search_products": frozenset({"products", "search", "id", "category", "DESC"})}

    assert Examination(scans, lacking, tables).missed_by("search_products") == catalogue["products_search"]


def test_a_plan_that_could_not_be_had_again_stands_until_an_index_is_added():
    lacking = (defined_indexes()["products_search"],)
    scan = (Scan("products", 120_000.0, "(search @@ '''lamp'''::tsquery)"),)
    planned = Examination({"search_products": scan}, lacking, {"search_products": frozenset({"products"})})

    assert Examination(lacking=lacking).after(planned, 100).scans == {"search_products": scan}
    assert Examination().after(planned, 100).scans == {}


def test_an_index_that_was_missing_until_just_now_is_what_was_missed():
    lacking = (defined_indexes()["products_search"],)
    mended = Examination().after(Examination(lacking=lacking), 100)

    assert mended.missed == lacking
    assert Examination().after(mended, 105).missed == lacking
    assert Examination().after(mended, 131).missed == ()


def test_of_several_missing_indexes_the_one_is_named_that_a_function_filters_by(database_url: str):
    gone = ("products_newest", "products_search", "products_by_category")
    with psycopg.connect(database_url) as connection:
        for name in gone:
            connection.execute(f"DROP INDEX {name}")

    found = examined(database_url, ["search_products"])

    assert {index.name for index in found.lacking} == set(gone)
    missed = found.missed_by("search_products")
    assert missed is not None
    assert missed.name == "products_search"
