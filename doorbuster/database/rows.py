"""Makes dataclasses out of rows."""

from collections.abc import Sequence
from typing import TypeVar, overload

from doorbuster.database.pool import Row

T = TypeVar("T")


@overload
def build(row: Row, kind: type[T]) -> T: ...
@overload
def build(row: None, kind: type[T]) -> None: ...
def build(row: Row | None, kind: type[T]) -> T | None:
    """Make a dataclass out of a row whose columns have the names of its fields."""
    return None if row is None else kind(**dict(row.items()))


def build_all(rows: Sequence[Row], kind: type[T]) -> list[T]:
    """Make dataclasses out of rows whose columns have the names of its fields."""
    return [kind(**dict(row.items())) for row in rows]
