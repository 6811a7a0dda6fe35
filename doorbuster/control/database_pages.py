"""The database, live: who is at work and what for, who blocks whom, what is read from end to end, what changed.

Everything here was seen by the watch before; opening the page asks PostgreSQL nothing, so it shows most when it counts.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.control.stacks import stack
from doorbuster.control.words import span
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import DatabaseSample, Session
from doorbuster.watch.signals import Tick
from doorbuster.web.pages import show

CHART_SECONDS = 300
TABLE_SECONDS = 60
CHANGES_SECONDS = 86_400
ROWS_MAX = 12
CHAIN_MAX = 40
LONG_SECONDS = 1.0

WAITS = {
    "db.cpu": "computing", "db.io": "waits for the disk", "db.lwlock": "waits inside PostgreSQL",
    "db.other": "waits for something else", "db.lock": "waits for a lock",
}  # fmt: skip
"""The layers of the picture, the lowest first, and their words."""


@dataclass(frozen=True, slots=True)
class QueryShare:
    """What one named query took lately, as the shop measured it; `at_work` sessions on average."""

    name: str
    share: float
    calls: float
    milliseconds: float
    rows: float
    at_work: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """One line of who blocks whom: `depth` 0 stands in the way and waits for nobody; without a session it is idle."""

    pid: int
    depth: int
    session: Session | None


async def database_show(request: Request) -> Response:
    """Show the database; the page reads itself again each second."""
    house = house_of(request)
    ticks, sample = house.series.recent(CHART_SECONDS), house.senses.sample
    now = int(house.clock.now().timestamp())
    changes = await asyncio.to_thread(house.series.changes, now - CHANGES_SECONDS)
    lately = [tick for tick in ticks if tick.at > now - TABLE_SECONDS]
    return show(
        request,
        "control/database.html",
        operator=operator_of(request),
        now=house.clock.now(),
        sample=sample,
        state=house.pulse.database,
        values=ticks[-1].values if ticks else {},
        chart=stack(ticks, tuple(WAITS), CHART_SECONDS),
        waits=WAITS,
        queries=top_queries(lately),
        counted=sorted(sample.statements if sample else (), key=lambda each: -each.seconds)[:ROWS_MAX],
        chain=who_blocks_whom(sample.sessions if sample else ()),
        long=long_transactions(sample),
        tables=by_dimension(lately, "db.seq_rows:"),
        dead=by_dimension(lately[-1:], "db.dead_rows:"),
        bloat=[pair for pair in by_dimension(lately[-1:], "db.bloat_share:") if pair[1] >= 0.2],
        means={name: mean(lately, name) for name in _MEANS},
        changes=_told(changes),
        span=span,
        clock=lambda at: datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S"),
    )


_MEANS = (
    "db.blocks_hit", "db.blocks_read", "db.temp_bytes", "db.wal_bytes", "db.sync_seconds", "db.commits",
    "db.rollbacks", "db.seq_rows", "db.index_scans", "db.checkpoints_requested", "db.checkpoints_timed", "db.active",
)  # fmt: skip


def mean(ticks: Iterable[Tick], name: str) -> float | None:
    """Return the mean of a signal over the ticks that know it."""
    known = [tick.values[name] for tick in ticks if name in tick.values]
    return sum(known) / len(known) if known else None


def by_dimension(ticks: Sequence[Tick], beginning: str) -> list[tuple[str, float]]:
    """Return the mean of each signal that begins so, by what follows, the highest first; those at zero are left out."""
    sums: dict[str, float] = {}
    for tick in ticks:
        for name, value in tick.values.items():
            if value and name.startswith(beginning):
                sums[name] = sums.get(name, 0.0) + value
    found = [(name.removeprefix(beginning), value / len(ticks)) for name, value in sums.items()]
    return sorted(found, key=lambda each: -each[1])[:ROWS_MAX]


def top_queries(ticks: Sequence[Tick]) -> list[QueryShare]:
    """Return the queries that took most of the database's time, the watch's own aside."""
    seconds = by_dimension(ticks, "query.seconds:")
    whole = sum(value for _, value in seconds) or 1.0
    found = []
    for name, taken in seconds:
        calls = mean(ticks, f"query.calls:{name}") or 0.0
        if name.startswith("watch_") or not calls:
            continue
        rows, active = (
            mean(ticks, f"query.rows:{name}") or 0.0,
            sum(tick.values.get(f"db.active:{name}", 0.0) for tick in ticks),
        )
        found.append(
            QueryShare(name, taken / whole, calls, taken / calls * 1000, rows / calls, active / len(ticks))
        )  # fmt: skip
    return found


def who_blocks_whom(sessions: Sequence[Session]) -> list[Blocked]:
    """Return the chains of waiting as a tree, line by line: each under the one who stands in its way."""
    known = {session.pid: session for session in sessions}
    waiting: dict[int, list[int]] = {}
    for session in sessions:
        for blocker in session.blocked_by:
            waiting.setdefault(blocker, []).append(session.pid)
    roots = [pid for pid in waiting if pid not in known or not known[pid].blocked_by]
    lines: list[Blocked] = []
    seen: set[int] = set()

    def add(pid: int, depth: int) -> None:
        if pid in seen or len(lines) >= CHAIN_MAX:
            return
        seen.add(pid)
        lines.append(Blocked(pid, depth, known.get(pid)))
        for waiter in waiting.get(pid, ()):
            add(waiter, depth + 1)

    for pid in roots:
        add(pid, 0)
    return lines


def long_transactions(sample: DatabaseSample | None) -> list[Session]:
    """Return the sessions whose transaction has lasted a second and more, the longest first."""
    sessions = [each for each in (sample.sessions if sample else ()) if each.transaction_seconds >= LONG_SECONDS]
    return sorted(sessions, key=lambda session: -session.transaction_seconds)[:ROWS_MAX]


def _told(changes: Sequence[Change]) -> list[tuple[datetime, str, str]]:
    """Return the newest changes first, each with its moment and words."""
    newest = list(reversed(changes))[:ROWS_MAX]
    return [(datetime.fromtimestamp(each.at, UTC), each.kind.replace("_", " "), each.what) for each in newest]
