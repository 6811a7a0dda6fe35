"""What a statement says that costs too much at size, read from its words; reasons.py knows when to look."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from doorbuster.review.plans import Node, Run
from doorbuster.review.reading import Reading, node_value, walk
from doorbuster.review.schema import Schema

LIST_MAX = 100
LARGE_ROWS = 1_000
CASTS = frozenset({
    "text", "varchar", "int2", "int4", "int8", "numeric", "float4", "float8", "uuid", "date", "timestamp",
    "timestamptz", "bpchar",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What a reason may look at: the statement, the tables, and the run that broke the budget."""

    reading: Reading
    schema: Schema
    run: Run | None


def nodes(run: Run | None) -> Iterator[Node]:
    """Yield the steps of the plan, none without a run."""
    return run.root.all() if run else iter(())


def statements(reading: Reading) -> Iterator[Any]:
    """Yield every SELECT in the statement."""
    return (node for node in walk(reading.tree) if type(node).__name__ == "SelectStmt")


def no_where(look: Look) -> str:
    """Find a write to every row."""
    if look.reading.verb not in {"UPDATE", "DELETE"} or look.reading.tree.whereClause is not None:
        return ""
    return f"{look.reading.verb} without WHERE touches every row, in one transaction"


def offset_paging(look: Look) -> str:
    """Find paging by OFFSET."""
    return (
        "OFFSET reads what it skips"
        if any(node_value(each, "limitOffset") for each in statements(look.reading))
        else ""
    )


def random_order(look: Look) -> str:
    """Find an order by chance."""
    for each in statements(look.reading):
        for by in node_value(each, "sortClause") or ():
            if any(_function(node) == "random" for node in walk(by)):
                return "ORDER BY random() reads and sorts everything to keep a few"
    return ""


def not_in(look: Look) -> str:
    """Find NOT IN over a nested SELECT."""
    for node in walk(look.reading.tree):
        inner: Any = node.args[0] if type(node).__name__ == "BoolExpr" and node.boolop.name == "NOT_EXPR" else None
        if type(inner).__name__ == "SubLink" and inner.subLinkType.name == "ANY_SUBLINK":
            return "NOT IN (SELECT …) finds nothing as soon as one value is NULL, and cannot be an anti-join"
    return ""


def cartesian(look: Look) -> str:
    """Find a table that nothing joins."""
    for each in statements(look.reading):
        tables = [
            item
            for item in each.fromClause or ()
            if type(item).__name__ == "RangeVar" and item.relname in look.schema.tables
        ]
        linked = {c.table for c in look.reading.comparisons if c.to_column} | {
            c.to_column.partition(".")[0] for c in look.reading.comparisons
        }
        lonely = [item.relname for item in tables if item.relname not in linked]
        if len(tables) > 1 and lonely:
            return f"{lonely[0]} is joined to nothing: every row meets every row"
    return ""


def long_list(look: Look) -> str:
    """Find a list of values written out."""
    for node in walk(look.reading.tree):
        if type(node).__name__ == "A_Expr" and node.kind.name == "AEXPR_IN" and len(node.rexpr) > LIST_MAX:
            return f"a list of {len(node.rexpr)} values is another statement for each length, and has no bound"
    return ""


def function_on_column(look: Look) -> str:
    """Find a column inside a function that no index knows."""
    for each in look.reading.comparisons:
        if each.wrapped and each.wrapped not in CASTS and each.operator in {"=", "<", ">", "<=", ">=", "IN", "LIKE"}:
            if _indexed_expression(look.schema, each.table, each.wrapped):
                continue
            return f"{each.wrapped}({each.column}) hides {each.table}.{each.column} from its index"
    return ""


def implicit_cast(look: Look) -> str:
    """Find a column that is cast for each row."""
    for each in look.reading.comparisons:
        if each.wrapped in CASTS:
            return f"{each.table}.{each.column} is cast to {each.wrapped} for every row, so its index is of no use"
    for node in nodes(look.run):
        for table in look.reading.tables:
            for column in look.schema.tables[table].columns:
                if f"(({column})::" in node.conditions and "Filter" in node.conditions and node.table == table:
                    return f"{table}.{column} is cast for every row: what it is compared with has another type"
    return ""


def wildcard(look: Look) -> str:
    """Find a text that is looked for in the middle."""
    for each in look.reading.comparisons:
        if each.operator in {"LIKE", "ILIKE", "~~", "~~*"} and _starts_anywhere(each.value, look.reading):
            return f"{each.table}.{each.column} is searched for a text in its middle"
    return ""


def moving_clock(look: Look) -> str:
    """Find a column held against a function that is asked anew for each row."""
    for each in look.reading.comparisons:
        indexed = any(each.column in index.columns for index in look.schema.indexes_of(each.table))
        if each.volatile and indexed and look.schema.tables[each.table].rows >= LARGE_ROWS:
            return f"{each.volatile}() is asked for every row, so no index finds {each.table}.{each.column}"
    return ""


def case_blind(look: Look) -> str:
    """Find ILIKE."""
    found = next((each for each in look.reading.comparisons if each.operator in {"ILIKE", "~~*"}), None)
    return f"ILIKE on {found.table}.{found.column} uses no B-tree" if found else ""


def or_across(look: Look) -> str:
    """Find OR between columns."""
    for node in walk(look.reading.tree):
        if type(node).__name__ == "BoolExpr" and node.boolop.name == "OR_EXPR":
            columns = {part.fields[-1].sval for arg in node.args for part in walk(arg)
                       if type(part).__name__ == "ColumnRef" and hasattr(part.fields[-1], "sval")}  # fmt: skip
            if len(columns) > 1:
                return f"OR across {' and '.join(sorted(columns))} cannot follow one index"
    return ""


def json_contents(look: Look) -> str:
    """Find a question about contents without a GIN index."""
    for each in look.reading.comparisons:
        if each.operator in {"@>", "?"} and not any("gin" in i.method for i in look.schema.indexes_of(each.table)):
            return f"{each.table}.{each.column} is asked for what it contains, without a GIN index"
    return ""


def materialized(look: Look) -> str:
    """Find a fence around a WITH."""
    for node in walk(look.reading.tree):
        if type(node).__name__ == "CommonTableExpr" and node.ctematerialized.name == "CTEMaterializeAlways":
            return f"WITH {node.ctename} AS MATERIALIZED is computed whole before the conditions outside are looked at"
    return ""


def count_all(look: Look) -> str:
    """Find a count of a whole table."""
    for each in statements(look.reading):
        counts = any(_function(node) == "count" for node in walk(each.targetList or ()))
        if counts and each.whereClause is None and each.groupClause is None and _tables_of(each):
            return "count(*) over a whole table reads all of it, each time"
    return ""


def distinct_over_join(look: Look) -> str:
    """Find DISTINCT over a join."""
    for each in statements(look.reading):
        joins = (
            any(type(node).__name__ == "JoinExpr" for node in walk(each.fromClause or ()))
            or len(each.fromClause or ()) > 1
        )
        if each.distinctClause and joins:
            return "DISTINCT throws away rows that the join had multiplied"
    return ""


def union_of_twins(look: Look) -> str:
    """Find UNION without ALL."""
    if any(
        node_value(each, "op") and each.op.name == "SETOP_UNION" and not each.all for each in statements(look.reading)
    ):
        return "UNION sorts or hashes all rows to look for twins"
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
