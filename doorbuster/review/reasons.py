"""Why a statement costs what it does, and what to write instead.

Each reason looks at what the statement says (mistakes.py) or, where words do not tell, at its plan. Most are asked only
when the budget does not hold: a statement that is quick at size may look as it likes. Those in ALWAYS are wrong at any
size.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from doorbuster.review import mistakes
from doorbuster.review.budget import Q_ERROR_WARNING
from doorbuster.review.mistakes import Look, nodes, statements
from doorbuster.review.reading import node_value, walk

LOOPS_MANY = 100
ROWS_MANY = 1_000
STALE_TIMES = 1.2

Finder = Callable[[Look], str]


@dataclass(frozen=True, slots=True)
class Reason:
    """A known mistake: its name, what is wrong here, and what to do."""

    rule: str
    words: str
    remedy: str


def reasons_of(look: Look, finders: Sequence[str] = ()) -> Iterator[Reason]:
    """Yield the reasons that fit, the most telling first; only those named in `finders` when there are any."""
    for rule, (finder, remedy) in KNOWN.items():
        if (not finders or rule in finders) and (words := finder(look)):
            yield Reason(rule, words, remedy)


def _correlated(look: Look) -> str:
    for node in nodes(look.run):
        if node.relation == "SubPlan" and node.loops >= LOOPS_MANY:
            return f"a nested SELECT runs {node.loops:,.0f} times, once for each row"
    return ""


def _lateral(look: Look) -> str:
    lateral = any(
        node_value(node, "lateral") for node in walk(look.reading.tree) if type(node).__name__ == "RangeSubselect"
    )
    most = max((node.loops for node in nodes(look.run)), default=0)
    return f"LATERAL runs {most:,.0f} times, once for each row" if lateral and most >= LOOPS_MANY else ""


def _locks_scan(look: Look) -> str:
    locks = any(node_value(each, "lockingClause") for each in statements(look.reading))
    scans = bool(look.run and look.run.scanned) or any(
        node.removed * max(node.loops, 1) > ROWS_MANY for node in nodes(look.run)
    )
    return "FOR UPDATE looks at row after row while it holds its locks" if locks and scans else ""


def _range_first(look: Look) -> str:
    equal = {(c.table, c.column) for c in look.reading.comparisons if c.operator == "=" and not c.wrapped}
    ranged = {
        (c.table, c.column) for c in look.reading.comparisons if c.operator in {"<", ">", "<=", ">="} and not c.wrapped
    }
    for node in nodes(look.run):
        index = next((i for i in look.schema.indexes if i.name == node.index), None)
        if (
            index
            and (index.table, index.columns[0]) in ranged
            and {(index.table, c) for c in index.columns[1:]} & equal
        ):
            return f"{index.name} begins with the range ({index.columns[0]}) and so reads all of it"
    return ""


def _unbounded(look: Look) -> str:
    if (
        look.reading.verb != "SELECT"
        or look.run is None
        or look.run.rows < ROWS_MANY
        or node_value(look.reading.tree, "limitCount")
    ):
        return ""
    return f"no LIMIT: {look.run.rows:,.0f} rows today, more tomorrow"


def _sort(look: Look) -> str:
    sorts = [node for node in nodes(look.run) if node.kind in {"Sort", "Incremental Sort"}]
    below = max((child.rows * max(child.loops, 1) for node in sorts for child in node.children), default=0)
    spills = any(node.spilled for node in sorts)
    if spills:
        return f"{below:,.0f} rows are sorted on disk"
    return f"{below:,.0f} rows are sorted for each call" if below >= ROWS_MANY else ""


def _hash_spill(look: Look) -> str:
    spilling = [node for node in nodes(look.run) if node.kind in {"Hash", "Aggregate", "Hash Join"} and node.spilled]
    return f"{spilling[-1].kind} does not fit into work_mem and goes through disk" if spilling else ""


def _stale(look: Look) -> str:
    for node in nodes(look.run):
        table = look.schema.tables.get(node.table)
        if (
            table
            and node.kind == "Seq Scan"
            and node.loops == 1
            and node.examined > max(ROWS_MANY, STALE_TIMES * table.rows)
        ):
            return f"{node.table} has {node.examined:,.0f} rows, its statistics know {table.rows:,}"
    if look.run is None or look.run.misjudged[0] < Q_ERROR_WARNING:
        return ""
    for table in (look.schema.tables[name] for name in look.reading.tables):
        if not table.analysed or table.changed > max(ROWS_MANY, table.rows // 5):
            return f"{table.changed:,} rows of {table.name} have changed since its statistics were gathered"
    return ""


def _everything(look: Look) -> str:
    for node in nodes(look.run):
        if node.table and node.examined >= ROWS_MANY * 5 and node.removed * 2 < node.rows and not node.index:
            return f"{node.examined:,.0f} rows of {node.table} are wanted in one statement"
    return ""


KNOWN: dict[str, tuple[Finder, str]] = {
    "no_where": (mistakes.no_where, "say which rows, and change them in bites by key"),
    "offset_paging": (mistakes.offset_paging, "page by key: WHERE (key, id) < (the last row's) ORDER BY … LIMIT n"),
    "random_order": (mistakes.random_order, "take TABLESAMPLE, or begin at a random key: id >= $1 LIMIT n"),
    "not_in_nullable": (mistakes.not_in, "write NOT EXISTS (SELECT 1 … WHERE …)"),
    "cartesian_join": (mistakes.cartesian, "join by a key: JOIN … ON …"),
    "long_list": (mistakes.long_list, "pass one array of bounded length: = ANY ($1)"),
    "stale_statistics": (_stale, "ANALYZE the table, and let autovacuum do so sooner"),
    "range_before_equality": (_range_first, "make the index with the columns of equality first, then the range"),
    "volatile_comparison": (mistakes.moving_clock, "compare with now() or statement_timestamp(), which stand still"),
    "function_on_column": (mistakes.function_on_column, "index the expression, or leave the column bare"),
    "implicit_cast": (mistakes.implicit_cast, "give the parameter the column's type instead of casting the column"),
    "leading_wildcard": (mistakes.wildcard, "search words with a tsvector, or index trigrams (gin_trgm_ops)"),
    "ilike": (mistakes.case_blind, "index lower(column) text_pattern_ops and use LIKE, or index trigrams"),
    "or_across_columns": (mistakes.or_across, "UNION ALL of a statement for each column, each with its index"),
    "json_without_gin": (mistakes.json_contents, "CREATE INDEX … USING gin (column jsonb_path_ops)"),
    "materialized_cte": (mistakes.materialized, "leave MATERIALIZED out, or put the condition inside"),
    "locks_while_scanning": (_locks_scan, "find the rows by an index before locking them, with SKIP LOCKED in a queue"),
    "correlated_subquery": (_correlated, "join once and aggregate, or page first and look up for the page only"),
    "lateral_per_row": (_lateral, "page first and look up for the page only, or join once and aggregate"),
    "distinct_over_join": (mistakes.distinct_over_join, "ask with EXISTS instead of joining"),
    "union_for_union_all": (mistakes.union_of_twins, "write UNION ALL where no twins can be"),
    "count_all": (mistakes.count_all, "keep a counter, take pg_class.reltuples, or count up to a limit"),
    "missing_limit": (_unbounded, "add ORDER BY a key and LIMIT n, and page by that key"),
    "hash_spill": (_hash_spill, "narrow the rows before, aggregate by an index, or raise work_mem for this statement"),
    "sort": (_sort, "an index in this order gives the rows sorted: see the proposal"),
    "all_at_once": (_everything, "change or read them in bites by key"),
}  # fmt: skip
"""Rule -> (what finds it, what to write instead); the order is from the most to the least telling."""

ALWAYS = (
    "no_where",
    "not_in_nullable",
    "random_order",
    "cartesian_join",
    "long_list",
    "offset_paging",
    "volatile_comparison",
)
"""What is wrong however quick it is today."""
