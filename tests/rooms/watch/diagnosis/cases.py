"""Ticks of a house that was well for two minutes and then was not: one recipe for each cause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from doorbuster.database.indexes import Index
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import Holder, Session
from doorbuster.watch.diagnosis.examination import Examination, Scan
from doorbuster.watch.signals import Tick

START = 1_800_000_000
CALM_SECONDS = 120
ONSET = START + CALM_SECONDS

WELL = {
    "http.requests": 60.0, "http.errors": 0.0, "http.refused": 0.0, "http.slow": 0.0, "http.p95": 0.04,
    "http.in_flight": 1.5, "guard.shed": 0.0, "guard.limited": 0.5, "guard.queue": 0.1, "guard.wait_seconds": 0.02,
    "guard.busiest_client_share": 0.04, "pool.wait_seconds": 0.02, "pool.used": 1.0, "pool.size": 20.0,
    "db.up": 1.0, "db.active": 0.6, "db.cpu": 0.4, "db.lock": 0.05, "db.io": 0.1, "db.lwlock": 0.05, "db.other": 0.0,
    "db.connections": 20.0, "db.connections_max": 100.0, "db.idle_in_transaction": 0.1, "db.seq_rows": 500.0,
    "db.wal_bytes": 4e5, "db.replication_lag_seconds": 0.0, "web.workers": 2.0, "web.cpu_share": 0.3, "web.lag": 0.01,
    "web.cpu_wait": 0.02,
    "web.memory_bytes": 1.5e8, "host.cpu_share": 0.4, "host.memory_share": 0.4, "disk.free_share": 0.5,
    "disk.free_bytes": 5e10, "downstream.seconds:payments": 0.1, "downstream.calls:payments": 2.0,
    "jobs.waiting": 1.0, "jobs.oldest_seconds": 0.5, "jobs.workers": 1.0, "db.indexes_lacking": 0.0,
    "query.seconds:product_page": 0.2, "query.calls:product_page": 50.0,
    "query.seconds:orders_of_shopper": 0.02, "query.calls:orders_of_shopper": 5.0,
    "query.seconds:claim_holds": 0.05, "query.calls:claim_holds": 5.0,
}  # fmt: skip

BUSY = {"http.p95": 4.0, "http.slow": 20.0, "http.in_flight": 60.0, "pool.wait_seconds": 30.0, "pool.used": 20.0}


@dataclass(frozen=True)
class Case:
    """What differs from a house that is well, and what else is known."""

    ill: Mapping[str, float]
    changes: tuple[Change, ...] = ()
    sessions: tuple[Session, ...] = ()
    examined: Examination = field(default_factory=Examination)


BY_EMAIL = Index("orders_by_email", "orders", "CREATE INDEX orders_by_email ON orders (email_key, id DESC)")
SCANS_ORDERS = {
    **BUSY, "db.active": 18.0, "db.cpu": 17.0, "db.active:orders_of_shopper": 16.0, "db.seq_rows": 6e6,
    "db.seq_rows:orders": 6e6, "query.seconds:orders_of_shopper": 15.0, "query.calls:orders_of_shopper": 5.0,
    "query.seconds:product_page": 0.8,
}  # fmt: skip


def session(pid: int, **differs: object) -> Session:
    """A session that is idle, but for what `differs`."""
    known: dict[str, object] = {
        "pid": pid, "query_name": "", "state": "idle", "wait_class": "", "wait_event": "", "seconds": 0.0,
        "transaction_seconds": 0.0, "application": "web-1", "blocked_by": (), "text": "",
    }  # fmt: skip
    return Session(**{**known, **differs})  # type: ignore[arg-type]


HOLDER = session(7, state="idle in transaction", application="psql", transaction_seconds=40.0, seconds=38.0)
WAITERS = tuple(session(pid, query_name="claim_holds", state="active", wait_class="Lock", blocked_by=(7,))
                for pid in range(20, 30))  # fmt: skip

CASES: dict[str, Case] = {
    "missing_index": Case(
        SCANS_ORDERS,
        (Change(ONSET - 3, "index_dropped", "orders_by_email"),),
        examined=Examination({"orders_of_shopper": (Scan("orders", 1e6, "(email_key = $1)"),)}, (BY_EMAIL,)),
    ),
    "bad_query": Case(
        {**BUSY, "db.active": 18.0, "db.cpu": 17.0, "db.active:product_page": 16.0, "query.seconds:product_page": 16.0,
         "query.calls:product_page": 40.0},
        (Change(ONSET - 20, "release", "release 2.3.1"),),
    ),
    "lock_contention": Case(
        {**BUSY, "db.active": 14.0, "db.lock": 13.0, "db.lock:claim_holds": 13.0, "db.active:claim_holds": 13.0,
         "query.seconds:claim_holds": 12.0},
        sessions=(HOLDER, *WAITERS),
    ),
    "connection_exhaustion": Case(
        {"http.errors": 20.0, "http.p95": 2.1, "http.in_flight": 50.0, "pool.wait_seconds": 45.0,
         "db.connections": 98.0, "db.idle_in_transaction": 70.0, "db.refused_connections": 2.0},
        examined=Examination(holders=(Holder("report", "idle in transaction", 70), Holder("web-1", "idle", 10))),
    ),
    "io_saturation": Case(
        {**BUSY, "db.active": 16.0, "db.io": 13.0, "db.lwlock": 2.0, "db.wal_bytes": 8e7,
         "db.checkpoints_requested": 0.3, "db.active:claim_holds": 6.0},
    ),
    "database_cpu": Case({**BUSY, "db.active": 15.0, "db.cpu": 15.0, "query.seconds:product_page": 8.0,
                          "query.seconds:orders_of_shopper": 0.9, "query.seconds:claim_holds": 2.2}),
    "web_cpu": Case({**BUSY, "pool.wait_seconds": 0.3, "pool.used": 1.0, "web.cpu_share": 0.98, "web.lag": 0.5,
                     "web.cpu_wait": 0.4,
                     "host.cpu_share": 0.97}),
    "event_loop_block": Case({**BUSY, "pool.wait_seconds": 0.2, "pool.used": 1.0, "web.cpu_share": 0.1,
                              "web.lag": 3.0}),
    "slow_payments": Case({"http.p95": 8.0, "http.in_flight": 20.0, "downstream.seconds:payments": 16.0,
                           "downstream.calls:payments": 2.0}),
    "traffic_spike": Case({**BUSY, "http.requests": 600.0, "guard.shed": 300.0, "db.active": 15.0, "db.cpu": 14.0,
                           "query.seconds:product_page": 9.0, "query.calls:product_page": 240.0,
                           "db.active:product_page": 10.0}),
    "bot_flood": Case({**BUSY, "http.requests": 900.0, "guard.limited": 500.0, "guard.busiest_client_share": 0.6,
                       "db.active": 10.0, "db.cpu": 9.0}),
    "disk_full": Case({"http.errors": 30.0, "disk.free_share": 0.001, "disk.free_bytes": 2e6, "db.up": 0.0}),
    "database_down": Case({"http.errors": 40.0, "db.up": 0.0, "db.active": 0.0, "http.p95": 2.0,
                           "pool.wait_seconds": 20.0}),
    "replication_lag": Case({"db.replication_lag_seconds": 90.0}),
    "job_backlog": Case({"jobs.waiting": 400.0, "jobs.oldest_seconds": 200.0}),
    "memory": Case({"host.memory_share": 0.98, "web.memory_bytes": 4e9}),
}  # fmt: skip


def ticks(ill: Mapping[str, float], chance: Random, seconds: int = 15, strength: float = 1.0) -> list[Tick]:
    """Two minutes that were well, then `seconds` that were not; every number scatters by a tenth."""
    good = [Tick(START + second, scattered(WELL, chance)) for second in range(CALM_SECONDS)]
    wrong = {
        **WELL,
        **{name: WELL.get(name, 0.0) + (value - WELL.get(name, 0.0)) * strength for name, value in ill.items()},
    }
    return [*good, *(Tick(ONSET + second, scattered(wrong, chance)) for second in range(seconds))]


def scattered(values: Mapping[str, float], chance: Random) -> dict[str, float]:
    """Return the values, each up to a tenth larger or smaller; shares and switches stay what they are."""
    exact = (
        "db.up",
        "web.workers",
        "web.silent",
        "jobs.silent",
        "db.indexes_lacking",
        "db.connections_max",
        "disk.free_share",
        "host.memory_share",
    )
    return {name: value if name in exact else value * chance.uniform(0.9, 1.1) for name, value in values.items()}
