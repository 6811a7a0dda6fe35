"""What the watch sees of a real PostgreSQL, of each release that we support."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest

from doorbuster.clock import SystemClock
from doorbuster.database import Database, open_database
from doorbuster.database.queries import Cost, Query
from doorbuster.watch.database_health import Holder, Session
from doorbuster.watch.database_watch import DatabaseWatch
from tests.rooms.watch.servers import bare_server

FREE = Cost(0, 0)
TURNS = 16
"""So many looks and each slow thing was looked at."""
BIG = "CREATE TABLE IF NOT EXISTS big AS SELECT n AS id, 'x' AS text FROM generate_series(1, 20000) n; ANALYZE big"
HOT = "CREATE TABLE IF NOT EXISTS hot AS SELECT 1 AS id, 0 AS units"
TAKE = Query("take_a_unit", "a test waits", FREE, "UPDATE hot SET units = units + 1 WHERE id = 1", ())
THINK = Query("think", "a test computes", FREE, "SELECT count(*) FROM generate_series(1, 300000000)", ())


@pytest.fixture(scope="module", params=[15, 16, 18])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with bare_server(request.param, track_wal_io_timing="on") as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(BIG)
            connection.execute(HOT)
        yield address


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[DatabaseWatch]:
    async with open_database(url, connections=1, connections_min=0, application="watch") as database:
        yield DatabaseWatch(database, SystemClock())


@pytest.fixture
async def shop(url: str) -> AsyncIterator[Database]:
    async with open_database(url, connections=4, application="web-1", statement_timeout_ms=20_000) as database:
        yield database


async def seen(watch: DatabaseWatch, wanted: int, name: str, wait_class: str = "") -> list[Session]:
    """Look until so many sessions are at work for the query."""
    for _ in range(200):
        assert await watch.look()
        found = [session for session in watch.sample.sessions if session.query_name == name and session.is_active]
        if len([session for session in found if wait_class in ("", session.wait_class)]) == wanted:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{wanted} sessions of {name} never were at work: {watch.sample.sessions}")


async def test_every_look_finds_what_it_looks_for(url: str):
    async with watching(url) as watch:
        for _ in range(2 * TURNS):
            assert await watch.look(), watch.sample.why
        values = watch.sample.values

    assert {
        "db.active", "db.cpu", "db.lock", "db.io", "db.lwlock", "db.other", "db.blocked", "db.idle_in_transaction",
        "db.oldest_transaction_seconds", "db.connections", "db.connections_max", "db.seq_rows", "db.seq_rows:big",
        "db.index_scans", "db.blocks_hit", "db.blocks_read", "db.temp_bytes", "db.wal_bytes",
        "db.checkpoints_requested", "db.checkpoints_timed", "db.sync_seconds", "db.commits",
        "db.rollbacks", "db.deadlocks", "db.size_bytes",
    } <= values.keys()  # fmt: skip
    assert watch.started_at == pytest.approx(time.time(), abs=300)
    assert ("table", "hot") in watch.definitions


async def test_rows_read_from_end_to_end_are_told_of_large_tables_only(url: str):
    async with watching(url) as watch:
        for _ in range(5):
            assert await watch.look()
        with psycopg.connect(url, autocommit=True) as reader:
            for table in ("big", "hot"):
                reader.execute(f"SELECT count(*) FROM {table} WHERE id < 0")
        for _ in range(500):  # the server adds up what its sessions did in its own time
            assert await watch.look()
            if (values := watch.sample.values).get("db.seq_rows:big"):
                break
            await asyncio.sleep(0.01)

    assert values["db.seq_rows:big"] > 0
    assert values["db.seq_rows"] == values["db.seq_rows:big"]
    assert "db.seq_rows:hot" not in values


async def test_a_dropped_index_is_missed_within_five_looks(url: str):
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE INDEX IF NOT EXISTS big_by_id ON big (id)")
        async with watching(url) as watch:
            for _ in range(6):
                assert await watch.look()
            before = set(watch.definitions)
            owner.execute("DROP INDEX big_by_id")
            for _ in range(5):
                assert await watch.look()

    assert before - set(watch.definitions) == {("index", "big_by_id")}


async def test_who_waits_for_a_lock_is_seen_with_the_query_and_with_who_stands_in_the_way(url: str, shop: Database):
    async with watching(url) as watch:
        with psycopg.connect(url) as holder:
            holder.execute(TAKE.sql)
            holder_pid = holder.info.backend_pid
            waiters = [asyncio.create_task(shop.execute(TAKE)) for _ in range(2)]
            first, second = await seen(watch, 2, "take_a_unit", "lock")
            values = watch.sample.values
            holder.rollback()
        await asyncio.gather(*waiters)

    assert {first.wait_class, second.wait_class} == {"lock"}
    assert holder_pid in {*first.blocked_by, *second.blocked_by}
    assert first.application == "web-1"
    assert first.text.startswith("/* q=take_a_unit */ UPDATE hot")
    assert values["db.lock:take_a_unit"] == values["db.blocked"] == values["db.lock"] == 2
    assert values["db.idle_in_transaction"] == 1


async def test_who_computes_waits_for_nothing_and_counts_as_processor(url: str, shop: Database):
    async with watching(url) as watch:
        thinking = asyncio.create_task(shop.fetch(THINK))
        await seen(watch, 1, "think")
        for _ in range(50):  # writing to a temporary file is another wait
            if watch.sample.values["db.cpu"]:
                break
            await watch.look()
        thinking.cancel()

    assert watch.sample.values["db.cpu"] >= 1


async def test_a_strangers_statement_is_unknown_and_its_text_is_not_kept(url: str):
    async with watching(url) as watch, await psycopg.AsyncConnection.connect(url, autocommit=True) as stranger:
        asking = asyncio.create_task(stranger.execute("SELECT pg_sleep(1), 'ada@example.com'"))
        (found,) = await seen(watch, 1, "")
        await asking

    assert found.text == ""
    assert watch.sample.values["db.active:unknown"] == 1


async def test_who_has_the_connections_is_told_once_half_of_them_are_taken(url: str):
    async with watching(url) as watch, AsyncExitStack() as taken:
        assert await watch.look()
        before = watch.sample.holders
        for _ in range(watch.connections_max // 2):
            connecting = psycopg.AsyncConnection.connect(url, application_name="nightly report", autocommit=True)
            await taken.enter_async_context(await connecting)
        assert await watch.look()

    assert before == ()
    assert watch.sample.holders[0] == Holder("nightly report", "idle", watch.connections_max // 2)
