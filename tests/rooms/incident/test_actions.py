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
from doorbuster.incident.actions import Hands
from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.watch.database_health import Session

PERSON = Actor("Augusta", "operator")
SLEEP = "SELECT pg_sleep(30)"


@pytest.fixture
def log(tmp_path: Path):
    with open_event_log(tmp_path) as opened:
        incident.open_by(opened, PERSON, "a trouble", 1)
        yield opened


def test_every_kind_of_action_has_somebody_who_does_it() -> None:
    examples = ("brownout set 3", "lane close search", "lane gate off", "limit set browse --rate 2", "cancel query a_b",
                "renew workers", "restart database", "create index products_search")  # fmt: skip

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
        return Hands(log, database, database_url, tmp_path, lambda: (session,))

    step = runbook.parse("cancel query search_products")
    assert await actions.do(seen("SELECT another"), 1, step, PERSON, clock.now()) == "0 of 1 sessions cancelled"
    assert await actions.do(seen(SLEEP), 1, step, PERSON, clock.now()) == "1 of 1 sessions cancelled"
    with pytest.raises(asyncpg.QueryCanceledError):
        await running
    await own.close()


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
        hands = Hands(log, database, "", tmp_path, lambda: ())
        await actions.do(hands, 1, runbook.parse("renew workers"), PERSON, clock.now())

    assert await keeper.wait() == 7
