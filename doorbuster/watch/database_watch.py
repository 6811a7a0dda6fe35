"""Looks at PostgreSQL each second over one connection of its own, which is there even when no other can be had.

Promises: a look is bounded in time; the connection is kept open, and opened anew (with growing pauses) when it broke;
nothing is asked that reads a table of the shop.
Never: waits for a lock, or lets the shop wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.database import Database, QueryFile
from doorbuster.database.indexes import defined_indexes
from doorbuster.database.rows import build_all
from doorbuster.errors import DatabaseFault
from doorbuster.watch.database_health import (
    GROWS_A_FILE,
    UNKNOWN,
    DatabaseSample,
    Holder,
    Session,
    Statement,
    session_of,
    session_signals,
)
from doorbuster.watch.rates import Rates
from doorbuster.watch.replicas import ReplicaLag

SQL = QueryFile("doorbuster.watch", "database_health.catalog.sql")
VERSIONED = QueryFile("doorbuster.watch", "checkpoints.catalog.sql")

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.25, 4.0
WAITERS_MAX = 20
TABLE_ROWS_MIN, TABLE_BYTES_MIN = 10_000, 10 * 1024 * 1024
DEAD_ROWS_MIN = 100
LEARNT_MAX = 5_000
HOLDERS_SHARE = 0.5

COST = metrics.gauge("doorbuster_watch_cost_seconds", "Time that the last look took, by what was looked at.", ("part",))

Definitions = dict[tuple[str, str], str]
"""What is defined in the database: a hash by kind (index, table, function, setting) and name."""


class DatabaseWatch:
    """What was seen: `sample` is the last look, `definitions` what was defined at the last look at that."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Begin without having looked; `database` has one connection, for the watch alone."""
        self._database, self._clock = database, clock
        self.sample: DatabaseSample | None = None
        self.definitions: Definitions = {}
        self.started_at = 0.0
        self.connections_max = 0
        self._version = 0
        self._has_statements = False
        self._rates, self._lag = Rates(), ReplicaLag()
        self._slow: dict[str, float] = {}
        self._statements: tuple[Statement, ...] = ()
        self._names: dict[int, str] = {}
        self._turn, self._fingerprint = 0, ""
        self.answered_at = clock.monotonic()

    async def run(self) -> None:
        """Look until cancelled: in the middle of each second, less often while PostgreSQL does not answer.

        The tick is made at the full second; a look that has had half a second by then is late, and that is news.
        """
        pause_seconds = PAUSE_SECONDS_MIN
        while True:
            if await self.look():
                pause_seconds = PAUSE_SECONDS_MIN
                now = self._clock.now().timestamp()
                await asyncio.sleep(1.0 - (now - 0.5) % 1.0)
            else:
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, PAUSE_SECONDS_MAX)

    async def look(self) -> bool:
        """Look once; return whether PostgreSQL answered."""
        now = int(self._clock.now().timestamp())
        try:
            sample = await self._look(now)
        except DatabaseFault as fault:
            self._version = 0
            self.sample = DatabaseSample(now, up=False, why=str(fault))
            return False
        self.sample, self.answered_at = sample, self._clock.monotonic()
        return True

    async def _look(self, at: int) -> DatabaseSample:
        started = self._clock.monotonic()
        if self._version == 0:
            await self._introduce()
        sessions = await self._sessions()
        answer_seconds = self._clock.monotonic() - started
        traffic = await self._database.fetch_one(SQL.watch_traffic)
        values = session_signals(sessions)
        if traffic is not None:
            counted = {f"db.{name}": traffic[name] for name in traffic.keys() if name != "connections"}  # noqa: SIM118
            values |= self._rates.all(counted, self._clock.monotonic())
            values["db.connections"] = traffic["connections"]
        values["db.connections_max"] = self.connections_max
        holders = await self._holders(values)
        await self._look_at_the_slow()
        COST.set(self._clock.monotonic() - started, "database")
        return DatabaseSample(
            at, True, answer_seconds, sessions, {**self._slow, **values}, self._statements, holders
        )  # fmt: skip

    async def _holders(self, values: Mapping[str, float]) -> tuple[Holder, ...]:
        """Return who has the connections, once many are taken: soon nobody else may be able to ask."""
        if values.get("db.connections", 0.0) < HOLDERS_SHARE * self.connections_max:
            return ()
        return tuple(build_all(await self._database.fetch(SQL.watch_holders), Holder))

    async def _introduce(self) -> None:
        """Learn about the server; a connection that is new may lead to another one than before."""
        row = await self._database.fetch_one(SQL.watch_server)
        assert row is not None
        self._version, self.connections_max = row["version"], row["connections_max"]
        self._has_statements, self.started_at = row["has_statements"], row["started_at"].timestamp()
        self._rates, self._lag, self._slow, self._turn = Rates(), ReplicaLag(), {}, 0

    async def _sessions(self) -> tuple[Session, ...]:
        rows = await self._database.fetch(SQL.watch_sessions)
        locked = (row for row in rows if row["wait_type"] == "Lock" and row["wait_event"] != GROWS_A_FILE)
        waiters = [row["pid"] for row in locked][:WAITERS_MAX]
        blockers: dict[int, list[int]] = {}
        if waiters:
            found = await self._database.fetch(SQL.watch_blockers, pids=waiters)
            blockers = {row["pid"]: row["blocked_by"] for row in found}
        sessions = []
        for row in rows:
            session = session_of(dict(row), blockers.get(row["pid"], ()), self._names.get(row["query_id"], ""))
            if session.query_name and row["query_id"] and len(self._names) < LEARNT_MAX:
                self._names[row["query_id"]] = session.query_name
            sessions.append(session)
        return tuple(sessions)

    async def _look_at_the_slow(self) -> None:
        """Look at what changes slowly, the long looks at seconds of their own, so that no look takes long."""
        for seconds, phase, look in self._slow_looks():
            if self._turn % seconds == phase:
                await look()
        self._turn += 1

    def _slow_looks(self) -> tuple[tuple[int, int, Callable[[], Awaitable[None]]], ...]:
        return (
            (1, 0, self._look_at_replicas),
            (5, 0, self._look_at_tables),
            (10, 1, self._look_at_checkpoints),
            (10, 2, self._look_at_statements),
            (30, 3, self._look_at_size),
            (2, 1, self._look_at_fingerprint),
            (30, 4, self._look_at_definitions),
            (30, 14, self._look_at_bloat),
        )

    async def _look_at_tables(self) -> None:
        rows, now = await self._database.fetch(SQL.watch_tables), self._clock.monotonic()
        self._forget("db.seq_rows", "db.dead_rows:")
        total = 0.0
        for row in rows:
            if row["dead_rows"] >= DEAD_ROWS_MIN:
                self._slow[f"db.dead_rows:{row['table_']}"] = row["dead_rows"]
            rate = self._rates.of(f"db.seq_rows:{row['table_']}", row["seq_rows"], now)
            if rate is not None and (row["rows_"] > TABLE_ROWS_MIN or row["bytes"] > TABLE_BYTES_MIN):
                self._slow[f"db.seq_rows:{row['table_']}"] = rate
                total += rate
        self._slow["db.seq_rows"] = total
        index_scans = sum(row["index_scans"] for row in rows)
        self._slow |= self._rates.all({"db.index_scans": index_scans}, now)

    async def _look_at_checkpoints(self) -> None:
        checkpoints = VERSIONED.watch_checkpoints_until_16
        log = VERSIONED.watch_log_until_17
        if self._version >= 170_000:
            checkpoints = VERSIONED.watch_checkpoints_from_17
        if self._version >= 180_000:
            log = VERSIONED.watch_log_from_18
        row, wal = await self._database.fetch_one(checkpoints), await self._database.fetch_one(log)
        assert row is not None
        assert wal is not None
        counted: dict[str, Any] = {
            "db.checkpoints_timed": row["timed"],
            "db.checkpoints_requested": row["requested"],
            "db.sync_seconds": row["sync_seconds"] + wal["sync_seconds"],
        }
        self._slow |= self._rates.all(counted, self._clock.monotonic())

    async def _look_at_statements(self) -> None:
        if not self._has_statements:
            return
        rows, now = await self._database.fetch(SQL.watch_statements), self._clock.monotonic()
        await self._learn_names([row["query_id"] for row in rows if row["query_id"] not in self._names])
        known: dict[str, list[float]] = {}
        for row in rows:
            names = ("calls", "seconds", "rows_", "blocks")
            grown = [self._rates.of(f"statement:{row['query_id']}:{each}", row[each], now) or 0.0 for each in names]
            sums = known.setdefault(self._names.get(row["query_id"]) or UNKNOWN, [0.0] * len(names))
            sums[:] = [one + more for one, more in zip(sums, grown, strict=True)]
        self._statements = tuple(Statement(name, *sums) for name, sums in known.items() if sums[0])

    async def _learn_names(self, query_ids: list[int]) -> None:
        """Ask once for the names of statements that no look has seen at work; a stranger's has none."""
        if query_ids and len(self._names) < LEARNT_MAX:
            rows = await self._database.fetch(SQL.watch_statement_names, query_ids=query_ids)
            told = {row["query_id"]: row["name"] or "" for row in rows}
            self._names |= {query_id: told.get(query_id, "") for query_id in query_ids}

    async def _look_at_size(self) -> None:
        row = await self._database.fetch_one(SQL.watch_size)
        assert row is not None
        self._slow["db.size_bytes"] = row["size_bytes"]

    async def _look_at_replicas(self) -> None:
        row = await self._database.fetch_one(SQL.watch_replicas)
        assert row is not None
        lag = row["own_lag_seconds"]
        if row["written"] is not None and row["replayed"] is not None:
            lag = self._lag.of(self._clock.monotonic(), row["written"], row["replayed"])
        self._forget("db.replication_lag_seconds")
        if lag is not None:
            self._slow["db.replication_lag_seconds"] = lag

    async def _look_at_bloat(self) -> None:
        self._forget("db.bloat_share:")
        for row in await self._database.fetch(SQL.watch_bloat):
            self._slow[f"db.bloat_share:{row['table_']}"] = row["share"]

    async def _look_at_fingerprint(self) -> None:
        """Look at the definitions at once when something is new in the catalogues; they are a longer look."""
        row = await self._database.fetch_one(SQL.watch_fingerprint)
        assert row is not None
        before, self._fingerprint = self._fingerprint, row["fingerprint"]
        if before not in ("", self._fingerprint):
            await self._look_at_definitions()

    async def _look_at_definitions(self) -> None:
        rows = await self._database.fetch(SQL.watch_definitions)
        there = self.definitions = {(row["kind"], row["name"]): row["definition"] for row in rows}
        self._slow["db.indexes_lacking"] = sum(
            ("table", index.table) in there and ("index", index.name) not in there
            for index in defined_indexes().values()
        )

    def _forget(self, *beginnings: str) -> None:
        self._slow = {name: value for name, value in self._slow.items() if not name.startswith(beginnings)}
