"""Asks the database what counters can't tell: which indexes it lacks, and how it plans the busiest statements.

Promises: runs nothing of the shop's, only plans it; asks at most three statements a time, each for a second at most;
a database that does not answer yields no examination.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from doorbuster.database.indexes import Index, lacking_indexes
from doorbuster.database.plan import Step, step_of
from doorbuster.database.pool import Database
from doorbuster.database.queries import Query, house_functions
from doorbuster.errors import DatabaseFault
from doorbuster.watch.database_health import Holder

STATEMENTS_MAX = 3
MENDED_SECONDS = 30
SCANNED_ROWS_MIN = 10_000.0
_WORD = re.compile(r"\w+")
_SEARCHED = re.compile(r"(\w+)\s*(?:@@|@>|&&|%)")


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that the plan of a statement reads from end to end: its name, about how many rows, and the filter.

    An index that is walked without a condition, row by row for a filter, is as long a way.
    """

    table: str
    rows: float
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What the database said: scans of large tables by statement, and the defined indexes that it lacks.

    `tables` are the words of each statement, and of the functions that it calls, among which its tables are; `searched`
    those that are asked what they contain; `holders` are who had the connections when most were taken, the most first;
    `plans` are how PostgreSQL would run the statements; `mended` are the indexes that were missing and have been there
    since a moment (seconds since 1970) that is not long ago.
    """

    scans: Mapping[str, tuple[Scan, ...]] = field(default_factory=dict)
    lacking: tuple[Index, ...] = ()
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    holders: tuple[Holder, ...] = ()
    plans: Mapping[str, Step] = field(default_factory=dict)
    mended: tuple[tuple[int, Index], ...] = ()
    searched: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def missed(self) -> tuple[Index, ...]:
        """Return the indexes that are missing, or were until just now: who began without one goes on without it."""
        return (*self.lacking, *(index for _, index in self.mended))

    def missed_by(self, query: str) -> Index | None:
        """Return the index on a table of the statement that it missed and that has most of what it filters by.

        What the plan filters by counts most. A function hides that from the plan; then first comes what only an index
        for searching can answer.
        """
        said, filtered = self.tables.get(query, frozenset()), self._filtered(query)
        searched = self.searched.get(query, frozenset())
        missed = [index for index in self.missed if index.table in said]

        def fits(index: Index) -> tuple[int, bool, int]:
            finds = index.searches and bool(index.words & searched)
            return len(index.words & filtered), finds, len(index.words & said)

        return max(missed, key=fits, default=None)

    def after(self, before: "Examination", at: int) -> "Examination":
        """Return this, made `at`, with what was known before: plans stand as long as the same indexes are missing."""
        mended = (*((at, index) for index in before.lacking), *before.mended)
        lately = tuple(
            each for each in mended if each[1] not in self.lacking and each[0] > at - MENDED_SECONDS
        )  # fmt: skip
        tables, searched = {**before.tables, **self.tables}, {**before.searched, **self.searched}
        told = replace(self, mended=lately, tables=tables, searched=searched, holders=before.holders)
        return told if self.lacking != before.lacking else replace(told, scans={**before.scans, **self.scans})

    def _filtered(self, query: str) -> frozenset[str]:
        return frozenset(word for scan in self.scans.get(query, ()) for word in _WORD.findall(scan.filter))


async def examine(database: Database, queries: Mapping[str, Query], busiest: Sequence[str]) -> Examination | None:
    """Plan the busiest statements that are among `queries` and compare the indexes; None without an answer."""
    try:
        lacking = await lacking_indexes(database)
    except DatabaseFault:
        return None
    asked = [name for name in busiest if name in queries][:STATEMENTS_MAX]
    scans: dict[str, tuple[Scan, ...]] = {}
    plans: dict[str, Step] = {}
    for name in asked:
        # A database in need may not even plan in time; then what it lacks must be enough.
        with suppress(DatabaseFault):
            plan = await database.plan(queries[name])
            scans[name], plans[name] = tuple(large_scans(plan)), step_of(plan[0]["Plan"])
    texts = {name: _with_functions(queries[name].sql) for name in asked}
    words = {name: frozenset(_WORD.findall(text)) for name, text in texts.items()}
    searched = {name: frozenset(_SEARCHED.findall(text)) for name, text in texts.items()}
    return Examination(scans, lacking, words, plans=plans, searched=searched)


def _with_functions(sql: str) -> str:
    """Return a statement's text and those of the functions that it calls: what they read, no plan of it shows."""
    called = [text for name, text in house_functions().items() if f"{name}(" in sql]
    return "\n".join((sql, *called))


def large_scans(plan: Any) -> Iterator[Scan]:
    """Yield what a plan (EXPLAIN's JSON) reads from end to end, where that is at least ten thousand rows.

    What a filter leaves is not what is read, so the rows are taken from the cost of reading them.
    """
    for node in _nodes(plan[0]["Plan"]):
        if _reads_all(node) and (rows := _rows_read(node)) >= SCANNED_ROWS_MIN:
            yield Scan(node["Relation Name"], rows, node.get("Filter", ""))


def _reads_all(node: dict[str, Any]) -> bool:
    walks = node["Node Type"] in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and "Filter" in node
    return node["Node Type"] == "Seq Scan" or walks


def _rows_read(node: dict[str, Any]) -> float:
    """Return about how many rows a scan reads: its total cost is at least a hundredth for each (cpu_tuple_cost)."""
    return float(node["Total Cost"]) / 0.0125 if node.get("Filter") else float(node["Plan Rows"])


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
