"""pg_stat_statements: its figures are joined to the named queries where it is loaded, and nothing breaks where not."""

from collections.abc import Iterator

import psycopg
import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database, open_database
from doorbuster.database.queries import Cost, Query
from doorbuster.watch.database_health import UNKNOWN, Statement
from doorbuster.watch.database_watch import DatabaseWatch
from tests.rooms.watch.servers import bare_server, programs_of

COUNT = Query("count_lamps", "a test counts", Cost(1, 10), "SELECT count(*) FROM lamps WHERE id < $1", ("most",))
TURNS = 10
"""The statements are looked at every tenth look."""


@pytest.fixture(scope="module", autouse=True)
def _extension() -> None:
    """The embedded PostgreSQL is built without the extension; Debian's has it."""
    if not list(programs_of(15).folder.parent.glob("lib*/**/pg_stat_statements.so")):
        pytest.skip(
            "the embedded PostgreSQL has no pg_stat_statements; Debian's postgresql-15, which has it, is not here"
        )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that counts."""
    with bare_server(15, shared_preload_libraries="pg_stat_statements") as address:
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("CREATE EXTENSION pg_stat_statements")
            owner.execute("CREATE TABLE lamps AS SELECT n AS id FROM generate_series(1, 100) n")
        yield address


async def look(watch: DatabaseWatch, clock: ManualClock) -> dict[str, Statement]:
    """Look until the statements were looked at again, and return them by name."""
    for _ in range(TURNS):
        clock.advance(1)
        assert await watch.look(), watch.sample
    assert watch.sample is not None
    return {each.query_name: each for each in watch.sample.statements}


async def test_what_the_server_counted_is_told_by_the_names_in_the_source(url: str, clock: ManualClock) -> None:
    async with (
        open_database(url, connections=1, application="watch") as watched,
        open_database(url, connections=1, application="web-1") as shop,
    ):
        watch = DatabaseWatch(watched, clock)
        await shop.fetch(COUNT, most=50)
        await look(watch, clock)
        await ask(shop, 30)

        found = await look(watch, clock)

    assert (found["count_lamps"].calls, found["count_lamps"].rows) == (30 / TURNS, 30 / TURNS)
    assert found["count_lamps"].blocks > 0
    assert found["count_lamps"].seconds > 0


async def test_what_others_ask_is_one_line_and_its_text_is_not_kept(url: str, clock: ManualClock) -> None:
    async with open_database(url, connections=1, application="watch") as watched:
        watch = DatabaseWatch(watched, clock)
        with psycopg.connect(url, autocommit=True) as stranger:
            stranger.execute("SELECT 'hush-hush' FROM lamps")
            await look(watch, clock)
            stranger.execute("SELECT 'hush-hush' FROM lamps")

            found = await look(watch, clock)

    assert found[UNKNOWN].calls >= 1 / TURNS
    assert "hush-hush" not in repr(watch.sample)


async def test_an_extension_that_was_made_but_not_loaded_is_left_alone(clock: ManualClock) -> None:
    with bare_server(15) as address:
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("CREATE EXTENSION pg_stat_statements")
        async with open_database(address, connections=1, application="watch") as watched:
            assert await look(DatabaseWatch(watched, clock), clock) == {}


async def ask(shop: Database, times: int) -> None:
    for _ in range(times):
        await shop.fetch(COUNT, most=50)
