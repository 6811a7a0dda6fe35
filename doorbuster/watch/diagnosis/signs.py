"""The signs of pain, the worst first: each says of one second whether it stands, and in a sentence what that means.

Promises: a sign looks at one second and at what was usual before; those that customers feel come first.
Never: remembers anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from doorbuster.watch.signals import Tick

BROKEN_SHARE = 0.01
BROKEN_PER_SECOND = 0.5
REFUSED_SHARE = 0.05
REFUSED_PER_SECOND = 2.0
LIMITED_SHARE = 0.3
LIMITED_PER_SECOND = 10.0
FLOOD_SHARE, FLOOD_PER_SECOND, FLOOD_FACTOR = 0.4, 50.0, 2.0
SLOW_SECONDS = 0.75
SLOW_FACTOR = 4.0
SLOWER_SECONDS = 0.1
SLOWER_FACTOR = 8.0
LOCKED_SECONDS = 0.5
UNPAID_HANGING = 3.0
UNPAID_PER_SECOND = 0.3
UNPAID_SHARE = 0.3
SCANNED_ROWS, SCANNED_FACTOR = 500_000.0, 5.0
LATE_SECONDS = 1.0
STRANGE_SESSIONS = 4.0
STUCK_REQUESTS = 12.0
STUCK_FACTOR = 5.0
SILENT_SHARE = 0.1
SILENT_BEFORE = 5.0
DISK_FREE_SHARE = 0.03
DISK_FREE_BYTES = 256 * 1024 * 1024
REPLICA_SECONDS = 4.0
BACKLOG_SECONDS = 60.0
BACKLOG_JOBS = 20.0
MEMORY_SHARE = 0.95
CONNECTIONS_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Usual:
    """What a good second looked like lately: medians."""

    requests: float
    p95: float
    in_flight: float
    scanned: float
    indexes_lacking: float
    """Infinite where nobody looked: what was not known to be there has not gone."""


def usual(ticks: Sequence[Tick]) -> Usual:
    """Return the medians over the given ticks; 0 for what is not known."""
    return Usual(
        requests=_median(ticks, "http.requests"), p95=_median(ticks, "http.p95"),
        in_flight=_median(ticks, "http.in_flight"), scanned=_median(ticks, "db.seq_rows"),
        indexes_lacking=_median(ticks, "db.indexes_lacking", unknown=inf),
    )  # fmt: skip


Sign = Callable[[Tick, Usual], bool]
Sentence = Callable[[Tick, Usual], str]


def _get(tick: Tick, name: str, default: float = 0.0) -> float:
    return tick.values.get(name, default)


def _down(tick: Tick, _: Usual) -> bool:
    return tick.values.get("db.up") == 0.0


def _broken(tick: Tick, _: Usual) -> bool:
    errors = _get(tick, "http.errors")
    return errors >= BROKEN_PER_SECOND and errors >= BROKEN_SHARE * _get(tick, "http.requests")


def _slow(tick: Tick, was: Usual) -> bool:
    limit = max(SLOW_SECONDS, SLOW_FACTOR * was.p95)
    return _get(tick, "http.p95") >= limit and _get(tick, "http.requests") >= 1.0


def _slower(tick: Tick, was: Usual) -> bool:
    limit = max(SLOWER_SECONDS, SLOWER_FACTOR * was.p95)
    return was.p95 > 0 and _get(tick, "http.p95") >= limit and _get(tick, "http.requests") >= 1.0


def _locked(tick: Tick, _: Usual) -> bool:
    return _get(tick, "db.longest_lock_seconds") >= LOCKED_SECONDS


def _unpaid(tick: Tick, _: Usual) -> bool:
    failed, calls = _get(tick, "downstream.failures:payments"), _get(tick, "downstream.calls:payments")
    hanging = _get(tick, "downstream.in_flight:payments") >= UNPAID_HANGING
    return hanging or (failed >= UNPAID_PER_SECOND and failed >= UNPAID_SHARE * calls)


def _late(tick: Tick, _: Usual) -> bool:
    return _get(tick, "web.lag") >= LATE_SECONDS


def _absent(tick: Tick, _: Usual) -> bool:
    return _get(tick, "web.silent") >= 1


def _idle(tick: Tick, _: Usual) -> bool:
    return _get(tick, "jobs.silent") >= 1


def _lacking(tick: Tick, was: Usual) -> bool:
    """Say whether an index has gone; one that has long been missing is no news, and an alert of its own."""
    return _get(tick, "db.indexes_lacking") > was.indexes_lacking


def _strange(tick: Tick, _: Usual) -> bool:
    return _get(tick, "db.active:unknown") >= STRANGE_SESSIONS


def _limited(tick: Tick, _: Usual) -> bool:
    limited = _get(tick, "guard.limited")
    return limited >= LIMITED_PER_SECOND and limited >= LIMITED_SHARE * _get(tick, "http.requests")


def _flooded(tick: Tick, was: Usual) -> bool:
    """Say whether more requests come than before and most are one client's; where all seem one, none comes anew."""
    limit = max(FLOOD_PER_SECOND, FLOOD_FACTOR * was.requests)
    return _get(tick, "guard.busiest_client_share") >= FLOOD_SHARE and _get(tick, "http.requests") >= limit


def _scanning(tick: Tick, was: Usual) -> bool:
    """Say whether tables are read from end to end; the auditor does that, in its own quiet hours."""
    return not _get(tick, "audit.running") and _get(tick, "db.seq_rows") >= max(
        SCANNED_ROWS, SCANNED_FACTOR * was.scanned
    )


def _refused(tick: Tick, _: Usual) -> bool:
    shed = _get(tick, "guard.shed")
    return shed >= REFUSED_PER_SECOND and shed >= REFUSED_SHARE * _get(tick, "http.requests")


def _stuck(tick: Tick, was: Usual) -> bool:
    return _get(tick, "http.in_flight") >= max(STUCK_REQUESTS, STUCK_FACTOR * was.in_flight)


def _silent(tick: Tick, was: Usual) -> bool:
    return was.requests >= SILENT_BEFORE and _get(tick, "http.requests") <= SILENT_SHARE * was.requests


def _disk(tick: Tick, _: Usual) -> bool:
    return _get(tick, "disk.free_share", 1.0) < DISK_FREE_SHARE or _get(tick, "disk.free_bytes", 1e18) < DISK_FREE_BYTES


def _connections(tick: Tick, _: Usual) -> bool:
    most = _get(tick, "db.connections_max")
    return most > 0 and _get(tick, "db.connections") >= CONNECTIONS_SHARE * most


def _replica(tick: Tick, _: Usual) -> bool:
    return _get(tick, "db.replication_lag_seconds") >= REPLICA_SECONDS


def _backlog(tick: Tick, _: Usual) -> bool:
    return _get(tick, "jobs.oldest_seconds") >= BACKLOG_SECONDS and _get(tick, "jobs.waiting") >= BACKLOG_JOBS


def _memory(tick: Tick, _: Usual) -> bool:
    return _get(tick, "host.memory_share") >= MEMORY_SHARE


SIGNS: tuple[tuple[str, bool, Sign, Sentence], ...] = (
    ("database", True, _down, lambda t, u: "The database does not answer."),
    ("broken", True, _broken, lambda t, u: f"{_get(t, 'http.errors'):.0f} requests a second break."),
    (
        "slow",
        True,
        _slow,
        lambda t, u: f"One request in twenty takes longer than {_get(t, 'http.p95'):.1f} s ({u.p95:.2f} s before).",
    ),
    ("refused", True, _refused, lambda t, u: f"{_get(t, 'guard.shed'):.0f} requests a second are turned away."),
    ("stuck", True, _stuck, lambda t, u: f"{_get(t, 'http.in_flight'):.0f} requests wait for their answer."),
    ("unpaid", True, _unpaid, lambda t, u: "Payments fail, or hang."),
    ("locked", True, _locked, lambda t, u: f"Somebody waits {_get(t, 'db.longest_lock_seconds'):.0f} s for a lock."),
    (
        "silent",
        True,
        _silent,
        lambda t, u: f"Requests fell from {u.requests:.0f}/s to {_get(t, 'http.requests'):.0f}/s.",
    ),
    (
        "slower",
        False,
        _slower,
        lambda t, u: f"Answers take {_get(t, 'http.p95') / u.p95:.0f} times as long as before.",
    ),
    ("late", False, _late, lambda t, u: f"A web worker answers nobody for {_get(t, 'web.lag'):.1f} s on end."),
    ("absent", False, _absent, lambda t, u: f"Web workers that do not report: {_get(t, 'web.silent'):.0f}."),
    (
        "scanning",
        False,
        _scanning,
        lambda t, u: f"Tables are read from end to end: {_get(t, 'db.seq_rows'):,.0f} rows a second.",
    ),
    (
        "lacking",
        False,
        _lacking,
        lambda t, u: f"Indexes that should be there and are not: {_get(t, 'db.indexes_lacking'):.0f}.",
    ),
    ("idle", False, _idle, lambda t, u: f"Job workers that do not report: {_get(t, 'jobs.silent'):.0f}."),
    (
        "strange",
        False,
        _strange,
        lambda t, u: f"{_get(t, 'db.active:unknown'):.0f} sessions at the database run what is none of the shop's.",
    ),
    ("limited", False, _limited, lambda t, u: f"{_get(t, 'guard.limited'):.0f} requests a second meet a rate limit."),
    (
        "flooded",
        False,
        _flooded,
        lambda t, u: f"One client sends {_get(t, 'guard.busiest_client_share'):.0%} of all requests.",
    ),
    ("disk", False, _disk, lambda t, u: f"{_get(t, 'disk.free_share'):.1%} of the disk is free."),
    ("connections", False, _connections, lambda t, u: "Nearly all database connections are taken."),
    ("memory", False, _memory, lambda t, u: f"{_get(t, 'host.memory_share'):.0%} of the memory is used."),
    ("replica", False, _replica, lambda t, u: f"A replica is {_get(t, 'db.replication_lag_seconds'):.0f} s behind."),
    ("backlog", False, _backlog, lambda t, u: f"{_get(t, 'jobs.waiting'):.0f} jobs wait."),
)


def _median(ticks: Sequence[Tick], name: str, unknown: float = 0.0) -> float:
    values = [tick.values[name] for tick in ticks if name in tick.values]
    return median(values) if values else unknown
