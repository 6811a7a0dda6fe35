"""Moves what was asked for to the queue and does it: relay and worker.

Promises: a job is done at least once and tried again with growing pauses; one that keeps failing is parked as `failed`
where an operator sees it; one that waits for a downstream that is left in peace waits as long as it takes.
Never: knows what a job is about; the handlers are given by kind.

The relay looks for outbox rows by itself, since a NOTIFY inside a shopper's transaction would serialise commits; the
queue's own notifications happen in the relay's transaction, off the hot path.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from pgqueuer import QueueManager, RetryRequested
from pgqueuer.db import AsyncpgDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from doorbuster import metrics
from doorbuster.database.pool import Database, own_connection
from doorbuster.database.queries import QueryFile
from doorbuster.errors import DatabaseFault, Throttled

SQL = QueryFile("doorbuster.jobs", "outbox.sql")
RELAY_BATCH = 500
RELAY_PAUSE_SECONDS = 0.25
ATTEMPTS_MAX = 8
JOBS_AT_ONCE_MAX = 40
BATCH = 20
RESTART_PAUSE_SECONDS = 2.0
SHORT_PAUSE, LONG_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
POSTPONED_SECONDS = (10.0, 20.0)
LISTEN_SECONDS = timedelta(seconds=5)

JOBS = metrics.counter("doorbuster_jobs_total", "Jobs by kind and how they went.", ("kind", "outcome"))
RELAYED = metrics.counter("doorbuster_jobs_relayed_total", "Rows moved from the outbox to the queue.")

Handler = Callable[[Mapping[str, Any]], Awaitable[None]]
logger = logging.getLogger(__name__)


async def relay(database: Database, told: Sequence[str] = (), receivers: Sequence[str] = ()) -> float:
    """Move one batch from the outbox to the queue; return the seconds until the next look.

    Of the kinds in `told` each of the `receivers` gets a `webhook` job as well, with the row's id as the event's.
    """
    facts = {"told": list(told), "receivers": list(receivers)}
    row = await database.fetch_one(SQL.relay_outbox, batch=RELAY_BATCH, **facts)
    moved = int(row["moved"]) if row else 0
    RELAYED.add(by=moved)
    return 0.0 if moved == RELAY_BATCH else RELAY_PAUSE_SECONDS


async def work(database_url: str, handlers: Mapping[str, Handler], *, application: str) -> None:
    """Do jobs for ever; when PostgreSQL goes away, begin again as soon as it is back."""
    while True:
        try:
            async with own_connection(database_url, application=application) as connection:
                await _manager(connection, handlers).run(
                    dequeue_timeout=LISTEN_SECONDS,
                    batch_size=BATCH,
                    max_concurrent_tasks=JOBS_AT_ONCE_MAX,
                    shutdown_on_listener_failure=True,
                )
        except DatabaseFault as fault:
            logger.warning("the job worker lost PostgreSQL: %s", fault)
        except Exception:  # the queue's library tells of a lost connection in many ways; all of them mean: begin again
            logger.exception("the job worker stopped")
        await asyncio.sleep(RESTART_PAUSE_SECONDS)


def _manager(connection: Any, handlers: Mapping[str, Handler]) -> QueueManager:
    driver, chance = AsyncpgDriver(connection), random.Random()  # noqa: S311

    async def postpone(job: Job, why: Throttled) -> RetryRequested:
        """Ask for a job again later, as if it had not been tried; later by chance, so that not all come at once."""
        await driver.execute(SQL.uncount_attempt.sql, job.id)
        return RetryRequested(timedelta(seconds=chance.uniform(*POSTPONED_SECONDS)), str(why))

    manager = QueueManager(Queries(driver))
    for kind, handler in handlers.items():
        run = _counted(kind, handler, postpone)
        manager.entrypoint(kind, on_failure="hold", executor_factory=_with_retries)(run)
    return manager


def _with_retries(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters, max_attempts=ATTEMPTS_MAX, initial_delay=SHORT_PAUSE, max_delay=LONG_PAUSE
    )


def _counted(
    kind: str, handler: Handler, postpone: Callable[[Job, Throttled], Awaitable[RetryRequested]]
) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        try:
            await handler(msgspec.json.decode(job.payload or b"{}"))
        except Throttled as why:
            JOBS.add(kind, "postponed")
            raise await postpone(job, why) from why
        except Exception:
            JOBS.add(kind, "failed")
            raise
        JOBS.add(kind, "done")

    return run
