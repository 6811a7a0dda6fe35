"""Pages of a list, found again by key: page 1,000 costs what page 1 costs, and new rows shift nothing."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

PAGE_SIZE_MAX = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after one row: its sort key and id. `str()` is what travels in a URL."""

    key: int
    id: UUID

    def __str__(self) -> str:
        """Write it URL-safe, such as `120.0190a1b2…`."""
        return f"{self.key}.{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list in order, and where the next ones start (None at the end)."""

    items: tuple[T, ...]
    next: Cursor | None = None


_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f]{32})")


def parse_cursor(text: str) -> Cursor | None:
    """Read a cursor that `str()` wrote; None for anything else, which callers answer as they see fit."""
    match = _CURSOR.fullmatch(text)
    return Cursor(int(match[1]), UUID(match[2])) if match else None


def bounded(size: int) -> int:
    """Return a page size from 1 to PAGE_SIZE_MAX."""
    return max(1, min(size, PAGE_SIZE_MAX))
