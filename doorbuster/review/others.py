"""Other people's statements: a folder of `.sql` files, or what PostgreSQL itself has counted in pg_stat_statements.

A file may hold named statements (`-- name: …`) or plain ones, each ended by a semicolon. Parameters may be written as
$1, :name, %(name)s, %s or ?; they become $1, $2 … in the order in which they come.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doorbuster.database import QueryFile
from doorbuster.database.queries import Cost, Query
from doorbuster.errors import Misconfigured
from doorbuster.review.catalogue import PLANNED, Subject

SQL = QueryFile("doorbuster.review", "others.sql")
STATEMENTS_MAX = 200
NAME_LENGTH = 30
NO_BUDGET = Cost(0, 0)
VERSION_MIN = 150_000

_NAME = re.compile(r"^\s*--\s*name:\s*([\w.-]+)", re.MULTILINE)
_TYPED = re.compile(r"\b(interval|timestamp|timestamptz|date|time)\s+(\$\d+)", re.IGNORECASE)
"""How PostgreSQL counts a literal with its type before it, which nobody could prepare."""

_PLACEHOLDER = re.compile(
    r"""
    (?P<skip> '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$(?P<tag>[a-z_]*)\$.*?\$(?P=tag)\$
              | ::\s*\w+ | := | %% )
    | \$(?P<number>\d+)
    | :(?P<colon>[a-zA-Z_]\w*)
    | %\((?P<percent>\w+)\)s
    | (?P<plain> %s | (?<![\w?@<>|&-])\?(?![\w?|&-]) )
    """,
    re.VERBOSE | re.DOTALL,
)


def folder_subjects(folder: Path) -> list[Subject]:
    """Return the statements of a folder's `.sql` files; raise Misconfigured when there is none, or one is no SQL."""
    import pglast

    if not folder.is_dir():
        raise Misconfigured(f"{folder} is no folder: --sql wants the folder that has the .sql files")
    subjects: list[Subject] = []
    for path in sorted(folder.rglob("*.sql")):
        try:
            subjects += _statements(path)
        except (OSError, UnicodeDecodeError) as fault:
            raise Misconfigured(f"{path} cannot be read as text: {fault}") from fault
        except pglast.parser.ParseError as fault:
            words, at = fault.args
            line = numbered(path.read_text(encoding="utf-8"))[0][:at].count("\n") + 1
            raise Misconfigured(f"{path}, line {line}, is not PostgreSQL's SQL: {words}") from fault
    if not subjects:
        raise Misconfigured(f"no statement in {folder}: SELECT, INSERT, UPDATE, DELETE or MERGE in a file *.sql")
    return subjects


def _statements(path: Path) -> Iterator[Subject]:
    """Yield the statements of one file, each under the name above it, or the file's with its number."""
    import pglast

    text, names = numbered(path.read_text(encoding="utf-8"))
    for count, place in enumerate(pglast.split(text, only_slices=True), start=1):
        before, statement = text[: place.start], text[place.start : place.stop]
        own = _NAME.findall(statement) or _NAME.findall(before[before.rfind(";") + 1 :])
        bare = re.sub(r"\A(\s*--[^\n]*\n|\s*/\*.*?\*/|\s+)+", "", statement, flags=re.DOTALL)
        if not bare or bare.split(maxsplit=1)[0].upper() not in PLANNED:
            continue
        name = own[-1] if own else path.stem if count == 1 else f"{path.stem}-{count}"
        line = before.count("\n") + statement[: len(statement) - len(bare)].count("\n") + 1
        bare, used = _from_one(bare, names)
        yield Subject(Query(name, "", NO_BUDGET, bare, used, str(path)), line, budgeted=False)


def numbered(text: str) -> tuple[str, dict[int, str]]:
    """Write every kind of placeholder as $n; return the text and what each number was called."""
    numbers: dict[str, int] = {}
    highest = max((int(found["number"]) for found in _PLACEHOLDER.finditer(text) if found["number"]), default=0)
    count = highest

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found["skip"] is not None:
            return "%" if found["skip"] == "%%" else found[0]
        if found["number"]:
            return found[0]
        name = found["colon"] or found["percent"] or f"parameter {count + 1}"
        if name not in numbers:
            count += 1
            numbers[name] = count
        return f"${numbers[name]}"

    written = _PLACEHOLDER.sub(number, text)
    return written, {place: name for name, place in numbers.items()}


def _from_one(sql: str, names: dict[int, str]) -> tuple[str, tuple[str, ...]]:
    """Number a statement's own parameters from $1 on; return what they are called."""
    found = [int(match["number"]) for match in _PLACEHOLDER.finditer(sql) if match["number"]]
    order = {old: new for new, old in enumerate(sorted(set(found)), start=1)}
    written = _PLACEHOLDER.sub(lambda match: f"${order[int(match['number'])]}" if match["number"] else match[0], sql)
    return written, tuple(names.get(old, f"parameter_{old}") for old in order)


async def counted_subjects(connection: Any) -> list[Subject]:
    """Return the statements that took most time, by pg_stat_statements; raise Misconfigured where it is not there."""
    version = await connection.fetchval(SQL.version_number.sql)
    if version < VERSION_MIN:
        raise Misconfigured("a review needs PostgreSQL 15 or newer")
    if not await connection.fetchval(SQL.reach_statements.sql):
        raise Misconfigured(
            "pg_stat_statements is not there: put it into shared_preload_libraries, restart PostgreSQL, and run "
            "CREATE EXTENSION pg_stat_statements"
        )
    rows = await connection.fetch(SQL.most_time.sql, STATEMENTS_MAX)
    planned = [_TYPED.sub(r"\2::\1", row["query"].rstrip("; \n")) for row in rows if row["query"].strip()]
    planned = [query for query in planned if query.split(maxsplit=1)[0].upper() in PLANNED]
    if not planned:
        raise Misconfigured(
            "pg_stat_statements has counted no SELECT, INSERT, UPDATE, DELETE or MERGE of this database that this role "
            "may see; let the application run for a while, or GRANT pg_read_all_stats to the role"
        )
    return [
        Subject(Query(_called(rank, query), "", NO_BUDGET, query, (), "pg_stat_statements"), 0, budgeted=False)
        for rank, query in enumerate(planned, start=1)
    ]


def _called(rank: int, query: str) -> str:
    """Return what a counted statement is called: its place by time, and how it begins."""
    words = " ".join(query.split())
    return f"#{rank} {words if len(words) <= NAME_LENGTH else words[: NAME_LENGTH - 1] + '…'}"


async def hidden_statements(connection: Any) -> str:
    """Return what a reader must know of counted statements that this role may not see; nothing when it sees all."""
    count = await connection.fetchval(SQL.hidden_statements.sql)
    said = f"{count} more statements were counted, whose text this role may not see: GRANT pg_read_all_stats to it"
    return said if count else ""
