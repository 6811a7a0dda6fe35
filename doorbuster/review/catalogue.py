"""Which statements there are: every named query of the house, and the files of its functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from doorbuster.database.queries import Query, parse

TOOLS = frozenset({"bench", "review", "drill"})
"""Rooms whose statements make up rows or watch a test; no shop runs them."""
SQL_MAKERS = (
    "database/embedded.py", "database/migrate.py", "journal/store.py",
    "review/earlier.py", "review/ground.py", "review/indexes.py", "review/probes.py", "review/reasons.py",
)  # fmt: skip
"""Files that may have SQL in strings: before there is a connection there is no query file, and a review writes SQL."""
NOT_POSTGRESQL = (".sqlite.sql", ".function.sql")
PLANNED = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES"})

_NAMED = re.compile(r"^\s*-- name:\s*(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Subject:
    """One statement under review and the line it begins at; without a budget it is only measured."""

    query: Query
    line: int
    budgeted: bool = True

    @property
    def name(self) -> str:
        """Return the statement's name."""
        return self.query.name

    @property
    def planned(self) -> bool:
        """Say whether PostgreSQL plans it; SET and its like it just does."""
        return self.query.sql.split(maxsplit=1)[0].upper() in PLANNED


def house_subjects() -> list[Subject]:
    """Return every named query that a shop runs, in the order of files."""
    root = package_folder()
    return [
        subject
        for path in sorted(root.rglob("*.sql"))
        if path.relative_to(root).parts[0] not in TOOLS and "migrations" not in path.parts
        if not path.name.endswith(NOT_POSTGRESQL)
        for subject in subjects_of(path, str(path.relative_to(root.parent)))
    ]


def subjects_of(path: Path, source: str) -> Iterator[Subject]:
    """Yield the named queries of one file with their lines."""
    text = path.read_text(encoding="utf-8")
    lines = {name: number for number, name in _named_lines(text)}
    for query in parse(text, source):
        yield Subject(query, lines.get(query.name, 1))


def function_texts() -> dict[str, str]:
    """Return the text of every file that defines a function, by its path from the checkout."""
    root = package_folder()
    paths = [*sorted(root.rglob("*.function.sql")), *sorted(root.glob("database/migrations/*.sql"))]
    return {str(path.relative_to(root.parent)): path.read_text(encoding="utf-8") for path in paths}


def package_folder() -> Path:
    """Return the folder of the installed package."""
    return Path(str(resources.files("doorbuster")))


def _named_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _NAMED.match(line):
            yield number, found[1]
