"""The steps of a runbook, done for real: a statement cancelled, processes told; test_index_builds.py has indexes."""

import asyncio
import fcntl
import json
import sys
from pathlib import Path

import asyncpg
import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database
from doorbuster.incident import actions, incident, runbook
from doorbuster.incident.actions import Hands, NotDone
from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.watch.database_health import DatabaseSample, Session
from tests.rooms.watch.servers import bare_server

PERSON = Actor("Augusta", "operator")
SLEEP = "SELECT pg_sleep(30)"


@pytest.fixture
def log(tmp_path: Path):
    with open_event_log(tmp_path) as opened:
        incident.open_by(opened, PERSON, "a trouble", 1)
        yield opened


def test_every_kind_of_action_has_somebody_who_does_it() -> None:
    examples = ("brownout set 3", "lane close search", "lane gate off", "limit set browse --rate 2", "cancel query a_b",
                "renew workers", "restart database", "create index products_search", "end session 7",
                "end sessions psql")  # fmt: skip

    assert {runbook.parse(line).kind for line in examples} == set(actions._DOERS)


async def test_a_statement_is_cancelled_only_while_it_is_the_one_that_was_seen(
    log: EventLog, database: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    own = await asyncpg.connect(database_url)
    pid = own.get_server_pid()
    running = asyncio.ensure_future(own.execute(SLEEP))
    await asyncio.sleep(0.3)

    def seen(text: str) -> Hands:
        session = Session(pid, "search_products", "active", "cpu", "", 5.0, 5.0, "web", (), text)
        return Hands(log, database, database_url, database_url, tmp_path, lambda: (session,))

    step = runbook.parse("cancel query search_products")
    assert await actions.do(seen("SELECT another"), 1, step, PERSON, clock.now()) == "0 of 1 sessions cancelled"
    assert await actions.do(seen(SLEEP), 1, step, PERSON, clock.now()) == "1 of 1 sessions cancelled"
    with pytest.raises(asyncpg.QueryCanceledError):
        await running
    await own.close()


async def test_the_session_that_others_wait_for_is_ended_and_no_other_programs(
    log: EventLog, database: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    idle = await asyncpg.connect(database_url, server_settings={"application_name": "nightly report"})
    pid = idle.get_server_pid()

    def seen(application: str) -> Hands:
        blocker = Session(pid, "", "idle in transaction", "", "", 9.0, 9.0, application)
        waiter = Session(1, "claim_holds", "active", "lock", "", 5.0, 5.0, "web-1", (pid,))
        return Hands(log, database, database_url, database_url, tmp_path, lambda: (blocker, waiter))

    with pytest.raises(NotDone, match="gone already"):
        await actions.do(seen("another"), 1, runbook.parse(f"end session {pid}"), PERSON, clock.now())
    with pytest.raises(NotDone, match="is web-2's by now, and not psql's"):
        await actions.do(seen("web-2"), 1, runbook.parse(f"end session {pid} --of psql"), PERSON, clock.now())
    with pytest.raises(NotDone, match="web-2 itself stands in the way"):
        await actions.do(seen("web-2"), 1, runbook.parse("end session blocker"), PERSON, clock.now())
    step = runbook.parse("end session blocker")
    assert f"session {pid} of nightly report is ended" in await actions.do(
        seen("nightly report"), 1, step, PERSON, clock.now()
    )
    await ended(idle)


async def test_idle_sessions_of_a_program_are_ended_and_those_at_work_are_not(
    log: EventLog, database: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    server = {"application_name": "nightly report"}
    idle, busy = [await asyncpg.connect(database_url, server_settings=server) for _ in range(2)]
    working = asyncio.ensure_future(busy.execute(SLEEP))
    await at_work(database_url, busy.get_server_pid())
    hands = Hands(log, database, database_url, database_url, tmp_path, lambda: ())

    step = runbook.parse("end sessions 'nightly report'")
    assert await actions.do(hands, 1, step, PERSON, clock.now()) == "1 of 1 idle sessions ended"
    assert not working.done()
    working.cancel()
    busy.terminate()
    await ended(idle)


async def ended(connection: asyncpg.Connection) -> None:
    """Wait until the server has ended the connection."""
    while not connection.is_closed():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def at_work(url: str, pid: int) -> None:
    """Wait until the process runs a statement."""
    asking = await asyncpg.connect(url)
    while await asking.fetchval("SELECT state FROM pg_stat_activity WHERE pid = $1", pid) != "active":  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asking.close()


async def test_sessions_that_only_a_superuser_may_end_are_told_so(
    log: EventLog, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    with bare_server(16) as superusers_url:
        theirs = await asyncpg.connect(superusers_url, server_settings={"application_name": "nightly report"})
        await theirs.execute("CREATE ROLE guest LOGIN IN ROLE pg_signal_backend, pg_read_all_stats")
        url = superusers_url.replace("//doorbuster@", "//guest@")
        session = Session(theirs.get_server_pid(), "", "idle in transaction", "", "", 9.0, 9.0, "nightly report")
        hands = Hands(log, database, url, url, tmp_path, lambda: (session,))
        for step in ("end sessions 'nightly report'", f"end session {session.pid} --of 'nightly report'"):
            with pytest.raises(NotDone, match="only a superuser may end"):
                await actions.do(hands, 1, runbook.parse(step), PERSON, clock.now())

        assert await theirs.fetchval("SELECT 1") == 1
        await theirs.close()


def test_nobody_is_called_absent_while_the_database_cannot_be_asked() -> None:
    with pytest.raises(NotDone, match="cannot be asked who is there: no connection is free"):
        actions.sessions_of(DatabaseSample(1, up=False, why="no connection is free"))


async def test_the_shops_own_sessions_are_not_ended_by_their_name(
    log: EventLog, database: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    hands = Hands(log, database, database_url, database_url, tmp_path, lambda: ())

    with pytest.raises(NotDone, match="renew the workers instead"):
        await actions.do(hands, 1, runbook.parse("end sessions web-1"), PERSON, clock.now())


KEEPER = """
import signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(30)
"""


async def test_workers_are_renewed_by_the_process_that_keeps_the_home(
    log: EventLog, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    keeper = await asyncio.create_subprocess_exec(sys.executable, "-c", KEEPER, stdout=asyncio.subprocess.PIPE)
    assert keeper.stdout is not None
    assert await keeper.stdout.readline() == b"ready\n"
    with (tmp_path / "lock").open("w") as file:
        json.dump({"pid": keeper.pid}, file)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        hands = Hands(log, database, "", "", tmp_path, lambda: ())
        await actions.do(hands, 1, runbook.parse("renew workers"), PERSON, clock.now())

    assert await keeper.wait() == 7
