"""Opens, limits and times connections: the only file that imports asyncpg.

Promises: every statement has a name, a time limit and a count; faults come out as our own (`errors.py`), with the
name of the violated constraint where there is one; a waiting caller waits at most `acquire_seconds`.
Never: decides anything about shops.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import asyncpg

from doorbuster import errors, metrics, tracing
from doorbuster.database import deadline, tally
from doorbuster.database.queries import Query
from doorbuster.database.sessions import keep_as_it_is, server_settings, speak_json

Row = asyncpg.Record
Refused = asyncpg.PostgresError
"""What a statement on an `own_connection` raises when PostgreSQL refuses it."""

CONNECT_SECONDS_MAX = 5.0
ACQUIRE_SECONDS_MIN = 0.05

CALLS = metrics.counter("doorbuster_query_calls_total", "Calls of each named query.", ("query",))
ROWS = metrics.counter("doorbuster_query_rows_total", "Rows returned by each named query.", ("query",))
FAULTS = metrics.counter("doorbuster_query_faults_total", "Calls of each named query that failed.", ("query", "fault"))
SECONDS = metrics.histogram("doorbuster_query_duration_seconds", "Time of each named query's calls.", ("query",))
WAIT = metrics.histogram("doorbuster_pool_wait_seconds", "Time callers waited for a connection.")
TIMEOUTS = metrics.counter("doorbuster_pool_timeouts_total", "Callers who got no connection in time.")
REFUSED = metrics.counter("doorbuster_pool_refused_total", "Connections that PostgreSQL had no room for.")
USED = metrics.gauge("doorbuster_pool_used", "Connections at work.")
SIZE = metrics.gauge("doorbuster_pool_size", "Connections that may be at work at once.")


class Runner(Protocol):
    """What runs named queries: a Database (each call on its own) or a Transaction (all or nothing)."""

    async def fetch(self, query: Query, **parameters: Any) -> list[Row]:
        """Return all rows; every query is bounded by its own LIMIT or key."""
        ...

    async def fetch_one(self, query: Query, **parameters: Any) -> Row | None:
        """Return the first row, or None."""
        ...

    async def execute(self, query: Query, **parameters: Any) -> int:
        """Run a statement and return how many rows it touched."""
        ...


class Transaction:
    """One open transaction on one connection; commits when its block ends well."""

    def __init__(self, connection: Any) -> None:
        """Made by `Database.transaction()`."""
        self._connection = connection

    async def fetch(self, query: Query, **parameters: Any) -> list[Row]:
        """Return all rows."""
        return await _run(self._connection, query, parameters)

    async def fetch_one(self, query: Query, **parameters: Any) -> Row | None:
        """Return the first row, or None."""
        rows = await _run(self._connection, query, parameters)
        return rows[0] if rows else None

    async def execute(self, query: Query, **parameters: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return await _execute(self._connection, query, parameters)


class Database:
    """A bounded pool of connections to one PostgreSQL."""

    def __init__(self, pool: Any, acquire_seconds: float, statement_timeout_ms: int) -> None:
        """Made by `open_database()`."""
        self._pool = pool
        self._acquire_seconds = acquire_seconds
        self._statement_timeout_ms = statement_timeout_ms

    async def fetch(self, query: Query, **parameters: Any) -> list[Row]:
        """Return all rows of one statement in a transaction of its own."""
        async with self._connection() as connection:
            return await _run(connection, query, parameters)

    async def fetch_one(self, query: Query, **parameters: Any) -> Row | None:
        """Return the first row of one statement in a transaction of its own, or None."""
        async with self._connection() as connection:
            rows = await _run(connection, query, parameters)
        return rows[0] if rows else None

    async def execute(self, query: Query, **parameters: Any) -> int:
        """Run one statement in a transaction of its own and return how many rows it touched."""
        async with self._connection() as connection:
            return await _execute(connection, query, parameters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction: READ COMMITTED, all or nothing. Wait for nothing but PostgreSQL inside it."""
        async with self._connection() as connection:
            with _translated(None):
                async with connection.transaction():
                    yield Transaction(connection)

    async def plan(self, query: Query) -> Any:
        """Return PostgreSQL's generic plan of a query (what EXPLAIN prints as JSON), without running it.

        The plan is made for unknown values, as a prepared statement that has run often is planned. Raises DatabaseFault
        for a statement that PostgreSQL cannot plan, too.
        """
        async with self._connection() as connection:
            try:
                with _translated(query):
                    return await _plan(connection, query)
            except asyncpg.PostgresError as fault:
                raise errors.DatabaseFault(f"{query.name} cannot be planned: {fault}") from fault

    def _patience(self, now: float) -> float:
        """Return how long to wait for a connection: never past the deadline, but long enough to take a free one."""
        left = deadline.seconds_left(now)
        return self._acquire_seconds if left is None else min(self._acquire_seconds, max(left, ACQUIRE_SECONDS_MIN))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        started = time.monotonic()
        try:
            connection = await self._pool.acquire(timeout=self._patience(started))
        except TimeoutError as fault:
            TIMEOUTS.add()
            # Who waited in vain waited as well; without them the wait would look best when it is worst.
            WAIT.observe(time.monotonic() - started)
            raise errors.DatabaseUnavailable("no database connection was free in time") from fault
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            if isinstance(fault, asyncpg.TooManyConnectionsError):
                REFUSED.add()
            raise errors.DatabaseUnavailable(f"PostgreSQL cannot be reached: {fault}") from fault
        waited = time.monotonic() - started
        WAIT.observe(waited)
        tracing.tell("pool", "wait for a connection", waited)
        USED.step(1)
        try:
            with _translated(None):
                await connection.heed_deadline(self._statement_timeout_ms)
            yield connection
        finally:
            # A connection that cannot be handed back in time is closed; what it did is done all the same.
            USED.step(-1)
            with suppress(TimeoutError):
                await self._pool.release(connection)


@asynccontextmanager
async def open_database(
    url: str,
    *,
    connections: int,
    application: str,
    connections_min: int = 1,
    statement_timeout_ms: int = 5_000,
    acquire_seconds: float = 2.0,
) -> AsyncIterator[Database]:
    """Open the pool for the block; raise DatabaseUnavailable when the server cannot be reached.

    With `connections_min=0` nothing is connected yet, so that it opens without a server as well.
    `application` is what PostgreSQL shows as application_name; it carries the process's name.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=connections_min,
            max_size=connections,
            connection_class=_Connection,
            init=speak_json,
            reset=keep_as_it_is,
            timeout=CONNECT_SECONDS_MAX,
            command_timeout=statement_timeout_ms / 1000 + 1.0,
            max_inactive_connection_lifetime=300.0,
            server_settings=server_settings(application, statement_timeout_ms),
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        reason = str(fault) or "it does not answer"
        raise errors.DatabaseUnavailable(f"PostgreSQL cannot be reached: {reason}") from fault
    except ValueError as fault:
        raise errors.Misconfigured(f"DATABASE_URL is no address of a PostgreSQL: {fault}") from fault
    SIZE.step(connections)
    try:
        yield Database(pool, acquire_seconds, statement_timeout_ms)
    finally:
        SIZE.step(-connections)
        try:
            await asyncio.wait_for(pool.close(), timeout=5.0)
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def own_connection(url: str, *, application: str) -> AsyncIterator[Any]:
    """Open one connection for a library that brings its own SQL (the queue); raise DatabaseUnavailable without one."""
    try:
        connection = await asyncpg.connect(url, server_settings={"application_name": application, "timezone": "UTC"})
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        raise errors.DatabaseUnavailable(f"PostgreSQL cannot be reached: {fault}") from fault
    try:
        yield connection
    finally:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=5.0)


class _Connection(asyncpg.Connection):
    """A connection that remembers how long its statements may take."""

    statement_timeout_ms: int | None = None

    async def heed_deadline(self, most_ms: int) -> None:
        """Tell PostgreSQL how long the caller still waits, when that is another step than the last time."""
        wished = deadline.step_of(deadline.seconds_left(time.monotonic()), most_ms)
        if wished != (self.statement_timeout_ms or most_ms):
            await self.fetchval(deadline.SQL.set_statement_timeout.sent, str(wished))
            self.statement_timeout_ms = wished


async def _run(connection: Any, query: Query, parameters: dict[str, Any]) -> list[Row]:
    started = time.perf_counter()
    tally.count()
    with _translated(query):
        rows: list[Row] = await connection.fetch(query.sent, *[parameters[name] for name in query.parameters])
    _count(query, time.perf_counter() - started)
    ROWS.add(query.name, by=len(rows))
    return rows


async def _plan(connection: Any, query: Query) -> Any:
    nothing = f"({', '.join(['NULL'] * len(query.parameters))})" if query.parameters else ""
    async with connection.transaction(readonly=True):
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE planned AS {query.sql}")
        try:
            return await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned{nothing}")
        finally:
            with suppress(asyncpg.PostgresError):
                await connection.execute("DEALLOCATE planned")


async def _execute(connection: Any, query: Query, parameters: dict[str, Any]) -> int:
    started = time.perf_counter()
    tally.count()
    with _translated(query):
        status: str = await connection.execute(query.sent, *[parameters[name] for name in query.parameters])
    _count(query, time.perf_counter() - started)
    touched = status.rpartition(" ")[2]
    return int(touched) if touched.isdecimal() else 0


def _count(query: Query, seconds: float) -> None:
    SECONDS.observe(seconds, query.name)
    CALLS.add(query.name)
    tracing.tell("query", query.name, seconds)


class _translated:  # noqa: N801 - used like a function
    """Turns the driver's exceptions into ours and counts them under the query's name."""

    def __init__(self, query: Query | None) -> None:
        self._query = query

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if fault is None:
            return
        ours = translate(fault)
        if ours is None:
            return
        FAULTS.add(self._query.name if self._query else "transaction", type(ours).__name__)
        raise ours from fault


def translate(fault: BaseException) -> errors.DatabaseFault | None:
    """Return our fault for the driver's, or None when it is not the database's (or is ours already)."""
    if isinstance(fault, asyncpg.IntegrityConstraintViolationError):
        return errors.ConstraintViolated(fault.constraint_name or "unnamed", str(fault))
    if isinstance(fault, asyncpg.DataError):
        return errors.Unstorable(str(fault))
    if isinstance(fault, asyncpg.DeadlockDetectedError | asyncpg.LockNotAvailableError | asyncpg.SerializationError):
        return errors.DatabaseContention(str(fault))
    if isinstance(fault, asyncpg.QueryCanceledError | TimeoutError):
        return errors.DatabaseTimeout(f"the statement took too long: {fault}")
    if isinstance(fault, asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError | OSError):
        return errors.DatabaseUnavailable(f"the connection to PostgreSQL broke: {fault}")
    # A connection that a time-out left in mid-statement is a broken one, whatever the driver calls that.
    if isinstance(fault, asyncpg.InterfaceError | asyncpg.InternalClientError | asyncpg.InsufficientResourcesError):
        return errors.DatabaseUnavailable(str(fault))
    return None
