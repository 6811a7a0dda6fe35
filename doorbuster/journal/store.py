"""Opens the event log: one SQLite file that several processes share.

Promises: what was written survives a crash of process or machine (WAL, synchronous FULL); waits at most five seconds
for another writer; a damaged or newer file is refused with the mend; only its owner can read the file.
Never: is called on an event loop directly: every call may wait for the disk, so hand it to a thread.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from doorbuster.database.queries import Query
from doorbuster.errors import EventLogUnavailable, Misconfigured

BUSY_TIMEOUT_SECONDS = 5.0


class EventLog:
    """The open event log; safe to use from several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Made by `open_event_log()`."""
        self._connection = connection
        self._lock = threading.RLock()

    def fetch(self, query: Query, **parameters: Any) -> list[sqlite3.Row]:
        """Return all rows of one statement."""
        with self._lock, _translated():
            rows: list[sqlite3.Row] = self._connection.execute(query.sql, _bound(query, parameters)).fetchall()
            return rows

    def fetch_one(self, query: Query, **parameters: Any) -> sqlite3.Row | None:
        """Return the first row of one statement, or None."""
        rows = self.fetch(query, **parameters)
        return rows[0] if rows else None

    def execute(self, query: Query, **parameters: Any) -> int:
        """Run one statement, durable when it (or its transaction) ends, and say how many rows it touched."""
        with self._lock, _translated():
            return self._connection.execute(query.sql, _bound(query, parameters)).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the block all or nothing; no other process writes meanwhile. Inside another one it is a part of that."""
        with self._lock:
            # The lock is this thread's, so an open transaction is its own.
            if self._connection.in_transaction:
                yield
                return
            with _translated():
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            with _translated():
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file once no thread is at work in it any more: SQLite crashes the process otherwise."""
        with self._lock:
            self._connection.close()


@contextmanager
def open_event_log(home: Path) -> Iterator[EventLog]:
    """Open the home folder's event log for the block, making or upgrading it when needed.

    Raises Misconfigured for a file that is damaged or of a newer release, EventLogUnavailable when the disk refuses.
    """
    path = home / "control.sqlite"
    with _translated():
        home.mkdir(parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database file, so making that one private is enough.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    log = EventLog(connection)
    try:
        _prepare(connection, path)
        yield log
    finally:
        log.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    try:
        with _translated():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _upgrade(connection, path)
    except sqlite3.DatabaseError as fault:
        raise Misconfigured(f"{path} is damaged ({fault}): move it away, and make operators again") from fault


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Take the schema steps that this file has not taken yet, in one transaction; two processes may arrive at once."""
    folder = resources.files("doorbuster.journal.migrations")
    steps = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sqlite.sql"))
    if _version(connection) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        taken = _version(connection)
        if taken > len(steps):
            raise Misconfigured(f"{path} was written by a newer release (schema {taken}): use that release")
        for step in steps[taken:]:
            for statement in _statements(folder.joinpath(step).read_text(encoding="utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements; `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _bound(query: Query, parameters: dict[str, Any]) -> dict[str, Any]:
    """Bind by the numbers that the query loader gave the names: to SQLite, `$1` is a parameter called 1."""
    return {str(number): parameters[name] for number, name in enumerate(query.parameters, start=1)}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as fault:
        raise EventLogUnavailable(f"the control plane's event log cannot be used: {fault}") from fault
    except sqlite3.ProgrammingError as fault:
        # A thread may still be at work for a task that was cancelled when the log was closed.
        if "closed database" not in str(fault):
            raise
        raise EventLogUnavailable("the control plane's event log is closed") from fault
