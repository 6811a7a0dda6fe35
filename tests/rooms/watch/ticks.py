"""Days of a made-up shop, second by second."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache

from doorbuster.watch.past import LONG, Past
from doorbuster.watch.signals import Tick

MONDAY = 1_795_392_000  # 2026-11-23 00:00 UTC
DAY = 86_400
NOON = MONDAY + DAY // 2

CALM = {
    "http.requests": 40.0, "http.refused": 0.0, "http.errors": 0.0, "http.slow": 0.0, "http.p50": 0.02,
    "http.p95": 0.12, "http.p99": 0.3, "hurt.share": 0.0, "guard.shed": 0.0, "guard.brownout_step": 0.0,
    "guard.busiest_client_share": 0.02, "pool.wait_seconds": 0.01, "db.up": 1.0, "db.answer_seconds": 0.002,
    "db.blocked": 0.0, "db.longest_lock_seconds": 0.0, "downstream.in_flight:payments": 0.05,
    "db.idle_in_transaction": 0.0, "db.oldest_transaction_seconds": 0.1, "db.connections": 20.0,
    "db.connections_max": 100.0, "db.temp_bytes": 0.0, "db.refused_connections": 0.0, "db.checkpoints_requested": 0.0,
    "db.checkpoints_timed": 0.003, "db.deadlocks": 0.0, "db.replication_lag_seconds": 0.1, "web.workers": 2.0,
    "web.cpu_share": 0.3, "web.lag": 0.005, "web.files": 60.0, "web.memory_bytes": 2e8, "web.restarts": 0.0,
    "host.cpu_share": 0.3, "host.memory_share": 0.5, "disk.free_share": 0.4, "disk.free_bytes": 2e11,
    "downstream.calls:payments": 0.5, "downstream.seconds:payments": 0.1, "jobs.parked": 0.0, "jobs.workers": 1.0,
    "jobs.oldest_seconds": 1.0, "orders.placed": 0.3, "orders.paid": 0.28, "payments.failed": 0.01, "holds.made": 0.0,
    "sale.open": 0.0, "sale.expected": 0.0, "stock.drift": 0.0, "db.indexes_lacking": 0.0, "audit.age_seconds": 3600.0,
}  # fmt: skip
"""A second in which nothing is wrong."""


def seconds(count: int, values: Mapping[str, float] | None = None, since: int = NOON) -> Iterator[Tick]:
    """Yield `count` calm seconds from `since` on, with some values of their own.

    Where many are hurt there are some slow answers, as many as a rule wants to see before it believes the share.
    """
    slow = 6.0 if (values or {}).get("hurt.share", 0.0) > 0.05 else 0.0
    made = {**CALM, "http.slow": slow, **(values or {})}
    known = {name: value for name, value in made.items() if value is not None}
    yield from (Tick(since + second, known) for second in range(count))


@lru_cache(maxsize=1)
def _calm_month() -> Past:
    past = Past()
    for name in LONG:
        past.minutes[name].load((at, CALM[name]) for at in range(NOON - 28 * DAY, NOON, 60))
    return past


def usual_month() -> Past:
    """Return a past that knows four weeks of calm minutes."""
    return deepcopy(_calm_month())
