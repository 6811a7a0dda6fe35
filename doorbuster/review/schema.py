"""What the review knows of a database's tables: columns, types, sizes, indexes; read once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from doorbuster.database import QueryFile

SQL = QueryFile("doorbuster.review", "schema.sql")


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its key columns in order (expressions as they are printed), and what it is worth."""

    name: str
    table: str
    columns: tuple[str, ...]
    included: tuple[str, ...]
    unique: bool
    constraint: bool
    method: str
    predicate: str
    definition: str
    scans: int
    bytes: int
    valid: bool
    classes: tuple[int, ...] = ()
    directions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns with their types, how many rows it is thought to have, and its foreign keys."""

    name: str
    rows: int
    bytes: int
    columns: dict[str, str]
    not_null: frozenset[str]
    analysed: bool
    changed: int
    writes: int


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table that point at another table's rows."""

    name: str
    table: str
    columns: tuple[str, ...]
    refers_to: str
    on_delete: str


@dataclass(frozen=True)
class Schema:
    """All of it, by name."""

    tables: dict[str, Table]
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    volatile: dict[str, str] = field(default_factory=dict)

    def indexes_of(self, table: str) -> list[Index]:
        """Return a table's indexes."""
        return [index for index in self.indexes if index.table == table]

    def home_of(self, column: str, tables: Iterable[str]) -> str | None:
        """Return the first of these tables that has the column."""
        return next((name for name in tables if name in self.tables and column in self.tables[name].columns), None)


async def read_schema(connection: Any) -> Schema:
    """Read what the catalogue of the connected database says."""
    tables = {
        row["name"]: Table(
            row["name"], max(int(row["rows"]), 0), row["bytes"], dict(zip(row["columns"], row["types"], strict=True)),
            frozenset(row["not_null"]), row["analysed"], row["changed"], row["writes"],
        )
        for row in await connection.fetch(SQL.schema_tables.sql)
    }  # fmt: skip
    indexes = tuple(
        Index(
            row["name"], row["table_name"], tuple(row["columns"]), tuple(row["included"]), row["is_unique"],
            row["is_constraint"], row["method"], row["predicate"], row["definition"], row["scans"], row["bytes"],
            row["valid"], tuple(row["classes"]), tuple(row["directions"]),
        )
        for row in await connection.fetch(SQL.schema_indexes.sql)
    )  # fmt: skip
    keys = tuple(
        ForeignKey(row["name"], row["table_name"], tuple(row["columns"]), row["refers_to"], row["on_delete"])
        for row in await connection.fetch(SQL.schema_foreign_keys.sql)
    )
    return Schema(tables, indexes, keys)
