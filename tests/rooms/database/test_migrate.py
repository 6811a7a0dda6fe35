"""Migrating: once, alone, politely, and all or nothing."""

import asyncio

import psycopg

from doorbuster.database import Database
from doorbuster.database.migrate import LOCK_KEY, SQL, migrate, missing


async def test_a_new_database_gets_every_migration_and_function(empty_database_url: str) -> None:
    applied = await migrate(empty_database_url)
    assert applied[0] == "0001_catalogue"
    assert "sale/claim.function.sql" in applied


async def test_a_second_time_there_is_nothing_to_do(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    assert await migrate(empty_database_url) == []


async def test_processes_that_start_together_apply_everything_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*[migrate(empty_database_url) for _ in range(4)])
    assert sum("0001_catalogue" in names for names in applied) == 1


async def test_a_lock_row_that_a_killed_process_left_is_no_hindrance(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    _execute(empty_database_url, "INSERT INTO yoyo_lock (locked, pid) VALUES (1, 99999)")
    _execute(empty_database_url, "DROP TABLE schema_functions")
    _execute(empty_database_url, "DELETE FROM _yoyo_migration WHERE migration_id = '0100_schema_functions'")
    assert "0100_schema_functions" in await migrate(empty_database_url)


async def test_a_function_is_replaced_when_its_file_changed(database: Database, database_url: str) -> None:
    await database.execute(SQL.remember_function, file="sale/claim.function.sql", content_hash="another")
    assert await migrate(database_url) == ["sale/claim.function.sql"]
    assert not await missing(database)


async def test_a_schema_change_waits_for_a_long_transaction_without_holding_others_up(database_url: str) -> None:
    _execute(database_url, "DELETE FROM schema_functions")
    with psycopg.connect(database_url) as busy:
        busy.execute("LOCK TABLE schema_functions IN SHARE MODE")
        migrating = asyncio.create_task(migrate(database_url))
        await asyncio.sleep(0.3)
        assert not migrating.done()
        busy.rollback()
        assert await migrating


async def test_whoever_migrates_holds_the_lock_for_as_long_as_it_takes(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        migrating = asyncio.create_task(migrate(empty_database_url))
        await asyncio.sleep(0.3)
        assert not migrating.done()
        other.rollback()
        assert await migrating


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
