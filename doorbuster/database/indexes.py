"""The indexes that the migrations define, and which of them a server lacks.

Promises: reads the migration files, so that the list can't grow old; knows an index by its name.
Never: makes or drops one.
"""

import re
from dataclasses import dataclass
from functools import cache

from doorbuster.database.migrate import MIGRATIONS
from doorbuster.database.pool import Runner
from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.database", "indexes.catalog.sql")

_STEP = re.compile(
    r"^(?:(?P<create>CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?P<name>\w+)\s+ON\s+(?P<table>\w+)[^;]*)|"
    r"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(?P<dropped>\w+)|DROP\s+TABLE\s+(?P<gone>\w+))\s*;",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Index:
    """An index that the migrations define: its name, its table, and the statement that makes it."""

    name: str
    table: str
    definition: str

    @property
    def words(self) -> frozenset[str]:
        """Return the words of what it indexes: its columns, and functions over them."""
        return frozenset(re.findall(r"\w+", self.definition.partition("(")[2].partition(") WHERE")[0]))

    @property
    def searches(self) -> bool:
        """Say whether it answers what no ordered index can: which rows contain something."""
        return " USING gin " in self.definition

    @property
    def concurrently(self) -> str:
        """Return the statement that makes it beside a running shop, without locking the table."""
        return re.sub(r"\bINDEX\b", "INDEX CONCURRENTLY", self.definition, count=1)


@cache
def defined_indexes() -> dict[str, Index]:
    """Return every index that a database of this version has, by name."""
    found: dict[str, Index] = {}
    for path in sorted(MIGRATIONS.glob("*.sql")):
        if path.name.endswith(".rollback.sql"):
            continue
        for step in _STEP.finditer(path.read_text(encoding="utf-8")):
            if step["create"]:
                words = [word for word in step["create"].split() if word != "CONCURRENTLY"]
                found[step["name"]] = Index(step["name"], step["table"], " ".join(words).replace("IF NOT EXISTS ", ""))
            elif step["dropped"]:
                found.pop(step["dropped"], None)
            else:
                found = {name: index for name, index in found.items() if index.table != step["gone"]}
    return found


async def lacking_indexes(database: Runner) -> tuple[Index, ...]:
    """Return the defined indexes that the server does not have, or has only half made."""
    there = {row["name"] for row in await database.fetch(SQL.valid_indexes)}
    return tuple(index for name, index in defined_indexes().items() if name not in there)
