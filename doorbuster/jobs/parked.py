"""Jobs that failed too often: looked at, tried again, or given up by an operator.

Promises: a parked job is never lost and never tried by itself; trying again gives it all its attempts.
Never: changes a job that is not parked.
"""

from dataclasses import dataclass
from datetime import datetime

from doorbuster import metrics
from doorbuster.database.pool import Database, Runner
from doorbuster.database.queries import QueryFile
from doorbuster.database.rows import build_all

SQL = QueryFile("doorbuster.jobs", "parked.sql")
PARKED = metrics.gauge("doorbuster_jobs_parked", "Jobs that failed too often and wait for an operator.")
WAITING = metrics.gauge(
    "doorbuster_jobs_waiting", "Jobs that are due and not done yet, a thousand of each kind at the most counted."
)
OLDEST = metrics.gauge("doorbuster_jobs_oldest_waiting_seconds", "How long the oldest job that is due has waited.")


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked job: what it is, what it was about (JSON), and what its last attempt failed of."""

    id: int
    kind: str
    payload: str
    attempts: int
    parked_at: datetime
    fault: str
    why: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many jobs are parked, how many are due, and for how many seconds the oldest due job has waited."""

    parked: int
    waiting: int
    oldest_seconds: float


async def parked_jobs(database: Runner) -> list[Parked]:
    """Return at most a hundred parked jobs, the oldest first."""
    return build_all(await database.fetch(SQL.parked_jobs), Parked)


async def retry_parked(database: Runner, job_id: int) -> bool:
    """Make a parked job due again; False when it is not parked (any more)."""
    return await database.fetch_one(SQL.retry_parked, id=job_id) is not None


async def discard_parked(database: Runner, job_id: int) -> bool:
    """Give a parked job up for ever; False when it is not parked (any more)."""
    return await database.fetch_one(SQL.discard_parked, id=job_id) is not None


async def measure_backlog(database: Database) -> Backlog:
    """Read how much is parked and how long work waits, and set the gauges."""
    row = await database.fetch_one(SQL.jobs_backlog)
    assert row is not None
    backlog = Backlog(row["parked"], row["waiting"], row["oldest_seconds"])
    PARKED.set(backlog.parked)
    WAITING.set(backlog.waiting)
    OLDEST.set(backlog.oldest_seconds)
    return backlog
