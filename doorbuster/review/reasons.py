"""Why a statement costs what it does, and what to write instead.

Each reason looks at what the statement says (and, where words do not tell, at its plan). Most are asked only when the
budget does not hold: a statement that is quick at size may look as it likes. Those in ALWAYS are wrong at any size.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from doorbuster.review.plans import Node, Run
from doorbuster.review.reading import Reading, node_value, walk
from doorbuster.review.schema import Schema

LIST_MAX = 100
LOOPS_MANY = 100
ROWS_MANY = 1_000
CASTS = frozenset({
    "text", "varchar", "int2", "int4", "int8", "numeric", "float4", "float8", "uuid", "date", "timestamp", "timestamptz", "bpchar",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """A known mistake: its name, what is wrong here, and what to do."""

    rule: str
    words: str
    remedy: str


Asked = tuple[Reading, Schema, Run | None]
Finder = Callable[[Reading, Schema, Run | None], str]


def reasons_of(reading: Reading, schema: Schema, run: Run | None, finders: Sequence[str] = ()) -> Iterator[Reason]:
    """Yield the reasons that fit, the most telling first; only those named in `finders` when there are any."""
    for rule, (finder, remedy) in KNOWN.items():
        if (not finders or rule in finders) and (words := finder(reading, schema, run)):
            yield Reason(rule, words, remedy)


def _nodes(run: Run | None) -> Iterator[Node]:
    return run.root.all() if run else iter(())


def _statements(reading: Reading) -> Iterator[Any]:
    return (node for node in walk(reading.tree) if type(node).__name__ == "SelectStmt")


def _no_where(reading: Reading, schema: Schema, run: Run | None) -> str:
    if reading.verb not in {"UPDATE", "DELETE"} or reading.tree.whereClause is not None:
        return ""
    return f"{reading.verb} without WHERE touches every row, in one transaction"


def _offset(reading: Reading, schema: Schema, run: Run | None) -> str:
    return "OFFSET reads what it skips" if any(node_value(each, "limitOffset") for each in _statements(reading)) else ""


def _random(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in _statements(reading):
        for by in node_value(each, "sortClause") or ():
            if any(_function(node) == "random" for node in walk(by)):
                return "ORDER BY random() reads and sorts everything to keep a few"
    return ""


def _not_in(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in walk(reading.tree):
        inner = node.args[0] if type(node).__name__ == "BoolExpr" and node.boolop.name == "NOT_EXPR" else None
        if type(inner).__name__ == "SubLink" and inner.subLinkType.name == "ANY_SUBLINK":
            return "NOT IN (SELECT …) finds nothing as soon as one value is NULL, and cannot be an anti-join"
    return ""


def _cartesian(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in _statements(reading):
        tables = [item for item in each.fromClause or () if type(item).__name__ == "RangeVar" and item.relname in schema.tables]
        linked = {c.table for c in reading.comparisons if c.to_column} | {
            c.to_column.partition(".")[0] for c in reading.comparisons
        }
        lonely = [item.relname for item in tables if item.relname not in linked]
        if len(tables) > 1 and lonely:
            return f"{lonely[0]} is joined to nothing: every row meets every row"
    return ""


def _long_list(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in walk(reading.tree):
        if type(node).__name__ == "A_Expr" and node.kind.name == "AEXPR_IN" and len(node.rexpr) > LIST_MAX:
            return f"a list of {len(node.rexpr)} values is another statement for each length, and has no bound"
    return ""


def _function_on_column(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in reading.comparisons:
        if each.wrapped and each.wrapped not in CASTS and each.operator in {"=", "<", ">", "<=", ">=", "IN", "LIKE"}:
            if _indexed_expression(schema, each.table, each.wrapped):
                continue
            return f"{each.wrapped}({each.column}) hides {each.table}.{each.column} from its index"
    return ""


def _implicit_cast(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in reading.comparisons:
        if each.wrapped in CASTS:
            return f"{each.table}.{each.column} is cast to {each.wrapped} for every row, so its index is of no use"
    for node in _nodes(run):
        for table in reading.tables:
            for column in schema.tables[table].columns:
                if f"(({column})::" in node.conditions and "Filter" in node.conditions and node.table == table:
                    return f"{table}.{column} is cast for every row: what it is compared with has another type"
    return ""


def _wildcard(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in reading.comparisons:
        if each.operator in {"LIKE", "ILIKE", "~~", "~~*"} and _starts_anywhere(each.value, reading):
            return f"{each.table}.{each.column} is searched for a text in its middle"
    return ""


def _ilike(reading: Reading, schema: Schema, run: Run | None) -> str:
    found = next((each for each in reading.comparisons if each.operator in {"ILIKE", "~~*"}), None)
    return f"ILIKE on {found.table}.{found.column} uses no B-tree" if found else ""


def _or_across(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in walk(reading.tree):
        if type(node).__name__ == "BoolExpr" and node.boolop.name == "OR_EXPR":
            columns = {part.fields[-1].sval for arg in node.args for part in walk(arg)
                       if type(part).__name__ == "ColumnRef" and hasattr(part.fields[-1], "sval")}  # fmt: skip
            if len(columns) > 1:
                return f"OR across {' and '.join(sorted(columns))} cannot follow one index"
    return ""


def _json(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in reading.comparisons:
        if each.operator in {"@>", "?"} and not any("gin" in i.method for i in schema.indexes_of(each.table)):
            return f"{each.table}.{each.column} is asked for what it contains, without a GIN index"
    return ""


def _materialized(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in walk(reading.tree):
        if type(node).__name__ == "CommonTableExpr" and node.ctematerialized.name == "CTEMaterializeAlways":
            return f"WITH {node.ctename} AS MATERIALIZED is computed whole before the conditions outside are looked at"
    return ""


def _count_all(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in _statements(reading):
        counts = any(_function(node) == "count" for node in walk(each.targetList or ()))
        if counts and each.whereClause is None and each.groupClause is None and _tables_of(each):
            return "count(*) over a whole table reads all of it, each time"
    return ""


def _distinct(reading: Reading, schema: Schema, run: Run | None) -> str:
    for each in _statements(reading):
        joins = any(type(node).__name__ == "JoinExpr" for node in walk(each.fromClause or ())) or len(each.fromClause or ()) > 1
        if each.distinctClause and joins:
            return "DISTINCT throws away rows that the join had multiplied"
    return ""


def _union(reading: Reading, schema: Schema, run: Run | None) -> str:
    if any(node_value(each, "op") and each.op.name == "SETOP_UNION" and not each.all for each in _statements(reading)):
        return "UNION sorts or hashes all rows to look for twins"
    return ""


def _correlated(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in _nodes(run):
        if node.relation == "SubPlan" and node.loops >= LOOPS_MANY:
            return f"a nested SELECT runs {node.loops:,.0f} times, once for each row"
    return ""


def _lateral(reading: Reading, schema: Schema, run: Run | None) -> str:
    lateral = any(node_value(node, "lateral") for node in walk(reading.tree) if type(node).__name__ == "RangeSubselect")
    most = max((node.loops for node in _nodes(run)), default=0)
    return f"LATERAL runs {most:,.0f} times, once for each row" if lateral and most >= LOOPS_MANY else ""


def _locks_scan(reading: Reading, schema: Schema, run: Run | None) -> str:
    locks = any(node_value(each, "lockingClause") for each in _statements(reading))
    scans = bool(run and run.scanned) or any(node.removed * max(node.loops, 1) > ROWS_MANY for node in _nodes(run))
    return "FOR UPDATE looks at row after row while it holds its locks" if locks and scans else ""


def _range_first(reading: Reading, schema: Schema, run: Run | None) -> str:
    equal = {(c.table, c.column) for c in reading.comparisons if c.operator == "=" and not c.wrapped}
    ranged = {(c.table, c.column) for c in reading.comparisons if c.operator in {"<", ">", "<=", ">="} and not c.wrapped}
    for node in _nodes(run):
        index = next((i for i in schema.indexes if i.name == node.index), None)
        if index and (index.table, index.columns[0]) in ranged and {(index.table, c) for c in index.columns[1:]} & equal:
            return f"{index.name} begins with the range ({index.columns[0]}) and so reads all of it"
    return ""


def _unbounded(reading: Reading, schema: Schema, run: Run | None) -> str:
    if reading.verb != "SELECT" or run is None or run.rows < ROWS_MANY or node_value(reading.tree, "limitCount"):
        return ""
    return f"no LIMIT: {run.rows:,.0f} rows today, more tomorrow"


def _sort(reading: Reading, schema: Schema, run: Run | None) -> str:
    sorts = [node for node in _nodes(run) if node.kind in {"Sort", "Incremental Sort"}]
    below = max((child.rows * max(child.loops, 1) for node in sorts for child in node.children), default=0)
    spills = any(node.spilled for node in sorts)
    if spills:
        return f"{below:,.0f} rows are sorted on disk"
    return f"{below:,.0f} rows are sorted for each call" if below >= ROWS_MANY else ""


def _hash_spill(reading: Reading, schema: Schema, run: Run | None) -> str:
    spilling = [node for node in _nodes(run) if node.kind in {"Hash", "Aggregate", "Hash Join"} and node.spilled]
    return f"{spilling[-1].kind} does not fit into work_mem and goes through disk" if spilling else ""


def _stale(reading: Reading, schema: Schema, run: Run | None) -> str:
    if run is None or run.misjudged[0] < ROWS_MANY / 100:
        return ""
    for name in reading.tables:
        table = schema.tables[name]
        if not table.analysed or table.changed > max(ROWS_MANY, table.rows // 5):
            return f"{table.changed:,} rows of {name} have changed since its statistics were gathered"
    return ""


def _everything(reading: Reading, schema: Schema, run: Run | None) -> str:
    for node in _nodes(run):
        if node.table and node.examined >= ROWS_MANY * 5 and node.removed * 2 < node.rows and not node.index:
            return f"{node.examined:,.0f} rows of {node.table} are wanted in one statement"
    return ""


def _tables_of(select: Any) -> list[Any]:
    return [item for item in select.fromClause or () if type(item).__name__ == "RangeVar"]


def _function(node: Any) -> str:
    return str(node.funcname[-1].sval) if type(node).__name__ == "FuncCall" else ""


def _indexed_expression(schema: Schema, table: str, function: str) -> bool:
    return any(column.startswith(f"{function}(") for index in schema.indexes_of(table) for column in index.columns)


def _starts_anywhere(value: str, reading: Reading) -> bool:
    if value:
        return value.startswith(("%", "_"))
    texts = [node.sval for node in walk(reading.tree) if type(node).__name__ == "String"]
    return "%" in texts


KNOWN: dict[str, tuple[Finder, str]] = {
    "no_where": (_no_where, "say which rows, and change them in bites by key"),
    "offset_paging": (_offset, "page by key: WHERE (sort key, id) < (the last row's) ORDER BY … LIMIT n"),
    "random_order": (_random, "take rows by TABLESAMPLE, or from a random key on: WHERE id >= $1 ORDER BY id LIMIT n"),
    "not_in_nullable": (_not_in, "write NOT EXISTS (SELECT 1 … WHERE …)"),
    "cartesian_join": (_cartesian, "join by a key: JOIN … ON …"),
    "long_list": (_long_list, "pass one array of bounded length: = ANY ($1)"),
    "stale_statistics": (_stale, "ANALYZE the table, and let autovacuum do so sooner"),
    "range_before_equality": (_range_first, "make the index with the columns of equality first, then the range"),
    "function_on_column": (_function_on_column, "index the expression, or leave the column bare and move the function to the other side"),
    "implicit_cast": (_implicit_cast, "give the parameter the column's type instead of casting the column"),
    "leading_wildcard": (_wildcard, "search words with a tsvector, or index trigrams: USING gin (… gin_trgm_ops)"),
    "ilike": (_ilike, "index lower(column) text_pattern_ops and compare lower() with LIKE, or index trigrams"),
    "or_across_columns": (_or_across, "UNION ALL of a statement for each column, each with its index"),
    "json_without_gin": (_json, "CREATE INDEX … USING gin (column jsonb_path_ops)"),
    "materialized_cte": (_materialized, "leave MATERIALIZED out, or put the condition inside"),
    "locks_while_scanning": (_locks_scan, "find the rows by an index before locking them, with SKIP LOCKED in a queue"),
    "correlated_subquery": (_correlated, "join once and aggregate, or page first and look up for the page only"),
    "lateral_per_row": (_lateral, "page first and look up for the page only, or join once and aggregate"),
    "distinct_over_join": (_distinct, "ask with EXISTS instead of joining"),
    "union_for_union_all": (_union, "write UNION ALL where no twins can be"),
    "count_all": (_count_all, "keep a counter, take pg_class.reltuples, or count up to a limit"),
    "missing_limit": (_unbounded, "add ORDER BY a key and LIMIT n, and page by that key"),
    "hash_spill": (_hash_spill, "narrow the rows before, aggregate by an index, or raise work_mem for this statement"),
    "sort": (_sort, "an index in this order gives the rows sorted: see the proposal"),
    "all_at_once": (_everything, "change or read them in bites by key"),
}  # fmt: skip
"""Rule -> (what finds it, what to write instead); the order is from the most to the least telling."""

ALWAYS = ("no_where", "not_in_nullable", "random_order", "cartesian_join", "long_list", "offset_paging")
"""What is wrong however quick it is today."""
