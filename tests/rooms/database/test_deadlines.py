"""A deadline set at the edge ends the statement in PostgreSQL, and nobody waits for a connection past it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from doorbuster.database import Database, Query
from doorbuster.database.deadline import DEADLINE, step_of
from doorbuster.database.queries import Cost
from doorbuster.errors import DatabaseTimeout, DatabaseUnavailable

FREE = Cost(rows=1, buffers=0)
SLEEP = Query("test_sleep", "to take long", FREE, "SELECT pg_sleep(5)", ())
TIMEOUT = Query("test_timeout", "to see it", FREE, "SELECT current_setting('statement_timeout') AS timeout", ())


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    token = DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        DEADLINE.reset(token)


@pytest.mark.parametrize(("seconds", "step"), [(0.0, 250), (0.2, 250), (0.3, 500), (2.5, 3_000), (60.0, 5_000)])
def test_what_is_left_is_rounded_up_to_a_step(seconds: float, step: int) -> None:
    assert step_of(seconds, 5_000) == step


def test_without_a_deadline_the_usual_time_limit_holds() -> None:
    assert step_of(None, 5_000) == 5_000


async def test_a_statement_ends_when_nobody_waits_for_its_answer(database: Database) -> None:
    started = time.monotonic()

    with deadline_in(0.2), pytest.raises(DatabaseTimeout):
        await database.fetch(SLEEP)

    assert time.monotonic() - started < 4


async def test_the_next_request_on_the_same_connection_has_its_own_time(database: Database) -> None:
    with deadline_in(0.2):
        await database.fetch(TIMEOUT)
    row = await database.fetch_one(TIMEOUT)

    assert row is not None
    assert row["timeout"] == "5s"


async def test_a_deadline_holds_inside_a_transaction_too(database: Database) -> None:
    with deadline_in(0.2), pytest.raises(DatabaseTimeout):
        async with database.transaction() as transaction:
            await transaction.fetch(SLEEP)


async def test_nobody_waits_for_a_connection_past_the_deadline(database: Database) -> None:
    database._pool, pool = _Taken(), database._pool
    started = time.monotonic()

    with deadline_in(0.1), pytest.raises(DatabaseUnavailable):
        await database.fetch(TIMEOUT)

    database._pool = pool
    assert time.monotonic() - started < 1.5


class _Taken:
    """A pool whose connections are all taken."""

    async def acquire(self, timeout: float) -> None:  # noqa: ASYNC109 - the pool has it so
        async with asyncio.timeout(timeout):
            await asyncio.sleep(60)
