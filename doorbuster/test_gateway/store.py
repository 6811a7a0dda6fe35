"""Keeps sessions, events and idempotency keys in one SQLite file.

Promises: what was saved survives a crash; while one batch is being written the next collects, so that many savers
share a commit.
Never: blocks the event loop: SQLite runs in a thread of its own.
"""

import asyncio
import sqlite3
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.test_gateway", "store.sqlite.sql")
MEMORY_RECORDS_MAX = 50_000

Kind = Literal["session", "event", "key", "intent"]


class Store:
    """The gateway's memory, with its file beneath."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; `start()` begins to write."""
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(SQL.make_tables.sql)
        self._connection.execute(SQL.index_open_records.sql)
        self._memory: OrderedDict[tuple[Kind, str], bytes] = OrderedDict()
        self._waiting: list[tuple[tuple[object, ...], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def save(self, *records: tuple[Kind, str, bytes, bool]) -> None:
        """Write records (kind, id, body, done) in one commit; they are durable when this returns."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        for kind, key, body, _ in records:
            self._remember(kind, key, body)
        self._waiting.extend((record, written) for record in records)
        if self._writer is None:
            self._writer = loop.create_task(self._write())
        await asyncio.shield(written)

    def load(self, kind: Kind, key: str) -> bytes | None:
        """Return a record's body, or None; nearly always from memory."""
        body = self._memory.get((kind, key))
        if body is None:
            query = SQL.load_record
            values = {"kind": kind, "id": key}
            row = self._connection.execute(query.sql, [values[name] for name in query.parameters]).fetchone()
            if row is None:
                return None
            body = bytes(row[0])
            self._remember(kind, key, body)
        return body

    def undelivered(self) -> list[tuple[str, bytes]]:
        """Return (id, body) of events that nobody has confirmed yet."""
        return [(row[0], bytes(row[1])) for row in self._connection.execute(SQL.undelivered_events.sql)]

    def newest_events(self, before: str, most: int) -> list[bytes]:
        """Return the bodies of at most `most` events older than the event `before`, newest first."""
        query, values = SQL.newest_events, {"before": before, "most": most}
        rows = self._connection.execute(query.sql, [values[name] for name in query.parameters])
        return [bytes(row[1]) for row in rows]

    async def close(self) -> None:
        """Finish writing and close the file."""
        if self._writer is not None:
            await self._writer
        self._thread.shutdown()
        self._connection.close()

    def _remember(self, kind: Kind, key: str, body: bytes) -> None:
        self._memory[kind, key] = body
        self._memory.move_to_end((kind, key))
        if len(self._memory) > MEMORY_RECORDS_MAX:
            self._memory.popitem(last=False)

    async def _write(self) -> None:
        """Write batch after batch until nobody waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(self._thread, self._commit, [record for record, _ in batch])
            except sqlite3.Error as fault:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(fault)
            for _, written in batch:
                if not written.done():
                    written.set_result(None)
        self._writer = None

    def _commit(self, records: list[tuple[object, ...]]) -> None:
        query = SQL.save_record
        names = ("kind", "id", "body", "done")
        order = [names.index(name) for name in query.parameters]
        self._connection.execute("BEGIN")
        self._connection.executemany(query.sql, [[record[place] for place in order] for record in records])
        self._connection.execute("COMMIT")
