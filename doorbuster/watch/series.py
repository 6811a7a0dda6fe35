"""The past of every signal: seconds for an hour, minutes for a month, in a file of the control plane's own.

Promises: the file is bounded and survives a restart (at most SAVE_SECONDS are lost to a crash); it is there when
PostgreSQL is not; a damaged file is moved aside, so that the watch never fails because of its memory.
Never: touches the disk in `add`, `note` or `recent`; `save` and `read` do, and belong in a thread.

A minute is kept as the mean of its seconds, of the PEAKS also as their maximum under the name `max:NAME`.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from doorbuster.database.queries import Query, QueryFile
from doorbuster.watch.blocks import SLOTS, Block
from doorbuster.watch.changes import Change
from doorbuster.watch.signals import Tick

SQL = QueryFile("doorbuster.watch", "series.sqlite.sql")

SECOND, MINUTE = 1, 60
HOUR_SECONDS, MONTH_SECONDS = 3_600, 31 * 86_400
SAVE_SECONDS = 10
TICKS_MAX = 900
CHANGES_WAITING_MAX = 10_000
PEAKS = (
    "http.requests", "http.errors", "http.refused", "http.p50", "http.p95", "http.p99", "http.in_flight", "hurt.share",
    "guard.queue", "pool.wait_seconds", "db.active", "db.lock", "db.io", "db.answer_seconds", "db.connections",
    "db.seq_rows", "web.lag", "web.cpu_share", "web.memory_bytes", "host.cpu_share", "jobs.oldest_seconds",
)  # fmt: skip


class Series:
    """The open store; safe to use from several threads."""

    def __init__(self, connection: sqlite3.Connection, until: int = 0) -> None:
        """Made by `open_series()`; what the file has of the last quarter of an hour before `until` is read back."""
        self._connection, self._lock = connection, threading.RLock()
        self._ticks: deque[Tick] = deque(maxlen=TICKS_MAX)
        self._changes: deque[Change] = deque(maxlen=CHANGES_WAITING_MAX)
        self._second, self._minute = Block(SECOND, 0), Block(MINUTE, 0)
        self._full: list[Block] = []
        self._notes: dict[str, str] = {}
        for block in self._blocks(SECOND, until - TICKS_MAX, until):
            self._ticks.extend(Tick(block.begins + slot, values) for slot in range(SLOTS) if (values := block.at(slot)))
            self._second = block
        for block in self._blocks(MINUTE, until - HOUR_SECONDS, until):
            self._minute = block

    def add(self, tick: Tick) -> None:
        """Keep a tick; one that is not newer than the last is left out."""
        with self._lock:
            if self._ticks and tick.at <= self._ticks[-1].at:
                return
            self._ticks.append(tick)
            begins = tick.at - tick.at % SLOTS
            if begins != self._second.begins:
                self._turn_over(begins)
            self._second.put(tick.at - begins, tick.values)

    def note(self, change: Change) -> None:
        """Keep a change."""
        with self._lock:
            self._changes.append(change)

    def noted(self, name: str) -> str:
        """Return what was last remembered under this name, or nothing."""
        with self._lock:
            rows = self._run(SQL.note, name=name)
        return str(rows[0][0]) if rows else ""

    def remember(self, name: str, value: str) -> None:
        """Keep a text under a name, over a restart; written by the next `save`."""
        with self._lock:
            self._notes[name] = value

    def recent(self, seconds: int) -> list[Tick]:
        """Return the ticks of the last `seconds`, oldest first; more than fifteen minutes are read from the file."""
        with self._lock:
            if not self._ticks:
                return []
            since = self._ticks[-1].at - seconds
            if seconds <= TICKS_MAX:
                return [tick for tick in self._ticks if tick.at > since]
            first = self._ticks[0].at
            older = [
                Tick(block.begins + slot, block.at(slot))
                for block in self._blocks(SECOND, since, first - 1)
                for slot in range(SLOTS)
                if since < block.begins + slot < first
            ]
            return [*(tick for tick in older if tick.values), *self._ticks]

    def read(self, name: str, since: int, until: int) -> list[tuple[int, float]]:
        """Return a name's values from `since` to `until`: seconds for the last hour, minutes before it."""
        with self._lock:
            newest = self._ticks[-1].at if self._ticks else until
            border = max(since, newest - HOUR_SECONDS + SLOTS)
            border -= border % SLOTS
            return [
                *self._points(name, MINUTE, since, min(until, border - 1)),
                *self._points(name, SECOND, max(since, border), until),
            ]

    def names(self) -> list[str]:
        """Return the names of the last hour."""
        with self._lock:
            return sorted({*self._second.columns, *self._minute.columns})

    def changes(self, since: int) -> list[Change]:
        """Return at most a thousand changes since then, oldest first."""
        with self._lock:
            kept = [Change(*row) for row in self._run(SQL.changes_since, since=since)]
            return [*kept, *(change for change in self._changes if change.at >= since)]

    def save(self) -> None:
        """Write what is new, and forget what is too old. What the disk refuses is written the next time."""
        with self._lock:
            blocks, changes = [*self._full, self._second, self._minute], list(self._changes)
            if not self._ticks:
                return
            now = self._ticks[-1].at
            with suppress(sqlite3.Error):
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    self._write(blocks, changes, now)
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
                self._full.clear()
                self._changes.clear()
                self._notes.clear()
            del self._full[:-SLOTS]

    def close(self) -> None:
        """Write the rest and close the file."""
        with self._lock:
            self.save()
            self._connection.close()

    def _write(self, blocks: list[Block], changes: list[Change], now: int) -> None:
        for block in blocks:
            if block.columns:
                self._run(SQL.keep_block, step=block.step, begins=block.begins, body=block.packed())
        for change in changes:
            self._run(SQL.keep_change, at=change.at, kind=change.kind, what=change.what)
        for name, value in self._notes.items():
            self._run(SQL.keep_note, name=name, value=value)
        self._run(SQL.forget_blocks, step=SECOND, before=now - HOUR_SECONDS - SLOTS)
        self._run(SQL.forget_blocks, step=MINUTE, before=now - MONTH_SECONDS)
        self._run(SQL.forget_changes, before=now - MONTH_SECONDS)

    def _turn_over(self, begins: int) -> None:
        """Put the minute that is over into its hour, and begin the next."""
        done, self._second = self._second, Block(SECOND, begins)
        if not done.columns:
            return
        self._full.append(done)
        hour = done.begins - done.begins % HOUR_SECONDS
        if hour != self._minute.begins:
            if self._minute.columns:
                self._full.append(self._minute)
            self._minute = Block(MINUTE, hour)
        peaks = {f"max:{name}": value for name in PEAKS if (value := done.highest(name)) is not None}
        self._minute.put((done.begins - hour) // MINUTE, {**done.means(), **peaks})

    def _points(self, name: str, step: int, since: int, until: int) -> list[tuple[int, float]]:
        """Return what the file has, and over it what is not written yet."""
        in_memory = [block for block in (*self._full, self._second, self._minute) if block.step == step]
        blocks = [*self._blocks(step, since, until), *in_memory] if since <= until else []
        found = {at: value for block in blocks for at, value in block.of(name) if since <= at <= until}
        return sorted(found.items())

    def _blocks(self, step: int, since: int, until: int) -> Iterator[Block]:
        for begins, body in self._run(SQL.blocks_between, step=step, since=since, until=until):
            with suppress(ValueError):
                yield Block.unpacked(step, begins, body)

    def _run(self, query: Query, **parameters: Any) -> list[tuple[Any, ...]]:
        bound = {str(number): parameters[name] for number, name in enumerate(query.parameters, start=1)}
        return self._connection.execute(query.sql, bound).fetchall()


@contextmanager
def open_series(path: Path, until: int = 0) -> Iterator[Series]:
    """Open the store for the block, making it when it is missing; one that is damaged is moved to `PATH.damaged`."""
    try:
        connection = _connect(path)
    except sqlite3.DatabaseError:
        path.replace(path.with_suffix(".damaged"))
        connection = _connect(path)
    series = Series(connection, until)
    try:
        yield series
    finally:
        series.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may take the last seconds of a curve; a sync for each save would cost more than they are worth.
    connection.execute("PRAGMA synchronous = NORMAL")
    for query in (SQL.make_blocks, SQL.make_changes, SQL.index_changes, SQL.make_notes):
        connection.execute(query.sql)
    return connection
