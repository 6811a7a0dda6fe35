"""Blocks of sixty values for each name, one after the other at equal steps, packed small.

Promises: single precision; a value that is not known stays unknown; a block holds at most NAMES_MAX names.
"""

import zlib
from array import array
from collections.abc import Iterator, Mapping
from math import isnan, nan

import msgspec

SLOTS = 60
NAMES_MAX = 2_000
_EMPTY = array("f", [nan] * SLOTS).tobytes()


class Block:
    """Sixty values of each name from `begins` (seconds since 1970) on, `step` seconds apart."""

    def __init__(self, step: int, begins: int) -> None:
        """Begin with nothing known."""
        self.step, self.begins = step, begins
        self.columns: dict[str, array[float]] = {}

    def put(self, slot: int, values: Mapping[str, float]) -> None:
        """Keep the values of one slot; names beyond NAMES_MAX are left out."""
        columns = self.columns
        for name, value in values.items():
            column = columns.get(name)
            if column is None:
                if len(columns) >= NAMES_MAX:
                    continue
                column = columns[name] = array("f", _EMPTY)
            column[slot] = value

    def at(self, slot: int) -> dict[str, float]:
        """Return what is known of one slot."""
        return {name: value for name, column in self.columns.items() if not isnan(value := column[slot])}

    def of(self, name: str) -> Iterator[tuple[int, float]]:
        """Yield time and value of each known slot of a name."""
        for slot, value in enumerate(self.columns.get(name, ())):
            if not isnan(value):
                yield self.begins + slot * self.step, value

    def means(self) -> dict[str, float]:
        """Return the mean of each name over the slots in which it is known."""
        known = {name: [value for value in column if not isnan(value)] for name, column in self.columns.items()}
        return {name: sum(values) / len(values) for name, values in known.items() if values}

    def highest(self, name: str) -> float | None:
        """Return the highest known value of a name."""
        return max((value for _, value in self.of(name)), default=None)

    def packed(self) -> bytes:
        """Return the block as bytes."""
        columns = {name: column.tobytes() for name, column in self.columns.items()}
        return zlib.compress(msgspec.msgpack.encode(columns), 6)

    @classmethod
    def unpacked(cls, step: int, begins: int, body: bytes) -> "Block":
        """Read a block; raise ValueError for bytes that are none."""
        block = cls(step, begins)
        try:
            columns = msgspec.msgpack.decode(zlib.decompress(body), type=dict[str, bytes])
            block.columns = {name: array("f", column) for name, column in columns.items()}
        except (zlib.error, msgspec.DecodeError) as fault:
            raise ValueError(f"a block of the series is damaged: {fault}") from fault
        return block
