"""From the outbox by the relay to the worker: done at least once, tried again, parked when nothing helps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from doorbuster.database import Database
from doorbuster.errors import Throttled
from doorbuster.jobs import worker
from doorbuster.jobs.outbox import enqueue
from doorbuster.jobs.parked import Backlog, discard_parked, measure_backlog, parked_jobs, retry_parked
from doorbuster.jobs.worker import Handler, relay, work
from tests.rooms.sale.market import statement

QUEUED = statement("""
INSERT INTO pgqueuer (priority, status, entrypoint, payload, attempts, execute_after)
SELECT 0, status::pgqueuer_status, kind, '{}', 0, now() + late * interval '1 second'
  FROM (VALUES ('queued', 'mail', -1), ('queued', 'mail', 600), ('queued', 'refund', -60), ('queued', 'refund', -2),
               ('queued', 'webhook', 600), ('failed', 'mail', -900)) AS jobs(status, kind, late)
""")


class Abandoned(Exception):
    """Rolls a transaction back."""


@asynccontextmanager
async def working(url: str, **handlers: Handler) -> AsyncIterator[None]:
    task = asyncio.create_task(work(url, handlers, application="test-jobs"))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def eventually(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not fact():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def rows(url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def test_work_asked_for_in_a_transaction_that_fails_is_never_done(database: Database, database_url: str) -> None:
    with suppress(Abandoned):
        async with database.transaction() as transaction:
            await enqueue(transaction, "greet", {"name": "Ada"})
            raise Abandoned
    assert await rows(database_url, "SELECT * FROM outbox") == []


async def test_what_was_asked_for_is_relayed_once_and_done(database: Database, database_url: str) -> None:
    greeted: list[str] = []

    async def greet(payload: Any) -> None:
        greeted.append(payload["name"])

    for name in ("Ada", "Grace", "Mary"):
        await enqueue(database, "greet", {"name": name})
    await asyncio.gather(relay(database), relay(database))
    async with working(database_url, greet=greet):
        await eventually(lambda: len(greeted) == 3)
        await enqueue(database, "greet", {"name": "Katherine"})
        await relay(database)
        await eventually(lambda: len(greeted) == 4)
    assert sorted(greeted) == ["Ada", "Grace", "Katherine", "Mary"]
    assert await rows(database_url, "SELECT * FROM outbox") == []


async def test_a_job_that_fails_is_tried_again(database: Database, database_url: str) -> None:
    attempts: list[int] = []

    async def stumble(payload: Any) -> None:
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise OSError("not yet")

    await enqueue(database, "stumble", {})
    await relay(database)
    async with working(database_url, stumble=stumble):
        await eventually(lambda: len(attempts) == 3)


async def test_a_job_whose_downstream_is_left_in_peace_waits_and_loses_no_attempt(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POSTPONED_SECONDS", (0.0, 0.1))
    monkeypatch.setattr(worker, "ATTEMPTS_MAX", 0)
    asked: list[int] = []

    async def wait(payload: Any) -> None:
        asked.append(len(asked))
        if len(asked) < 4:
            raise Throttled("it is left in peace")
        raise OSError("this one counts")

    await enqueue(database, "wait", {})
    await relay(database)
    async with working(database_url, wait=wait):
        await eventually(lambda: len(asked) == 4)
        async with asyncio.timeout(30):
            while not (jobs := await parked_jobs(database)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert (jobs[0].attempts, jobs[0].why) == (0, "this one counts")


async def parked(database: Database, url: str, monkeypatch: pytest.MonkeyPatch, handler: Handler) -> int:
    """Have a job fail until it is parked; return its number."""
    monkeypatch.setattr(worker, "ATTEMPTS_MAX", 0)
    await enqueue(database, "fall", {"order": 1})
    await relay(database)
    async with working(url, fall=handler), asyncio.timeout(30):
        while not (jobs := await parked_jobs(database)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return jobs[0].id


async def fall(payload: Any) -> None:
    raise OSError("never")


async def test_a_job_that_keeps_failing_is_parked_where_an_operator_sees_why(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await parked(database, database_url, monkeypatch, fall)
    (job,) = await parked_jobs(database)
    assert (job.kind, job.payload, job.why) == ("fall", '{"order": 1}', "never")
    assert (await measure_backlog(database)).parked == 1


async def test_the_backlog_counts_every_kind_and_is_as_old_as_its_oldest_job_that_is_due(database: Database) -> None:
    await database.execute(QUEUED)
    backlog = await measure_backlog(database)

    assert (backlog.parked, backlog.waiting) == (1, 3)
    assert 60 <= backlog.oldest_seconds < 600


async def test_no_job_is_no_backlog(database: Database) -> None:
    assert await measure_backlog(database) == Backlog(0, 0, 0.0)


async def test_a_parked_job_is_tried_again_when_an_operator_says_so(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await parked(database, database_url, monkeypatch, fall)
    done: list[Any] = []

    async def stand(payload: Any) -> None:
        done.append(payload)

    assert await retry_parked(database, job_id)
    assert not await retry_parked(database, job_id), "it is not parked any more"
    async with working(database_url, fall=stand):
        await eventually(lambda: done)
    assert done == [{"order": 1}]


async def test_a_parked_job_that_is_given_up_is_gone(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await parked(database, database_url, monkeypatch, fall)
    assert await discard_parked(database, job_id)
    assert await parked_jobs(database) == []
    assert not await discard_parked(database, job_id)
