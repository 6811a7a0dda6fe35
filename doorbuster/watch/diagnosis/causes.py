"""The causes that a diagnosis can name: who mends each, what to do first, and where.

Promises: one row a cause; what stands here is what the page, the pager and the postmortem say.
"""

from dataclasses import dataclass
from typing import Literal

Team = Literal["database", "web", "payments", "platform"]

CauseName = Literal[
    "missing_index", "bad_query", "lock_contention", "connection_exhaustion", "io_saturation", "database_cpu",
    "web_cpu", "event_loop_block", "slow_payments", "traffic_spike", "bot_flood", "disk_full", "database_down",
    "replication_lag", "job_backlog", "memory",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cause:
    """What is known of a cause beforehand; `remedy` may hold {subject} and {detail}, `lever` a page to go to."""

    title: str
    team: Team
    remedy: str
    lever: str = "/guard"


CAUSES: dict[CauseName, Cause] = {
    "missing_index": Cause("An index is missing", "database", "{detail}", "/database"),
    "bad_query": Cause(
        "One statement costs far more than it should",
        "database",
        "Roll the last release back, or cancel the statement on the database page; then give it an index or a limit.",
        "/database",
    ),
    "lock_contention": Cause(
        "Statements wait for a lock",
        "database",
        "End the session that holds the lock: {detail}.",
        "/database",
    ),
    "connection_exhaustion": Cause(
        "No database connection is free",
        "database",
        "End the sessions that hold connections without working: {detail}.",
        "/database",
    ),
    "io_saturation": Cause(
        "The database waits for its disk",
        "database",
        "Stop what writes or reads so much ({detail}); a larger max_wal_size makes checkpoints rarer.",
        "/database",
    ),
    "database_cpu": Cause(
        "The database's processor is taken",
        "database",
        "Find what else runs on the database's machine; take load off until it is gone.",
        "/guard/load",
    ),
    "web_cpu": Cause(
        "The web workers' processor is taken", "web", "Add web workers or cores; take load off until then.", "/guard"
    ),
    "event_loop_block": Cause(
        "A web worker's event loop stands still",
        "web",
        "Renew the web workers one by one; look for a blocking call in the last release.",
        "/",
    ),
    "slow_payments": Cause(
        "The payment provider is slow or fails",
        "payments",
        "Look at the provider's status page; orders are kept, and are paid when it answers again.",
        "/payments",
    ),
    "traffic_spike": Cause(
        "More people come than the shop can serve",
        "platform",
        "Open a waiting room or add capacity; the guard turns the rest away honestly.",
        "/guard/load",
    ),
    "bot_flood": Cause(
        "A few clients send most of the requests",
        "platform",
        "Lower the limit for a client: the honest ones stay far below it.",
        "/guard",
    ),
    "disk_full": Cause("The disk is full", "platform", "Free space at once: {detail}.", "/database"),
    "database_down": Cause(
        "The database does not answer", "database", "Look at the database's log and start it again.", "/database"
    ),
    "replication_lag": Cause(
        "A replica lags behind", "database", "Look at the replica's machine and network.", "/database"
    ),
    "job_backlog": Cause("Background work is not done", "platform", "Look whether the job worker runs.", "/outbox"),
    "memory": Cause("Memory runs out", "platform", "Renew the process that grew ({detail}); find what it keeps.", "/"),
}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One possible cause, and how much of the added waiting it explains (0..1).

    `steps` are what mends it, as a runbook has them; the first is to be done first.
    """

    cause: CauseName
    share: float
    headline: str
    evidence: tuple[str, ...]
    subject: str = ""
    detail: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is the matter, as far as can be told at `at`; times are seconds since 1970.

    `cause` is None while it is undecided; `share` is how much of the added waiting the cause explains;
    `not_because` says why the popular suspects are not it; `runner_up` is the next best cause; `waits` is where the
    added seconds are spent, as average concurrency by place, the most first; `pain` is what customers feel; `steps` are
    what mends it, as a runbook has them.
    """

    at: int
    onset: int
    cause: CauseName | None
    subject: str
    trigger: str | None
    share: float
    headline: str
    evidence: tuple[str, ...]
    not_because: tuple[str, ...]
    remedy: str
    lever: str
    team: Team
    runner_up: CauseName | None = None
    pain: str = ""
    waits: tuple[tuple[str, float], ...] = ()
    steps: tuple[str, ...] = ()
