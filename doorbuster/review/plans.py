"""Runs a statement and reads its plan: EXPLAIN (ANALYZE, BUFFERS), generically and for each case, always rolled back.

What functions and triggers read inside is in no plan; PostgreSQL's counters of the transaction tell it table by table.

Promises: every statement runs in a transaction that is rolled back, with limits for its time and for its locks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from doorbuster.database import QueryFile
from doorbuster.database.plan import label_of
from doorbuster.database.pool import Refused
from doorbuster.review.values import Case, literal

SQL = QueryFile("doorbuster.review", "statistics.sql")
STATEMENT_TIMEOUT_MS = 300_000
FOREIGN_TIMEOUT_MS = 5_000
"""On a server that serves others a statement may not take longer."""
LOCK_TIMEOUT_MS = 2_000
NEVER_EXECUTED = 0.0
FEW_ROWS, FEW_AT_ONCE = 1_000, 10
UNKNOWABLE = frozenset({"Function Scan", "ProjectSet", "Result", "CTE Scan", "Values Scan"})
STOPPING = frozenset({"Limit", "Nested Loop", "Merge Join", "SubPlan", "Hash Join"})


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a plan; rows and loops as they were, `estimated` as they were thought."""

    kind: str
    label: str
    table: str
    index: str
    conditions: str
    estimated: float
    rows: float
    loops: float
    removed: float
    buffers: int
    spilled: int
    cost: float
    children: tuple["Node", ...] = ()
    relation: str = ""

    @property
    def examined(self) -> float:
        """Return how many rows it looked at, over all its loops."""
        return (self.rows + self.removed) * self.loops

    def all(self) -> Iterator["Node"]:
        """Yield the step and all below it."""
        yield self
        for child in self.children:
            yield from child.all()

    @property
    def own_buffers(self) -> int:
        """Return the buffers of this step alone."""
        return max(0, self.buffers - sum(child.buffers for child in self.children))


@dataclass(frozen=True, slots=True)
class Run:
    """One case, run: what it cost. `scanned` are the rows of a sequential scan, by table."""

    case: str
    generic: bool
    root: Node
    milliseconds: float
    rows: float
    examined: float
    scanned: dict[str, int] = field(default_factory=dict)

    @property
    def buffers(self) -> int:
        """Return the buffers touched."""
        return self.root.buffers

    @property
    def spilled(self) -> int:
        """Return the buffers written to temporary files."""
        return max((node.spilled for node in self.root.all()), default=0)

    @property
    def misjudged(self) -> tuple[float, Node]:
        """Return by how much the worst estimate was off, as a factor, and where; Moerkotte's q-error (VLDB 2009)."""
        return max(_q_errors(self.root, stopped=False), key=lambda pair: pair[0])


@dataclass(frozen=True, slots=True)
class Failed:
    """A case that PostgreSQL refused, with its words."""

    case: str
    reason: str


async def prepare(connection: Any, sql: str) -> list[str]:
    """Prepare the statement on the connection and return its parameters' types."""
    if await connection.fetchval(SQL.parameter_types.sql) is not None:
        await connection.execute("DEALLOCATE reviewed")
    await connection.execute(f"PREPARE reviewed AS {sql}")
    return list(await connection.fetchval(SQL.parameter_types.sql) or ())


async def run_case(
    connection: Any, case: Case, generic: bool = False, warm: bool = False, timeout_ms: int = STATEMENT_TIMEOUT_MS
) -> Run | Failed:
    """Run the prepared statement with a case's values and roll it back; `warm` runs it once before."""
    arguments = ", ".join(literal(value) for value in case.values)
    call = f"EXECUTE reviewed({arguments})" if case.values else "EXECUTE reviewed"
    try:
        if warm:
            async with rolled_back(connection, generic, timeout_ms):
                await connection.execute(call)
        async with rolled_back(connection, generic, timeout_ms):
            before = await _reads(connection)
            text = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {call}")
            after = await _reads(connection)
    except Refused as fault:
        return Failed(case.name, str(fault).splitlines()[0])
    return _run(case.name, generic, text, before, after)


async def estimate(connection: Any, case: Case | None = None) -> Node:
    """Return the plan of the prepared statement without running it; generic when no case is given."""
    types = await connection.fetchval(SQL.parameter_types.sql) or ()
    arguments = ", ".join(literal(value) for value in (case.values if case else [None] * len(types)))
    async with rolled_back(connection, case is None):
        call = f"EXECUTE reviewed({arguments})" if arguments else "EXECUTE reviewed"
        text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {call}")
    return _node(msgspec.json.decode(text)[0]["Plan"])


class rolled_back:  # noqa: N801 -- reads as what it does
    """A transaction that ends as if it had not been, with limits for its statements."""

    def __init__(self, connection: Any, generic: bool = False, timeout_ms: int = STATEMENT_TIMEOUT_MS) -> None:
        """With `generic`, plans are made without looking at the values."""
        self._connection, self._generic, self._timeout_ms = connection, generic, timeout_ms
        self._transaction: Any = None

    async def __aenter__(self) -> None:
        self._transaction = self._connection.transaction()
        await self._transaction.start()
        mode = "force_generic_plan" if self._generic else "force_custom_plan"
        await self._connection.execute(
            f"SET LOCAL statement_timeout = {self._timeout_ms}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS};"
            f"SET LOCAL plan_cache_mode = {mode}"
        )

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()


async def _reads(connection: Any) -> dict[str, tuple[int, int, int]]:
    rows = await connection.fetch(SQL.reads_of_tables.sql)
    return {row["name"]: (row["scans"], row["scanned"], row["fetched"]) for row in rows}


def run_of_plan(case: str, text: str) -> Run:
    """Return the run that a plan's text tells by itself: what was scanned is in its own steps."""
    run = _run(case, False, text, {}, {})
    scanned: dict[str, int] = {}
    for node in run.root.all():
        if node.kind == "Seq Scan" and node.loops:
            scanned[node.table] = max(scanned.get(node.table, 0), int(node.rows + node.removed))
    return replace(run, scanned=scanned)


def _run(case: str, generic: bool, text: str, before: dict[str, Any], after: dict[str, Any]) -> Run:
    told = msgspec.json.decode(text)[0]
    root = _node(told["Plan"])
    scanned, fetched = {}, 0
    for table, (scans, rows, by_index) in after.items():
        was = before.get(table, (0, 0, 0))
        fetched += by_index - was[2] + rows - was[1]
        if scans > was[0] and rows > was[1]:
            scanned[table] = (rows - was[1]) // (scans - was[0])
    scanned |= _scanned_together(told["Plan"])
    leaves = sum(node.examined for node in root.all() if not node.children and node.kind != "Result")
    milliseconds = told["Execution Time"] + sum(t.get("Time", 0) for t in told.get("Triggers", ()))
    returned = 0.0 if root.kind == "ModifyTable" and not root.rows else root.rows * root.loops
    return Run(case, generic, root, milliseconds, returned, max(leaves, fetched), scanned)


def _scanned_together(plan: dict[str, Any]) -> dict[str, int]:
    """Return the rows of tables that parallel workers shared between them: each is counted as a scan of its own."""
    below = [_scanned_together(each) for each in plan.get("Plans", ())]
    found = {table: rows for each in below for table, rows in each.items()}
    if plan.get("Parallel Aware") and plan["Node Type"] == "Seq Scan" and plan.get("Actual Loops"):
        rows = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
        found[plan["Relation Name"]] = int(rows)
    return found


def _node(plan: dict[str, Any]) -> Node:
    conditions = [f"{name}: {plan[name]}" for name in CONDITIONS if name in plan]
    removed = sum(plan.get(name, 0) for name in plan if name.startswith("Rows Removed by"))
    spilled = plan.get("Temp Written Blocks", 0)
    return Node(
        kind=plan["Node Type"], label=label_of(plan), table=plan.get("Relation Name", ""),
        index=plan.get("Index Name", ""),
        conditions="; ".join(conditions), estimated=plan["Plan Rows"], rows=plan.get("Actual Rows", NEVER_EXECUTED),
        loops=plan.get("Actual Loops", 0), removed=removed,
        buffers=plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0), spilled=spilled,
        cost=plan["Total Cost"], children=tuple(_node(each) for each in plan.get("Plans", ())),
        relation=plan.get("Parent Relationship", ""),
    )  # fmt: skip


CONDITIONS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Group Key",
              "Sort Method", "Function Name")  # fmt: skip


def _q_errors(node: Node, stopped: bool) -> Iterator[tuple[float, Node]]:
    """Yield by what factor each step was misjudged; few rows, and what a LIMIT stopped, do not count."""
    thought, was = max(node.estimated, 1.0), max(node.rows, 1.0)
    few = max(thought, was) * max(node.loops, 1.0) < FEW_ROWS or max(thought, was) <= FEW_AT_ONCE
    known = node.kind not in UNKNOWABLE and node.loops > 0
    counts = known and not few and (was > thought or (bool(node.table) and not stopped))
    yield (max(thought / was, was / thought) if counts else 1.0), node
    stopped = stopped or node.kind in STOPPING
    for child in node.children:
        yield from _q_errors(child, stopped or child.relation in {"InitPlan", "SubPlan"})
