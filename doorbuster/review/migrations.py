"""Migrations: squawk's rules (https://squawkhq.com), and a measure of our own, the longest that a request had to wait.

A migration is applied to a generated shop while readers and writers keep using the tables that it names; it is then
rolled back. What the slowest of them waited is what a shopper would have waited. A fast change that needs a strong lock
behind a long read makes everybody wait: so one of the readers holds its transaction open for a while.
"""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from doorbuster.database import QueryFile
from doorbuster.database.migrate import MIGRATIONS
from doorbuster.database.pool import Refused, own_connection
from doorbuster.errors import Misconfigured
from doorbuster.review.findings import Finding, Level
from doorbuster.review.tools import find_squawk

SQL = QueryFile("doorbuster.review", "migrations.sql")
REVIEWED_SINCE = "0801"
"""Migrations before this one were there before the review: they are applied everywhere."""
WAIT_SECONDS_MAX = 0.5
LONG_READ_SECONDS = 0.2
TIMEOUT_SECONDS = 60.0
LOCK_MS, TIMEOUT_MS = 2_000, 60_000
BEGIN_SECONDS = 0.05
APART = re.compile(r"^-- transactional: false", re.MULTILINE)
"""How a migration says that it runs outside a transaction, as what is done CONCURRENTLY must."""
CONCURRENT = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
OURS = ("require-lock-timeout", "require-statement-timeout", "prefer-robust-stmts", "prefer-bigint-over-int",
        "prefer-bigint-over-smallint", "prefer-identity", "prefer-text-field", "require-timeout-settings")  # fmt: skip
"""Rules of squawk that the house keeps in another way: `migrate` sets time limits and applies all or nothing."""
REMEDIES = {
    "adding-field-with-default": "add the column without default, set the default, fill it in bites",
    "adding-not-nullable-field": "add a CHECK … NOT VALID, validate it, then SET NOT NULL",
    "adding-not-null-field": "add a CHECK … NOT VALID, validate it, then SET NOT NULL",
    "changing-column-type": "add a column of the new type, write both, fill in bites, then read the new one",
    "renaming-column": "add a column of the new name, write both, and drop the old one a release later",
    "renaming-table": "make a view of the old name, and drop it a release later",
    "ban-drop-column": "stop reading it in one release, drop it in the next",
    "require-concurrent-index-creation": "make it CONCURRENTLY, in a migration with `-- transactional: false`",
    "require-concurrent-index-deletion": "drop it CONCURRENTLY, in a migration of its own",
    "constraint-missing-not-valid": "add the constraint NOT VALID, and validate it in a later statement",
    "adding-foreign-key-constraint": "add the constraint NOT VALID, and validate it in a later statement",
}


@dataclass(frozen=True, slots=True)
class Waited:
    """The longest that somebody waited for a migration, in seconds, where, and what PostgreSQL refused, if it did."""

    seconds: float
    table: str
    refused: str = ""


def migrations_to_review(paths: Sequence[Path] = ()) -> list[Path]:
    """Return these files, or those of the house that are new since the review began."""
    return list(paths) or sorted(path for path in MIGRATIONS.glob("*.sql") if path.name >= REVIEWED_SINCE)


def lint(paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield what squawk says of these files; raise Misconfigured when it is not installed."""
    for apart in (False, True):
        chosen = [path for path in paths if bool(APART.search(path.read_text(encoding="utf-8"))) == apart]
        if chosen:
            yield from _linted(chosen, () if apart else ("--assume-in-transaction",))


def _linted(paths: Sequence[Path], flags: Sequence[str]) -> Iterator[Finding]:
    command = [str(find_squawk()), "--reporter", "json", *flags, "--exclude", ",".join(OURS), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603
    try:
        told = msgspec.json.decode(done.stdout or "[]")
    except msgspec.DecodeError as fault:
        raise Misconfigured(f"squawk could not read the migrations: {done.stderr.strip()[:200]}") from fault
    for each in told:
        remedy = REMEDIES.get(each["rule_name"]) or each.get("help") or "see squawk's page of this rule"
        yield Finding(
            each["rule_name"],
            Level.WARNING,
            Path(each["file"]).stem,
            each["file"],
            each["line"] + 1,
            each["message"],
            remedy,
        )


async def measure_waits(url: str, text: str) -> Waited:
    """Apply a migration under load and roll it back; return the longest that a reader or a writer waited."""
    tables = tables_of(text)
    async with own_connection(url, application="doorbuster review") as changer:
        there = [row["name"] for row in await changer.fetch(SQL.tables_there.sql, tables)]
        waits: dict[str, float] = {}
        over, refused = asyncio.Event(), [""]

        async def change() -> None:
            refused[0] = await _changed(changer, there, text)
            over.set()

        async with asyncio.TaskGroup() as tasks:
            for table in there:
                for writes in (False, True):
                    tasks.create_task(_use(url, table, waits, over, writes))
                if not CONCURRENT.search(text):
                    tasks.create_task(_read_long(url, table))
            tasks.create_task(change())
    worst = max(waits, key=lambda table: waits[table], default="")
    return Waited(waits.get(worst, 0.0), worst, refused[0])


async def _changed(changer: Any, tables: Sequence[str], text: str) -> str:
    """Apply the migration and roll it back; return what PostgreSQL refused, nothing when it was content.

    What is done CONCURRENTLY cannot be rolled back, so it is done the other way under the lock that it would take.
    """
    await asyncio.sleep(BEGIN_SECONDS)
    transaction = changer.transaction()
    await transaction.start()
    try:
        await changer.execute(f"SET LOCAL lock_timeout = {LOCK_MS}; SET LOCAL statement_timeout = {TIMEOUT_MS}")
        if CONCURRENT.search(text):
            for table in tables:
                await changer.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
        else:
            await changer.execute(text)
    except Refused as fault:
        return str(fault).splitlines()[0]
    finally:
        await transaction.rollback()
    return ""


async def _read_long(url: str, table: str) -> None:
    """Be a report that reads the table for a while, behind which a strong lock has to wait, and others behind it."""
    async with own_connection(url, application="doorbuster review") as reader, reader.transaction():
        await reader.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
        await asyncio.sleep(BEGIN_SECONDS + LONG_READ_SECONDS)


async def _use(url: str, table: str, waits: dict[str, float], over: asyncio.Event, writes: bool) -> None:
    """Read or write a row of the table again and again, and keep the longest that it took."""
    async with own_connection(url, application="doorbuster review") as connection:
        statement = (await connection.fetchval((SQL.touch_row if writes else SQL.read_row).sql, table)) or ""
        while not over.is_set() and statement:
            began = time.monotonic()
            async with _undone(connection):
                await connection.execute(statement)
            waits[table] = max(waits.get(table, 0.0), time.monotonic() - began)
            await asyncio.sleep(0.005)


class _undone:  # noqa: N801 -- reads as what it does
    """A transaction that is rolled back, with a time limit of its own."""

    def __init__(self, connection: Any) -> None:
        self._transaction, self._connection = connection.transaction(), connection

    async def __aenter__(self) -> None:
        await self._transaction.start()
        await self._connection.execute("SET LOCAL statement_timeout = 10000")

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()


def judge_wait(path: str, waited: Waited, allowed: float = WAIT_SECONDS_MAX) -> Iterator[Finding]:
    """Yield a breach when somebody waited too long, or when PostgreSQL refused the migration."""
    if waited.seconds > allowed:
        words = f"requests on {waited.table} waited {waited.seconds:.2f} s for this migration; allowed are {allowed} s"
        remedy = (
            "split it: what is quick under a strong lock, what is slow without one (NOT VALID, CONCURRENTLY, bites)"
        )
        yield Finding(
            "long_lock", Level.BREACH, Path(path).stem, path, 1, words, remedy, figures={"seconds": waited.seconds}
        )
    if waited.refused:
        words = f"PostgreSQL refused it on a shop with rows: {waited.refused}"
        yield Finding(
            "refused_migration", Level.BREACH, Path(path).stem, path, 1, words, "make it fit rows that are there"
        )


def columns_in_use(text: str, statements: Sequence[tuple[str, str]], path: str) -> Iterator[Finding]:
    """Yield dropped or renamed columns that statements (name, text) of this release still name."""
    gone = re.findall(
        r"ALTER\s+TABLE\s+(?:ONLY\s+)?(\w+)[^;]*?(?:DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?|RENAME\s+COLUMN\s+)(\w+)",
        text,
        re.IGNORECASE,
    )
    for table, column in gone:
        users = [
            name for name, sql in statements if re.search(rf"\b{table}\b", sql) and re.search(rf"\b{column}\b", sql)
        ]
        if users:
            words = f"{table}.{column} goes while {', '.join(users[:3])} still names it"
            remedy = "stop naming it in one release, and let it go in the next"
            yield Finding("column_in_use", Level.BREACH, Path(path).stem, path, 1, words, remedy)


def tables_of(text: str) -> list[str]:
    """Return the tables that a migration alters, indexes, fills or refers to."""
    import pglast
    from pglast.visitors import Visitor

    found: dict[str, None] = {}

    class Tables(Visitor):
        def visit_RangeVar(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- pglast's name
            found[node.relname] = None

    Tables()(pglast.parse_sql(text))
    return list(found)
