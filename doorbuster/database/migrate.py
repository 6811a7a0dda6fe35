"""Brings a database to this version's schema: the migrations once, in order, then the functions whose file changed.

Promises: one process migrates at a time; each migration is all or nothing and remembered in the same transaction; a
change never waits long for a lock, so that nobody queues behind it; with nothing to do it costs four short statements.
Never: changes data's meaning silently or goes back.

The lock is an advisory one, held by a transaction: yoyo's own is a row that survives `kill -9`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import doorbuster
from doorbuster.database.pool import Database, Transaction, open_database
from doorbuster.database.queries import Cost, Query, QueryFile
from doorbuster.errors import DatabaseContention, DatabaseUnavailable, Misconfigured

SQL = QueryFile("doorbuster.database", "migrate.sql")
MIGRATIONS = Path(str(resources.files("doorbuster.database"))) / "migrations"
SERVER_VERSION_MIN = 150_000
LOCK_KEY = 0x0D00_B057
LOCK_WAIT_MS = 2_000
STATEMENT_TIMEOUT_MS = 3_600_000
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a database lacks: names of migrations, and functions by file with their text."""

    migrations: tuple[str, ...]
    functions: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.migrations or self.functions)

    @property
    def names(self) -> list[str]:
        """Return what is to be applied, in order."""
        return [*self.migrations, *self.functions]


async def migrate(url: str) -> list[str]:
    """Apply what the database lacks and return the names of it, none when it was up to date.

    Raises Misconfigured for a server that is too old or a migration that fails, DatabaseUnavailable, and
    DatabaseContention when others kept the tables locked for a minute.
    """
    async with open_database(
        url, connections=2, application="doorbuster-migrate", statement_timeout_ms=STATEMENT_TIMEOUT_MS
    ) as database:
        await _require_version(database)
        if not await missing(database):
            return []
        async with _alone(database):
            work = await missing(database)
            await _politely(_apply_migrations, url, work.migrations)
            await _politely(_apply_functions, database, work.functions)
        return work.names


async def missing(database: Database) -> Work:
    """Return what this version has and the database lacks."""
    there = await database.fetch_one(SQL.has_history)
    assert there is not None
    done = await database.fetch(SQL.applied_migrations) if there["migrations"] else []
    kept = await database.fetch(SQL.applied_functions) if there["functions"] else []
    applied = {row["migration_id"] for row in done}
    hashes = {row["file"]: row["content_hash"] for row in kept}
    migrations = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
    return Work(
        tuple(name for name in migrations if name not in applied),
        {file: text for file, text in _functions().items() if hashes.get(file) != _hash(text)},
    )


def _functions() -> dict[str, str]:
    """Return every room's `*.function.sql` by its path in the package."""
    package = Path(doorbuster.__file__).parent
    return {str(path.relative_to(package)): path.read_text() for path in sorted(package.rglob("*.function.sql"))}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def _require_version(database: Database) -> None:
    version = await database.fetch_one(SQL.server_version)
    assert version is not None
    if version["number"] < SERVER_VERSION_MIN:
        raise Misconfigured(f"PostgreSQL {version['name']} is too old: DATABASE_URL must name version 15 or newer")


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[None]:
    """Be the only one who migrates this database, for the block; wait for another for a minute."""
    async with database.transaction() as transaction:
        await _politely(_take_lock, transaction)
        yield


async def _take_lock(transaction: Transaction) -> None:
    row = await transaction.fetch_one(SQL.try_lock, lock_key=LOCK_KEY)
    await transaction.execute(SQL.keep_no_snapshot)
    if row is None or not row["taken"]:
        raise DatabaseContention("another process migrates this database")


async def _politely(attempt: Callable[..., Awaitable[None]], *arguments: object) -> None:
    """Try again, ever more slowly, while others hold what is needed; give up after a minute."""
    waited = 0.0
    for attempt_number in count(1):
        try:
            await attempt(*arguments)
        except DatabaseContention:
            if waited > PATIENCE_SECONDS:
                raise
            pause = min(0.1 * attempt_number, 3.0)
            waited += pause + LOCK_WAIT_MS / 1000
            await asyncio.sleep(pause)
        else:
            return


async def _apply_functions(database: Database, functions: dict[str, str]) -> None:
    """Replace all changed functions together, so that none meets a neighbour of another version."""
    async with database.transaction() as transaction:
        await transaction.execute(SQL.limit_lock_wait, milliseconds=str(LOCK_WAIT_MS))
        for file, text in functions.items():
            await transaction.execute(Query(file, "applied by migrate", Cost(0, 0), text, (), file))
            await transaction.execute(SQL.remember_function, file=file, content_hash=_hash(text))


async def _apply_migrations(url: str, names: Sequence[str]) -> None:
    if names:
        await asyncio.to_thread(_apply_with_yoyo, url)


def _apply_with_yoyo(url: str) -> None:
    """Apply and mark each migration in one transaction; yoyo alone would mark it in a second one, after a crash never.

    yoyo and psycopg are imported here: with nothing to do, no process pays for them.
    """
    import psycopg
    import yoyo

    migrations = yoyo.read_migrations(str(MIGRATIONS))
    current = "the history"
    try:
        with yoyo.get_backend(_url_for_yoyo(url)) as backend:
            backend.init_database()
            backend.break_lock()
            for migration in backend.to_apply(migrations):
                current = migration.id
                _apply_one(backend, migration)
    except psycopg.errors.LockNotAvailable as fault:
        raise DatabaseContention(f"migration {current} waits for tables that others use") from fault
    except psycopg.OperationalError as fault:
        raise DatabaseUnavailable(f"PostgreSQL broke off during migration {current}") from fault
    except psycopg.Error as fault:
        raise Misconfigured(f"migration {current} does not fit this database: {str(fault).splitlines()[0]}") from fault


def _apply_one(backend: Any, migration: Any) -> None:
    migration.load()
    if not migration.use_transactions:
        # What is done CONCURRENTLY waits for every transaction that has looked at the tables, our own among them.
        backend.rollback()
        with backend.copy() as alone:
            migration.process_steps(alone, "apply")
        with backend.transaction():
            backend.mark_one(migration)
        return
    with backend.transaction():
        migration.process_steps(backend, "apply")
        backend.mark_one(migration)


def _url_for_yoyo(url: str) -> str:
    """Name yoyo's driver in the URL, and bound how long each statement waits for a lock."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), ("options", f"-c lock_timeout={LOCK_WAIT_MS}"), ("connect_timeout", "10")]
    return urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, urlencode(query, quote_via=quote), ""))
