"""Indexes: the one that is missing, tried for real; and those that only cost: unused, duplicate, bloated.

A proposal is built in the review's own database in a transaction, the statement is run again, and everything is rolled
back; it is made only if it at least halves what the statement touches. On a server that is not the review's own no
index is built; where its owner has installed hypopg (https://github.com/HypoPG/hypopg), the planner is asked instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from doorbuster.database import QueryFile
from doorbuster.database.pool import Refused
from doorbuster.review.findings import Finding, Level
from doorbuster.review.plans import Failed, estimate, run_case
from doorbuster.review.reading import Comparison, Reading
from doorbuster.review.schema import ForeignKey, Index, Schema
from doorbuster.review.values import Case

SQL = QueryFile("doorbuster.review", "indexes.sql")
CANDIDATES_MAX = 12
SAVING_MIN = 0.5
EQUAL = frozenset({"=", "IN"})
RANGE = frozenset({"<", "<=", ">", ">=", "BETWEEN"})
GIN = frozenset({"@>", "@@", "&&", "?"})
LIKES = frozenset({"LIKE", "~~"})
BLOAT_BYTES_MIN = 1_000_000
BLOAT_SHARE = 0.5
UNUSED_BYTES_MIN = 1_000_000
MANY_INDEXES = 12
STALE_SHARE = 0.2
FOREIGN_KEY_ROWS_MIN = 10_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """An index that helps: what a call touched before and touches with it, and what it costs to keep."""

    table: str
    columns: tuple[str, ...]
    method: str
    predicate: str
    before: float
    after: float
    bytes: int
    unit: str = "buffers"

    @property
    def name(self) -> str:
        """Return a name that says what it is for."""
        words = "_".join("".join(c if c.isalnum() else "_" for c in column.split(" ")[0]) for column in self.columns)
        return f"{self.table}_by_{words}"[:60].strip("_")

    @property
    def sql(self) -> str:
        """Return the statement that makes it without stopping anybody."""
        return f"{self.definition(self.name, concurrently=True)};"

    def definition(self, name: str, concurrently: bool = False) -> str:
        """Return how it is made."""
        how = "CONCURRENTLY " if concurrently else ""
        using = "" if self.method == "btree" else f" USING {self.method}"
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return f"CREATE INDEX {how}{name} ON {self.table}{using} ({', '.join(self.columns)}){where}"

    @property
    def words(self) -> str:
        """Return what it brings and costs."""
        if not self.before:
            return "(not tried on this server: install hypopg, or try it on a copy)"
        size = (
            f"; to keep it costs {self.bytes / 1_000_000:,.1f} MB and an entry for each row written"
            if self.bytes
            else ""
        )
        return f"{self.unit} {self.before:,.0f} → {self.after:,.0f}{size}"


async def propose(connection: Any, reading: Reading, schema: Schema, case: Case, own: bool) -> Proposal | None:
    """Try what could help the prepared statement and return the best that does; None when nothing does."""
    if not own:
        return await _asked_of_planner(connection, reading, schema, case)
    usual = await run_case(connection, case)
    if isinstance(usual, Failed):
        return None
    best: Proposal | None = None
    for candidate in list(candidates(reading, schema))[:CANDIDATES_MAX]:
        tried = await _tried(connection, candidate, case, usual.buffers)
        if tried and tried.after <= usual.buffers * SAVING_MIN and (best is None or _better(tried, best)):
            best = tried
    return best


def _better(tried: Proposal, best: Proposal) -> bool:
    """Say whether one clearly saves more than the best so far, or nearly as much at half the size."""
    if tried.after < best.after * 0.9:
        return True
    return tried.after <= best.after * 1.1 + 1 and tried.bytes * 2 <= best.bytes


async def _tried(connection: Any, candidate: Proposal, case: Case, before: int) -> Proposal | None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL statement_timeout = 120000")
        await connection.execute(candidate.definition("doorbuster_review_tried"))
        size = await connection.fetchval(SQL.size_of_tried.sql)
        run = await run_case(connection, case)
    except Refused:
        return None
    finally:
        await transaction.rollback()
    if isinstance(run, Failed):
        return None
    return Proposal(
        candidate.table, candidate.columns, candidate.method, candidate.predicate, before, run.buffers, size or 0
    )


async def _asked_of_planner(connection: Any, reading: Reading, schema: Schema, case: Case) -> Proposal | None:
    """Ask the planner by hypopg what it would do with each candidate; without it, the likeliest stays untried.

    The likeliest is one on a table that is read from end to end.
    """
    plan = await estimate(connection, case)
    if not await connection.fetchval(SQL.has_hypopg.sql):
        scanned = {node.table for node in plan.all() if node.kind == "Seq Scan"}
        return next((each for each in candidates(reading, schema) if not scanned or each.table in scanned), None)
    usual = plan.cost
    best: Proposal | None = None
    for candidate in list(candidates(reading, schema))[:CANDIDATES_MAX]:
        await connection.execute("SELECT hypopg_reset()")
        await connection.fetch("SELECT hypopg_create_index($1)", candidate.definition("tried"))
        cost = (await estimate(connection, case)).cost
        if cost <= usual * SAVING_MIN and (best is None or cost < best.after):
            best = Proposal(*_identity(candidate), usual, cost, 0, "estimated cost")
    await connection.execute("SELECT hypopg_reset()")
    return best


def candidates(reading: Reading, schema: Schema) -> Iterator[Proposal]:
    """Yield what could help, the likeliest first: equality before order before range, then expressions, then GIN."""
    seen: set[tuple[Any, ...]] = set()
    for table in sorted({c.table for c in reading.comparisons} | {t for t, _ in reading.orders}):
        for columns, method, predicate in _of_table(table, reading, schema):
            made = Proposal(table, columns, method, predicate, 0, 0, 0)
            if columns and _identity(made) not in seen and not _has(schema, made):
                seen.add(_identity(made))
                yield made


def _of_table(table: str, reading: Reading, schema: Schema) -> Iterator[tuple[tuple[str, ...], str, str]]:
    mine = [each for each in reading.comparisons if each.table == table]
    plain = [each for each in mine if not each.wrapped]
    constant = {c.column: c.value for c in plain if c.operator == "=" and c.value and not c.parameter}
    equal = _unique(c.column for c in plain if c.operator in EQUAL and c.column not in constant)
    ranged = _unique(c.column for c in plain if c.operator in RANGE and c.column not in equal)
    order = next((_ordered(columns) for name, columns in reading.orders if name == table), ())
    predicate = " AND ".join(f"{column} = '{value}'" for column, value in sorted(constant.items()))
    for extra, where in ((tuple(sorted(constant)), ""), ((), predicate)):
        bases = ((*extra, *equal, *order), (*extra, *equal, *ranged), (*extra, *equal))
        for columns in bases:
            if columns and (where or not constant or extra):
                yield columns, "btree", where
    for each in mine:
        if expression := _expression(each):
            yield (expression,), "btree", ""
        kind = schema.tables[table].columns.get(each.column, "")
        if each.operator in GIN:
            yield (f"{each.column} jsonb_path_ops" if kind == "jsonb" else each.column,), "gin", ""
        if each.operator in LIKES and not each.wrapped:
            yield (f"{each.column} text_pattern_ops",), "btree", ""
    if len(equal) > 1:
        for column in equal:
            yield (column,), "btree", ""


def _expression(each: Comparison) -> str:
    """Return the expression that an index could be made on, for a column with a plain function around it."""
    functions = {"lower", "upper", "length", "md5"}
    return f"{each.wrapped}({each.column})" if each.wrapped in functions and each.operator in EQUAL else ""


def _ordered(columns: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    return tuple(f"{column} DESC" if down else column for column, down in columns)


def _unique(columns: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(columns))


def _identity(proposal: Proposal) -> tuple[str, tuple[str, ...], str, str]:
    return proposal.table, proposal.columns, proposal.method, proposal.predicate


def _has(schema: Schema, wanted: Proposal) -> bool:
    bare = tuple(column.removesuffix(" DESC") for column in wanted.columns)
    return any(
        index.columns[: len(bare)] == bare and not index.predicate and index.method == wanted.method
        for index in schema.indexes_of(wanted.table)
    )


def judge_indexes(schema: Schema, used: bool, bloat: dict[str, float]) -> Iterator[Finding]:
    """Yield what is wrong with the indexes that are there; `used` says whether the server has seen real use."""
    twins = {index.name: _twin(index, schema) for index in schema.indexes}
    kept = {twin.name for twin in twins.values() if twin}
    for index in schema.indexes:
        twin = twins[index.name]
        if twin is not None:
            same = twin.columns == index.columns
            rule = "duplicate_index" if same else "redundant_index"
            why = "is the same as" if same else "begins like"
            yield _index_finding(rule, index, f"{index.name} {why} {twin.name}: every write keeps both")
        elif (
            used and not index.scans and not index.unique and index.bytes > UNUSED_BYTES_MIN and index.name not in kept
        ):
            yield _index_finding("unused_index", index, f"nobody has read {index.name} since the statistics began")
        if not index.valid:
            yield _index_finding("invalid_index", index, f"{index.name} was not finished and is not used")
        if bloat.get(index.name, 0.0) > BLOAT_SHARE and index.bytes > BLOAT_BYTES_MIN:
            yield Finding(
                "bloated_index", Level.WARNING, index.name, "", 0,
                f"{bloat[index.name]:.0%} of {index.name} ({index.bytes / 1e6:,.1f} MB) is empty",
                "rebuild it beside itself",
                f"REINDEX INDEX CONCURRENTLY {index.name};",
            )  # fmt: skip


def judge_tables(schema: Schema, emptied: frozenset[str] | None = None) -> Iterator[Finding]:
    """Yield tables with too many indexes or stale statistics, and foreign keys without an index.

    A key that only refuses matters where rows are deleted: in the `emptied` tables, in any when that is not known.
    """
    for table in schema.tables.values():
        count = len(schema.indexes_of(table.name))
        if count > MANY_INDEXES:
            words = f"{table.name} has {count} indexes; each row written pays for all of them"
            yield Finding("many_indexes", Level.WARNING, table.name, "", 0, words, "drop those that no query needs")
        if table.rows >= FOREIGN_KEY_ROWS_MIN and (not table.analysed or table.changed > STALE_SHARE * table.rows):
            words = f"{table.changed:,} rows of {table.name} have changed since its statistics were gathered"
            remedy = "gather statistics, and let autovacuum do so sooner"
            yield Finding("stale_statistics", Level.WARNING, table.name, "", 0, words, remedy, f"ANALYZE {table.name};")
    for key in schema.foreign_keys:
        if schema.tables[key.table].rows < FOREIGN_KEY_ROWS_MIN or _supported(key, schema):
            continue
        if key.on_delete in {"c", "n"} or emptied is None or key.refers_to in emptied:
            yield _key_finding(key)


def _twin(index: Index, schema: Schema) -> Index | None:
    return next((other for other in schema.indexes_of(index.table) if _covers(other, index)), None)


def _covers(other: Index, index: Index) -> bool:
    """Say whether an index could go because the other does all it does; of two twins the later name goes."""
    if other.name == index.name or index.unique or index.constraint or other.method != index.method:
        return False
    if other.predicate != index.predicate or other.columns[: len(index.columns)] != index.columns or not other.valid:
        return False
    if other.classes[: len(index.classes)] != index.classes or not _same_way(index, other):
        return False
    if set(index.included) - set(other.included) - set(other.columns):
        return False
    return len(other.columns) > len(index.columns) or other.unique or other.name < index.name


def _same_way(index: Index, other: Index) -> bool:
    """Say whether the other reads in the same order, forwards or backwards; DESC is 1, NULLS FIRST 2 of an option."""
    theirs = other.directions[: len(index.directions)]
    return theirs in (index.directions, tuple(option ^ 3 for option in index.directions))


def _supported(key: ForeignKey, schema: Schema) -> bool:
    return any(
        set(index.columns[: len(key.columns)]) == set(key.columns)
        and (not index.predicate or "IS NOT NULL" in index.predicate)
        for index in schema.indexes_of(key.table)
    )


def _key_finding(key: ForeignKey) -> Finding:
    columns = ", ".join(key.columns)
    cascade = "deletes there delete here" if key.on_delete == "c" else "a delete there looks for rows here"
    made = Proposal(key.table, key.columns, "btree", "", 0, 0, 0)
    words = f"{key.name}: {cascade}, and nothing finds {key.table} by {columns} but reading all of it"
    level = Level.BREACH if key.on_delete in {"c", "n"} else Level.WARNING
    return Finding(
        "foreign_key_without_index", level, key.table, "", 0, words, "index the columns that refer", made.sql
    )


def _index_finding(rule: str, index: Index, words: str) -> Finding:
    drop = f"DROP INDEX CONCURRENTLY {index.name};"
    return Finding(rule, Level.WARNING, index.name, "", 0, words, "drop it, after a look at the replicas' use", drop)
