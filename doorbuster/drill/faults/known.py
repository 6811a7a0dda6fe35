"""The table of faults: name -> what happens, and how."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from doorbuster.drill.chaos.faults import FAULTS as CHAOS
from doorbuster.drill.chaos.faults import Breakage
from doorbuster.drill.chaos.house import House
from doorbuster.drill.faults import database, failover, machine
from doorbuster.drill.faults.wish import Breaks, Fault


@dataclass(frozen=True, slots=True)
class Known:
    """A fault: what happens, how, and which of a scenario's keys it asks for."""

    what: str
    breaks: Breaks
    asks_for: tuple[str, ...] = ()
    wired: bool = False
    """Whether the shop must reach PostgreSQL through the wire that can be disturbed or led elsewhere."""


def _plain(breakage: Breakage) -> Breaks:
    @asynccontextmanager
    async def breaks(house: House, _: Fault) -> AsyncIterator[None]:
        async with breakage(house):
            yield

    return breaks


def _of(breaks: Breaks, *asks_for: str, wired: bool = False) -> Known:
    return Known((breaks.__doc__ or "").strip().rstrip("."), breaks, asks_for, wired)


KNOWN: dict[str, Known] = {
    **{
        fault.name: Known(fault.what, _plain(fault.breaks), wired="wire" in fault.name or "connections" in fault.name)
        for fault in CHAOS
    },
    "drop-index": _of(database.index_dropped, "what"),
    "replace-function": _of(database.function_replaced, "what", "sql"),
    "hog-connections": _of(database.connections_hogged),
    "slow-database": _of(database.database_slowed),
    "slow-disk": _of(database.disk_slowed),
    "busy-disk": _of(database.io_saturated),
    "stop-postgres": _of(database.database_stopped),
    "lose-primary": _of(failover.primary_lost, wired=True),
    "take-processor": _of(machine.processor_taken),
    "take-memory": _of(machine.memory_taken),
    "fill-disk": _of(machine.disk_full),
    "operator": _of(machine.operator_acts, "what"),
}
"""Every fault that a scenario may ask for; `operator` is what people do about it."""


def needs_wire(faults: list[Fault]) -> bool:
    """Say whether one of the faults is of the way to PostgreSQL."""
    return any(KNOWN[fault.kind].wired for fault in faults)
