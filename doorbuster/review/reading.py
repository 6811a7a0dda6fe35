"""What a statement says, read with PostgreSQL's own parser: tables, comparisons, and where each parameter goes.

Promises: resolves a column through aliases, nested queries and common table expressions as far as names decide it.
Never: runs anything, or guesses a column that two tables may have.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from doorbuster.review.schema import Schema

VOLATILE = frozenset({"clock_timestamp", "timeofday", "random", "gen_random_uuid", "nextval"})
Scope = Mapping[str, str]
"""Alias -> table; a derived table's alias leads to an empty name."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column held against something: `wrapped` is around the column, `parameter` a $n or 0."""

    table: str
    column: str
    operator: str
    parameter: int = 0
    wrapped: str = ""
    value: str = ""
    to_column: str = ""
    volatile: str = ""


@dataclass
class Reading:
    """All that was read from one statement."""

    verb: str = ""
    tables: list[str] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    targets: dict[int, tuple[str, str]] = field(default_factory=dict)
    limits: set[int] = field(default_factory=set)
    offsets: set[int] = field(default_factory=set)
    parameters: set[int] = field(default_factory=set)
    orders: list[tuple[str, tuple[tuple[str, bool], ...]]] = field(default_factory=list)
    tree: Any = None

    def column_of(self, parameter: int) -> tuple[str, str] | None:
        """Return the table and column that a parameter is compared with or written to."""
        found = [each for each in self.comparisons if each.parameter == parameter and not each.wrapped]
        found.sort(key=lambda each: each.operator != "=")
        return (found[0].table, found[0].column) if found else self.targets.get(parameter)


def read_statement(sql: str, schema: Schema) -> Reading:
    """Read one statement; raises pglast.parser.ParseError for what is no SQL."""
    import pglast

    tree = pglast.parse_sql(sql)[0].stmt
    reading = Reading(verb=type(tree).__name__.removesuffix("Stmt").upper(), tree=tree)
    _Reader(schema, reading).visit(tree, {})
    return reading


class _Reader:
    """Walks the tree with the names that are known at each place."""

    def __init__(self, schema: Schema, reading: Reading) -> None:
        self.schema, self.reading = schema, reading
        self._filters = True

    def visit(self, node: Any, scope: Scope) -> None:
        kind = type(node).__name__
        if kind in {"SelectStmt", "UpdateStmt", "DeleteStmt", "InsertStmt"}:
            scope = {**scope, **self._names(node)}
            self._write(node)
            self._page(node, scope)
            self._filters = True
        elif kind == "ResTarget":
            self._filters = False  # what is shown of a row does not choose the row
        elif kind == "A_Expr":
            self._compare(node, scope)
        elif kind == "ParamRef":
            self.reading.parameters.add(node.number)
        filters = self._filters
        for child in children(node):
            self.visit(child, scope)
            self._filters = filters

    def _names(self, node: Any) -> dict[str, str]:
        """Return the names that a statement's own FROM brings; common table expressions lead nowhere."""
        names: dict[str, str] = {}
        derived = {cte.ctename for cte in getattr(node.withClause, "ctes", None) or ()}
        sources = [*(getattr(node, "fromClause", None) or ()), *(getattr(node, "usingClause", None) or ())]
        if getattr(node, "relation", None) is not None:
            sources.insert(0, node.relation)
        for source in sources:
            for item in _range_items(source):
                alias = item.alias.aliasname if getattr(item, "alias", None) else getattr(item, "relname", "")
                table = getattr(item, "relname", "")
                known = table if table in self.schema.tables and table not in derived else ""
                names[alias] = known
                if known and known not in self.reading.tables:
                    self.reading.tables.append(known)
        return names

    def _write(self, node: Any) -> None:
        """Note the columns that parameters are written to."""
        kind = type(node).__name__
        if kind == "UpdateStmt":
            for target in node.targetList or ():
                self._target(node.relation.relname, target.name, target.val)
        if kind != "InsertStmt" or node.selectStmt is None:
            return
        columns = [column.name for column in node.cols or ()]
        rows = list(node.selectStmt.valuesLists or ())
        if node.selectStmt.targetList:
            rows.append([target.val for target in node.selectStmt.targetList])
        for row in rows:
            for name, value in zip(columns, row, strict=False):
                self._target(node.relation.relname, name, value)

    def _target(self, table: str, column: str, value: Any) -> None:
        bare = _bare(value)
        if type(bare).__name__ == "ParamRef":
            self.reading.targets.setdefault(bare.number, (table, column))

    def _page(self, node: Any, scope: Scope) -> None:
        """Note LIMIT, OFFSET and the order of one level."""
        for value, found in ((node_value(node, "limitCount"), self.reading.limits),
                             (node_value(node, "limitOffset"), self.reading.offsets)):  # fmt: skip
            found.update(inner.number for inner in walk(value) if type(inner).__name__ == "ParamRef")
        order = []
        for by in node_value(node, "sortClause") or ():
            place = self._column(_bare(by.node), scope)
            if place is None:
                return
            order.append((place, by.sortby_dir.name == "SORTBY_DESC"))
        tables = {table for (table, _), _ in order}
        if len(tables) == 1:
            self.reading.orders.append((tables.pop(), tuple((column, down) for (_, column), down in order)))

    def _compare(self, node: Any, scope: Scope) -> None:
        operator = node.name[-1].sval.upper() if node.name else "="
        operator = {"AEXPR_LIKE": "LIKE", "AEXPR_ILIKE": "ILIKE", "AEXPR_IN": "IN"}.get(node.kind.name, operator)
        left, right = node.lexpr, node.rexpr
        if type(left).__name__ == "RowExpr" and type(right).__name__ == "RowExpr":
            for one, other in zip(left.args, right.args, strict=False):
                self._pair(one, other, operator, scope)
            return
        for value in right if isinstance(right, tuple) else (right,):
            self._pair(left, value, operator, scope)
            if operator == "=":
                self._pair(value, left, operator, scope)

    def _pair(self, left: Any, right: Any, operator: str, scope: Scope) -> None:
        bare, wrapped = _unwrapped(left)
        place = self._column(bare, scope)
        if place is None:
            return
        other = self._column(_bare(right), scope)
        parameters = [inner.number for inner in walk(right) if type(inner).__name__ == "ParamRef"]
        self.reading.comparisons.append(
            Comparison(*place, operator, parameters[0] if parameters else 0, wrapped, _literal(right),
                       f"{other[0]}.{other[1]}" if other else "", _volatile(right) if self._filters else "")
        )  # fmt: skip

    def _column(self, node: Any, scope: Scope) -> tuple[str, str] | None:
        """Return table and column of a reference, or None when names do not decide it."""
        if type(node).__name__ != "ColumnRef" or not all(hasattr(part, "sval") for part in node.fields):
            return None
        *before, column = (part.sval for part in node.fields)
        if before:
            table = scope.get(before[-1], "")
            return (table, column) if table and column in self.schema.tables[table].columns else None
        homes = {t for t in scope.values() if t and column in self.schema.tables[t].columns}
        return (homes.pop(), column) if len(homes) == 1 else None


def children(node: Any) -> Iterator[Any]:
    """Yield the nodes right below a node or in a tuple of nodes."""
    if isinstance(node, tuple):
        yield from node
    elif hasattr(node, "__slots__") and type(node).__module__.startswith("pglast.ast"):
        for name in node:
            value = getattr(node, name)
            if isinstance(value, tuple) or type(value).__module__.startswith("pglast.ast"):
                yield value


def walk(node: Any) -> Iterator[Any]:
    """Yield a node and all below it."""
    if node is None:
        return
    yield node
    for child in children(node):
        yield from walk(child)


def node_value(node: Any, name: str) -> Any:
    """Return a node's field, None where it has no such field."""
    return getattr(node, name, None)


def _range_items(source: Any) -> Iterator[Any]:
    """Yield tables and derived tables of a FROM item; joins have two sides."""
    if type(source).__name__ == "JoinExpr":
        yield from _range_items(source.larg)
        yield from _range_items(source.rarg)
    else:
        yield source


def _bare(node: Any) -> Any:
    """Take casts off."""
    while type(node).__name__ == "TypeCast":
        node = node.arg
    return node


def _unwrapped(node: Any) -> tuple[Any, str]:
    """Take functions and casts off a column; return what was around it as well."""
    around = ""
    while True:
        kind = type(node).__name__
        if kind == "TypeCast":
            around, node = node.typeName.names[-1].sval, node.arg
        elif kind == "FuncCall" and node.args:
            around = node.funcname[-1].sval
            node = next((each for each in node.args if type(_bare(each)).__name__ == "ColumnRef"), node.args[0])
        elif kind == "CoalesceExpr":
            around, node = "coalesce", node.args[0]
        elif kind == "A_Expr" and node.lexpr is not None and type(_bare(node.lexpr)).__name__ == "ColumnRef":
            around, node = f"{node.name[-1].sval} …", node.lexpr
        else:
            return node, around


def _volatile(node: Any) -> str:
    """Return the name of a function in it whose answer changes within a statement, "" when there is none."""
    names = (inner.funcname[-1].sval for inner in walk(node) if type(inner).__name__ == "FuncCall")
    return next((name for name in names if name in VOLATILE), "")


def _literal(node: Any) -> str:
    bare = _bare(node)
    if type(bare).__name__ != "A_Const":
        return ""
    value = bare.val
    return str(getattr(value, "sval", getattr(value, "ival", "")))
