"""What a statement is given: a value that many rows have, one that few have, and one that no row has.

Each parameter's column is known from the statement (reading.py), the column's values from the rows and their
statistics. The rows of joined tables belong together. Where a name cannot tell, as in the arguments of a function, a
query `values_of_<name>` in values.sql says it: one row for each case, a column for each parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from doorbuster.database import QueryFile
from doorbuster.errors import Misconfigured
from doorbuster.review.catalogue import Subject
from doorbuster.review.reading import Comparison, Reading
from doorbuster.review.schema import Schema

SQL = QueryFile("doorbuster.review", "statistics.sql")
TOLD = QueryFile("doorbuster.review", "values.sql")
ARRAY_LENGTH = 20
USUAL = {
    "uuid": "ffffffff-ffff-7fff-bfff-ffffffffffff", "text": "absent", "character varying": "absent", "bytea": "\\x00",
    "jsonb": "[]", "json": "[]", "boolean": "true", "timestamp with time zone": "2026-01-01", "date": "2026-01-01",
    "timestamp without time zone": "2026-01-01", "tsquery": "lamp", "double precision": "600", "numeric": "600",
}  # fmt: skip
ENDS = {
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "bigint": ("-9223372036854775808", "9223372036854775807"), "integer": ("-2147483648", "2147483647"),
    "smallint": ("-32768", "32767"), "text": ("", "\U0010fffd"), "numeric": ("-Infinity", "Infinity"),
    "timestamp with time zone": ("-infinity", "infinity"), "date": ("-infinity", "infinity"),
    "timestamp without time zone": ("-infinity", "infinity"), "double precision": ("-Infinity", "Infinity"),
}  # fmt: skip

BIGGEST = {"smallint": "32767", "integer": "2147483647"}
NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "double precision", "real"})
TEXTS = frozenset({"text", "character varying", "citext", "character", "name"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One set of values, as PostgreSQL writes them; None is NULL."""

    name: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """What a column's statistics say: its most common values and the share of the rows that have the first."""

    values: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statement, what it says, and the rows that its values are taken from."""

    subject: Subject
    reading: Reading
    rows: dict[str, Row]


class Values:
    """Knows the values of one database's columns."""

    def __init__(self, connection: Any, schema: Schema) -> None:
        """Made for one connection; what it has looked up it remembers."""
        self._connection, self._schema = connection, schema
        self._common: dict[tuple[str, str], Common] = {}

    async def learn(self) -> None:
        """Read the statistics of all columns."""
        for row in await self._connection.fetch(SQL.common_values.sql):
            self._common[row["table_name"], row["column_name"]] = Common(tuple(row["common"]), row["share"])

    async def cases(self, subject: Subject, reading: Reading, types: Sequence[str]) -> list[Case]:
        """Return the cases of a statement whose parameters have these types."""
        told = TOLD.all().get(f"values_of_{subject.name}")
        if told is not None:
            rows = await self._connection.fetch(told.sql)
            names = subject.query.parameters
            if rows and (lost := set(names) - set(rows[0].keys())):
                raise Misconfigured(f"values_of_{subject.name} in values.sql says nothing of {', '.join(sorted(lost))}")
            return [Case(row["case"], tuple(row[name] for name in names)) for row in rows]
        if not types:
            return [Case("as it is", ())]
        return [await self._case(name, subject, reading, types) for name in ("hot", "cold", "absent")]

    async def _case(self, name: str, subject: Subject, reading: Reading, types: Sequence[str]) -> Case:
        asked = _Asked(subject, reading, await self._rows(reading, hot=name == "hot"))
        values = (self._value(name, number, kind, asked) for number, kind in enumerate(types, start=1))
        return Case(name, tuple(values))

    def _value(self, case: str, number: int, kind: str, asked: "_Asked") -> str | None:
        """Return one parameter's value."""
        subject, reading, rows = asked.subject, asked.reading, asked.rows
        names = subject.query.parameters
        parameter = names[number - 1] if number <= len(names) else ""
        if number in reading.limits:
            return str(min(subject.query.cost.rows or 100, 100_000)) if subject.budgeted else "100"
        if number in reading.offsets:
            return "0" if case == "absent" else "50000" if case == "hot" else "1000"
        element = kind.removesuffix("[]")
        place = reading.column_of(number) or self._namesake(parameter)
        if place is None or not self._fits(place, element):
            return _usual(parameter, kind)
        row, absent = rows.get(place[0], {}), case == "absent"
        operator = next((each.operator for each in reading.comparisons if each.parameter == number), "=")
        if operator in {"<", "<=", ">", ">="} and case != "cold" and element in ENDS:
            value: Any = ENDS[element][(operator[0] == "<") == (case == "hot")]
        elif absent and _is_key(place[1], element) and not self._must_exist(place, number, reading):
            value = USUAL.get(element, BIGGEST.get(element, "9223372036854775806"))
        else:
            value = row.get(place[1], self._most_common(place))
        if value is None:
            return None if place[0] in rows and row else _usual(parameter, kind)
        return "{" + _quoted(value) + "}" if kind.endswith("[]") and not str(value).startswith("{") else str(value)

    def _fits(self, place: tuple[str, str], element: str) -> bool:
        """Say whether a value of the column can be given to a parameter of this type."""
        kind = self._schema.tables[place[0]].columns.get(place[1], "").split("(")[0].removesuffix("[]")
        return kind == element or any({kind, element} <= family for family in (NUMBERS, TEXTS))

    def _must_exist(self, place: tuple[str, str], number: int, reading: Reading) -> bool:
        """Say whether a new row needs this value to be there: what refers to another table, or is no key."""
        if reading.verb != "INSERT" or place != reading.targets.get(number):
            return False
        refers = {column for key in self._schema.foreign_keys if key.table == place[0] for column in key.columns}
        keys = {column for index in self._schema.indexes_of(place[0]) if index.unique for column in index.columns}
        return place[1] in refers or place[1] not in keys

    def _namesake(self, parameter: str) -> tuple[str, str] | None:
        """Return the column of that name with a common value in the largest table, for arguments of functions."""
        homes = [place for place in self._common if place[1] == parameter and self._common[place].values]
        rows = {name: table.rows for name, table in self._schema.tables.items()}
        return max(homes, key=lambda place: rows.get(place[0], 0), default=None)

    def _most_common(self, place: tuple[str, str]) -> str | None:
        known = self._common.get(place)
        return known.values[0] if known and known.values else None

    async def _rows(self, reading: Reading, hot: bool) -> dict[str, Row]:
        """Return a row of each table whose columns are asked for; rows of joined tables belong together."""
        rows: dict[str, Row] = {}
        asked = {each.table for each in reading.comparisons if each.parameter}
        written = {table for table, _ in reading.targets.values()}
        for table in sorted(asked | written, key=lambda name: name not in asked):
            mine = [each for each in reading.comparisons if each.table == table]
            rows[table] = await self._row(table, mine, rows, hot)
        return rows

    async def _row(self, table: str, comparisons: Sequence[Comparison], rows: dict[str, Row], hot: bool) -> Row:
        """Return one row that fits the statement's constants and the rows that were chosen before, else any."""
        fixed = [f'"{c.column}"::text = {literal(c.value)}' for c in comparisons if c.value and c.operator == "="]
        joined = []
        for each in comparisons:
            other, _, column = each.to_column.partition(".")
            if other in rows and rows[other].get(column) is not None and other != table and not each.wrapped:
                joined.append(f'"{each.column}" = {literal(rows[other][column])}')
        skewed = self._skewed(table, comparisons, hot)
        for wishes in ([*fixed, *joined, *skewed], [*joined, *fixed], [*fixed, *skewed], fixed, []):
            where = " AND ".join(wishes) or "true"
            found = await self._connection.fetchrow(SQL.any_row.sql, table, where)
            sql = found["sql"] if found else ""
            row = await self._connection.fetchrow(sql)
            if row is not None:
                return dict(zip(row["names"], row["told"], strict=True))
        return {}

    def _skewed(self, table: str, comparisons: Sequence[Comparison], hot: bool) -> list[str]:
        """Return the condition that makes a row hot (it has the most common value) or cold (it has a rare one)."""
        asked = {each.column for each in comparisons if each.parameter and each.operator in {"=", "IN"}}
        known = [(self._common[table, column], column) for column in asked if (table, column) in self._common]
        known = [(common, column) for common, column in known if common.values]
        if not known:
            return []
        common, column = max(known, key=lambda each: each[0].share)
        if hot:
            return [f'"{column}" = {literal(common.values[0])}']
        return [f'"{column}" <> {literal(value)}' for value in common.values[:10]]


def literal(value: Any) -> str:
    """Return a value as PostgreSQL reads it in a statement; NULL for None."""
    if value is None:
        return "NULL"
    text = str(value).replace("'", "''")
    return f"E'{text.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{text}'"


def _quoted(value: Any) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_key(column: str, kind: str) -> bool:
    """Say whether an absent value of the column can be made up: kinds of state and flags are what they are."""
    return kind != "boolean" and column not in {"state", "status", "currency", "kind", "gateway"}


def _usual(parameter: str, kind: str) -> str | None:
    element = kind.removesuffix("[]")
    value = USUAL.get(element, "600" if "seconds" in parameter else "100")
    if "milliseconds" in parameter:
        value = "60000"
    return "{" + _quoted(value) + "}" if kind.endswith("[]") else value
