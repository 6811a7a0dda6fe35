"""An index that is asked for in an incident is built in the background by a real PostgreSQL, and told as it goes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database, embedded, open_database
from doorbuster.database.migrate import migrate
from doorbuster.incident import actions, builds, incident, runbook, timeline
from doorbuster.incident.actions import Hands, NotDone
from doorbuster.incident.building import WAITS_FOR_POSTGRESQL, Builder
from doorbuster.incident.builds import Build
from doorbuster.journal import Actor, EventLog, open_event_log
from tests.rooms.control.conftest import NOBODY_LISTENS
from tests.rooms.control.room import open_room

PERSON = Actor("Augusta", "operator")
NAMES = ("products_search", "products_newest", "products_by_category")
LAST_PHASE = "waiting for old snapshots"


class Site:
    """Where indexes are built: a shop without some of them, an event log with an open incident, and builders."""

    def __init__(self, log: EventLog, database: Database, url: str, clock: ManualClock) -> None:
        self.log, self.database, self.url, self.clock = log, database, url, clock

    def builder(self, url: str = "") -> Builder:
        return Builder(self.log, self.database, url or self.url, self.clock)

    async def ask(self, name: str) -> Build:
        hands = Hands(self.log, self.database, self.url, self.url, Path(), lambda: ())
        await actions.do(hands, 1, runbook.parse(f"create index {name}"), PERSON, self.clock.now())
        return builds.of_incident(self.log, 1)[0]

    def told(self) -> list[str]:
        return [line.text.partition(": ")[2] for line in timeline.lines_of(self.log, 1) if line.source == "action"]

    async def validity(self, name: str) -> bool | None:
        async with connected(self.url) as own:
            found = await own.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name)
        return None if found is None else bool(found)

    @asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Hold a snapshot, for which every build has to wait before it may end."""
        async with connected(self.url) as reader:
            await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM products")
            yield

    async def in_phase(self, phase: str) -> None:
        await until(lambda: builds.of_incident(self.log, 1)[0].phase == phase)

    async def interrupt(self, how: str) -> None:
        async with connected(self.url) as own:
            await own.execute(
                f"SELECT {how}(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()"
            )


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        connection.terminate()


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not fact():  # noqa: ASYNC110 -- the fact is in a file
            await asyncio.sleep(0.05)


@pytest.fixture
async def site(tmp_path: Path, database: Database, database_url: str, clock: ManualClock) -> AsyncIterator[Site]:
    async with connected(database_url) as own:
        await own.execute(f"DROP INDEX {', '.join(NAMES)}")
    with open_event_log(tmp_path) as log:
        incident.open_by(log, PERSON, "a trouble", 1)
        yield Site(log, database, database_url, clock)


async def test_an_index_is_built_as_its_migration_says_and_the_timeline_has_both_ends(site: Site) -> None:
    asked = await site.ask("products_search")
    assert (asked.state, site.told()) == ("waiting", [])

    built = await site.builder().beat()

    assert built is not None
    assert built.state == "built"
    assert await site.validity("products_search") is True
    assert site.told() == [
        "its building has begun; nobody is stopped meanwhile.",
        "the index is built, within a second.",
    ]
    with pytest.raises(NotDone, match="is there already"):
        await site.ask("products_search")


async def test_an_index_is_asked_for_once_until_it_is_there(site: Site) -> None:
    await site.ask("products_search")

    with pytest.raises(NotDone, match="asked for already"):
        await site.ask("products_search")
    assert len(builds.of_incident(site.log, 1)) == 1


async def test_an_index_can_be_asked_for_while_postgresql_answers_nobody(site: Site) -> None:
    async with open_database(NOBODY_LISTENS, connections=1, connections_min=0, application="test") as gone:
        asked = await Site(site.log, gone, site.url, site.clock).ask("products_search")
    await site.builder().beat()

    assert builds.of(site.log, asked.id).state == "built"


async def test_several_are_built_one_after_the_other_whoever_builds(site: Site) -> None:
    for name in NAMES:
        await site.ask(name)
    async with asyncio.TaskGroup() as tasks, site.held_up():
        tasks.create_task(site.builder().beat())
        await until(lambda: builds.of_incident(site.log, 1)[-1].phase == LAST_PHASE)
        assert await site.builder().beat() is None, "a second builder leaves it to the first"
    for _ in NAMES[1:]:
        await site.builder().beat()

    assert [each.state for each in builds.of_incident(site.log, 1)] == ["built"] * 3


async def test_how_far_it_is_can_be_read_while_it_is_built(site: Site) -> None:
    await site.ask("products_search")
    async with asyncio.TaskGroup() as tasks, site.held_up():
        tasks.create_task(site.builder().beat())
        await site.in_phase(LAST_PHASE)
        assert builds.of_incident(site.log, 1)[0].state == "being built"

    assert builds.of_incident(site.log, 1)[0].state == "built"


async def test_what_a_build_leaves_that_was_cancelled_is_dropped_and_the_reason_told(site: Site) -> None:
    await site.ask("products_search")
    async with asyncio.TaskGroup() as tasks, site.held_up():
        tasks.create_task(site.builder().beat())
        await site.in_phase(LAST_PHASE)
        await site.interrupt("pg_cancel_backend")

    failed = "canceling statement due to user request. The invalid index that it left was dropped."
    assert builds.of_incident(site.log, 1)[0].failed == failed
    assert site.told()[-1] == f"not built: {failed}"
    assert await site.validity("products_search") is None


async def test_a_connection_that_breaks_is_told_and_the_index_is_built_all_the_same(site: Site) -> None:
    await site.ask("products_search")
    async with site.held_up(), asyncio.TaskGroup() as tasks:
        tasks.create_task(site.builder().beat())
        await site.in_phase(LAST_PHASE)
        await site.interrupt("pg_terminate_backend")
    waiting = builds.of_incident(site.log, 1)[0]
    assert (waiting.state, waiting.phase) == ("waiting", WAITS_FOR_POSTGRESQL)
    assert await site.validity("products_search") is False

    await site.builder().beat()

    assert await site.validity("products_search") is True
    assert [words.partition(";")[0] for words in site.told()] == [
        "its building has begun", "PostgreSQL was lost while it was built",
        "its building has begun, from the start again", "the index is built, within a second.",
    ]  # fmt: skip


async def test_one_that_waits_for_postgresql_for_too_long_is_given_up(site: Site) -> None:
    await site.ask("products_search")
    for _ in range(3):
        await site.builder(NOBODY_LISTENS).beat()
    assert site.told() == ["PostgreSQL cannot be reached; it begins as soon as PostgreSQL answers."]
    site.clock.advance(2_000)
    await site.builder(NOBODY_LISTENS).beat()

    assert builds.of_incident(site.log, 1)[0].failed == "PostgreSQL was away for 33 min"


async def test_a_control_plane_that_ends_leaves_its_work_to_the_next_one(site: Site) -> None:
    await site.ask("products_search")
    async with site.held_up(), asyncio.TaskGroup() as tasks:
        building = tasks.create_task(site.builder().run())
        await site.in_phase(LAST_PHASE)
        building.cancel()
    assert builds.of_incident(site.log, 1)[0].state == "waiting"

    await site.builder().beat()

    assert await site.validity("products_search") is True


async def test_the_work_of_a_builder_that_fell_silent_is_taken_over_a_few_times_and_no_more(site: Site) -> None:
    asked = await site.ask("products_search")
    for _ in range(3):
        assert builds.take(site.log, int(site.clock.now().timestamp())) is not None
        assert builds.take(site.log, int(site.clock.now().timestamp())) is None
        builds.begin(site.log, asked.id, int(site.clock.now().timestamp()))
        site.clock.advance(builds.SILENT_SECONDS_MAX + 1)
    await site.builder().beat()

    assert builds.of(site.log, asked.id).failed == "it was begun 3 times and never came to an end"


async def test_a_server_that_is_killed_meanwhile_costs_a_line_and_no_index(tmp_path: Path, clock: ManualClock) -> None:
    server = tmp_path / "server"
    server.mkdir()
    with open_event_log(tmp_path) as log:
        incident.open_by(log, PERSON, "a trouble", 1)
        with embedded.running(server) as url:
            await migrate(url)
            async with open_database(url, connections=2, application="test") as database, connected(url) as own:
                await own.execute("DROP INDEX products_search")
                site = Site(log, database, url, clock)
                await site.ask("products_search")
                async with site.held_up(), asyncio.TaskGroup() as tasks:
                    tasks.create_task(site.builder().beat())
                    await site.in_phase(LAST_PHASE)
                    pid = next(server.rglob("postmaster.pid")).read_text().splitlines()[0]
                    os.kill(int(pid), signal.SIGKILL)
        assert builds.of_incident(log, 1)[0].phase == WAITS_FOR_POSTGRESQL
        with embedded.running(server) as url:
            async with open_database(url, connections=2, application="test") as database:
                site = Site(log, database, url, clock)
                await site.builder().beat()
                assert await site.validity("products_search") is True


async def test_the_page_shows_how_far_it_is_without_postgresql_and_without_javascript(
    tmp_path: Path, clock: ManualClock
) -> None:
    async with open_room(tmp_path, NOBODY_LISTENS, clock) as room:
        visitor = await room.enter("operator")
        await visitor.post("/incidents", {"title": "The search is slow", "severity": "2"})
        log, now = room.house.event_log, int(clock.now().timestamp())
        asked = builds.ask(log, 1, "products_search", role="operator", at=now)
        assert isinstance(asked, Build)
        waiting = await visitor.get("/incidents/1")
        builds.take(log, now)
        builds.begin(log, asked.id, now)
        builds.tell(log, asked.id, now, "building index: scanning table", (1_200, 4_800))
        working = await visitor.get("/incidents/1")
        builds.end(log, asked.id, now, "could not write: No space left on device. Nothing is left of it.")
        ended = await visitor.get("/incidents/1")

    assert waiting.says("waiting", "products_search", "Waits for its turn")
    assert working.says("being built", "Building index: scanning table", "1,200 of 4,800, 25 % of this phase")
    assert '<progress class="build__bar" max="100" value="25.0"' in working.text
    assert ended.says("not built", "No space left on device")
