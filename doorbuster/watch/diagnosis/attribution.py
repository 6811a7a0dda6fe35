"""Where the added seconds go: requests that take longer wait somewhere, and where they wait is the cause's place.

Promises: parts add up; what waits in a queue is charged to what the queue waits for.

The unit is average concurrency: seconds of waiting added per second (Little's law), so that a sample of sessions and a
sum of durations can be added up.
"""

from dataclasses import dataclass

from doorbuster.watch.diagnosis.comparison import Comparison

TOTAL_MIN = 0.5
"""Less added concurrency than half a request is noise, and no part of it a large share."""
BUSY_SESSIONS = 0.75
IDLE_LAG_SECONDS = 0.15
BUSY_CPU_SHARE = 0.8
TAKEN_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Added:
    """Concurrency that was added, by where it waits."""

    database_cpu: float
    lock: float
    io: float
    payments: float
    connections: float
    web: float

    @property
    def total(self) -> float:
        """Return all of it; at least half a request."""
        parts = self.database_cpu + self.lock + self.io + self.payments + self.connections + self.web
        return max(parts, TOTAL_MIN)

    @property
    def places(self) -> tuple[tuple[str, float], ...]:
        """Return where requests wait longer than before, in words, the most first; places without any are left out."""
        named = (
            ("the database's processor", self.database_cpu),
            ("locks", self.lock),
            ("the database's disk", self.io),
            ("the payment provider", self.payments),
            ("a free connection", self.connections),
            ("the web workers", self.web),
        )
        return tuple(
            sorted(((place, round(part, 2)) for place, part in named if part >= 0.05), key=lambda each: -each[1])
        )

    def share(self, part: float) -> float:
        """Return `part` of the total."""
        return part / self.total


def attribute(compared: Comparison) -> Added:
    """Split the added concurrency; the queue before the database belongs to what makes the database slow."""
    cpu = compared.added("db.cpu") + compared.added("db.other")
    lock, io = compared.added("db.lock"), compared.added("db.io") + compared.added("db.lwlock")
    if not _web_is_busy(compared):
        # A server that gets no processor does not look at its sessions either: what the workers measured counts too.
        cpu += max(0.0, sum(added for _, added in compared.grown("query.seconds")) - cpu - lock - io)
    payments = max(_downstream(compared, peer) for peer in ("payments",))
    queue = compared.added("pool.wait_seconds") + max(
        compared.added("guard.wait_seconds"), compared.added("guard.queue")
    )
    database = cpu + lock + io
    rest = max(0.0, compared.added("http.in_flight") - database - payments - queue)
    web = rest if _web_is_busy(compared) else 0.0
    connections = 0.0
    if database >= BUSY_SESSIONS:
        factor = (database + queue) / database
        cpu, lock, io = cpu * factor, lock * factor, io * factor
    elif _pool_is_empty(compared):
        connections = queue
    else:
        # Connections are free and the database idles: who waits for one waits for the event loop to hand it over.
        web += queue
    return Added(cpu, lock, io, payments, connections, web)


def _downstream(compared: Comparison, peer: str) -> float:
    return max(compared.added(f"downstream.seconds:{peer}"), compared.added(f"downstream.in_flight:{peer}"))


def _pool_is_empty(compared: Comparison) -> bool:
    size = compared.is_now("pool.size")
    full = size > 0 and compared.is_now("pool.used") >= TAKEN_SHARE * size
    return full or compared.is_now("db.refused_connections") > 0


def _web_is_busy(compared: Comparison) -> bool:
    busy = compared.is_now("web.cpu_share") + compared.is_now("web.cpu_wait")
    return compared.peak("web.lag") >= IDLE_LAG_SECONDS or busy >= BUSY_CPU_SHARE
