"""The watch while PostgreSQL is full, silent or gone: that is when it is needed."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from doorbuster.clock import SystemClock
from doorbuster.database import embedded, open_database
from doorbuster.watch.collector import Collector
from doorbuster.watch.database_watch import DatabaseWatch
from doorbuster.watch.host import Host
from doorbuster.watch.senses import Senses
from doorbuster.watch.series import open_series
from tests.rooms.watch.servers import family_of, tell_all

CONNECTIONS = 8
NOTICED_SECONDS_MAX = 4.0
"""It takes a second and a half; a machine that tests is busy with other things, too."""


@pytest.fixture
def cluster(tmp_path) -> Iterator[embedded.Cluster]:
    """A server of our own, with room for few."""
    with embedded.supervise(tmp_path):
        yield embedded.prepare(tmp_path, CONNECTIONS)


@asynccontextmanager
async def senses_of(cluster: embedded.Cluster, url: str) -> AsyncIterator[Senses]:
    clock = SystemClock()
    home = cluster.folder.parent
    async with open_database(
        url, connections=1, connections_min=0, application="watch", statement_timeout_ms=2_000, acquire_seconds=2.0
    ) as database:
        watch = DatabaseWatch(database, clock)
        with open_series(home / "series.sqlite") as series:
            senses = Senses(
                Collector(), watch, Host(home), series, clock, sales=dict, books=dict, levers=tuple
            )  # fmt: skip
            works = [asyncio.create_task(watch.run()), asyncio.create_task(senses.run())]
            try:
                yield senses
            finally:
                for work in works:
                    work.cancel()
                await asyncio.gather(*works, return_exceptions=True)


async def until(senses: Senses, up: float, within_seconds: float) -> float:
    """Wait until the database is felt to be up (or not) and return how long that took."""
    started = time.monotonic()
    while senses.tick is None or senses.tick.values.get("db.up") != up:
        assert time.monotonic() - started < within_seconds, f"db.up never became {up}: {senses.sample}"
        await asyncio.sleep(0.02)
    return time.monotonic() - started


def until_refused(url: str) -> Iterator[psycopg.Connection]:
    """Connect again and again until the server has no room."""
    for _ in range(CONNECTIONS + 1):
        try:
            yield psycopg.connect(url)
        except psycopg.OperationalError:
            return
    raise AssertionError("there was always room")


async def test_a_server_that_lets_nobody_in_any_more_still_lets_the_watch_in(cluster: embedded.Cluster):
    server = cluster.start()
    crowd: list[psycopg.Connection] = []
    try:
        crowd.extend(until_refused(cluster.url))
        async with senses_of(cluster, embedded.watch_url(cluster.url)) as senses:
            await until(senses, 1.0, 10)
            values = senses.tick.values
    finally:
        for connection in crowd:
            connection.close()
        embedded.stop(server)

    assert values["db.connections"] >= values["db.connections_max"] == len(crowd)


async def test_the_watch_may_not_change_anything(cluster: embedded.Cluster):
    server = cluster.start()
    try:
        with (
            psycopg.connect(embedded.watch_url(cluster.url)) as watch,
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ):
            watch.execute("CREATE TABLE things (id int)")
    finally:
        embedded.stop(server)


async def test_a_server_that_falls_silent_is_noticed_and_so_is_its_return(cluster: embedded.Cluster):
    server = cluster.start()
    try:
        async with senses_of(cluster, embedded.watch_url(cluster.url)) as senses:
            await until(senses, 1.0, 10)
            frozen = family_of(server.pid)
            tell_all(frozen, signal.SIGSTOP)
            try:
                await until(senses, 0.0, NOTICED_SECONDS_MAX)
                await asyncio.sleep(0.5)
            finally:
                tell_all(frozen, signal.SIGCONT)
            await until(senses, 1.0, 20)
    finally:
        tell_all(family_of(server.pid), signal.SIGCONT)
        embedded.stop(server)


async def test_a_server_that_is_gone_is_noticed_and_its_restart_is_a_change(cluster: embedded.Cluster):
    server = cluster.start()
    try:
        async with senses_of(cluster, embedded.watch_url(cluster.url)) as senses:
            await until(senses, 1.0, 10)
            embedded.stop(server)
            await until(senses, 0.0, NOTICED_SECONDS_MAX)
            assert senses.sample.why
            server = cluster.start()
            await until(senses, 1.0, 20)
            changes = [change.kind for change in senses.series.changes(0)]
    finally:
        embedded.stop(server)

    assert "database_restarted" in changes


def test_a_home_of_an_earlier_release_gets_the_role_of_the_watch(tmp_path):
    with embedded.running(tmp_path) as url, psycopg.connect(url, autocommit=True) as connection:
        kept = (tmp_path / "postgres.json").read_text()
        assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'doorbuster_watch'").fetchone() == (1,)
    (tmp_path / "postgres.json").write_text(kept.replace(', "has_watch": true', ""))

    with embedded.running(tmp_path) as url:
        psycopg.connect(embedded.watch_url(url)).close()
