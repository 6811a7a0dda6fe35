"""The one table of faults: name -> what happens, how, what a scenario must say of it, and how chaos plays it."""

import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from doorbuster.drill.chaos import faults as plain
from doorbuster.drill.chaos.house import House
from doorbuster.drill.faults import database, failover, machine
from doorbuster.drill.faults.wish import Breaks, Fault


@dataclass(frozen=True, slots=True)
class Known:
    """A fault: what happens, how, and which of a scenario's keys it asks for.

    `cycle_seconds` is how long it lasts in a cycle of chaos, None for what chaos does not play. `wired` says whether
    the shop must reach PostgreSQL through the wire that can be disturbed or led elsewhere.
    """

    name: str
    what: str
    breaks: Breaks
    asks_for: tuple[str, ...] = ()
    wired: bool = False
    cycle_seconds: float | None = None

    def by_itself(self, house: House) -> AbstractAsyncContextManager[None]:
        """Let it happen without a scenario; only for what asks for nothing."""
        return self.breaks(house, Fault(self.name, 0))


def _of(name: str, breaks: Breaks, *asks_for: str, wired: bool = False) -> Known:
    """Return a fault that only a scenario asks for."""
    return Known(name, (breaks.__doc__ or "").strip().rstrip("."), breaks, asks_for, wired)


def _plain(name: str, breakage: plain.Breakage, seconds: float = 0.0, what: str = "") -> Known:
    """Return a fault that asks for nothing, so that chaos plays it too."""

    @asynccontextmanager
    async def breaks(house: House, _: Fault) -> AsyncIterator[None]:
        async with breakage(house):
            yield

    said = what or (breakage.__doc__ or "").strip().rstrip(".")
    return Known(name, said, breaks, wired="wire" in name or "connections" in name, cycle_seconds=seconds)


def _signals(verb: str, number: signal.Signals, says: str, seconds: float = 0.0) -> list[Known]:
    return [
        _plain(f"{verb}-{name}", plain.signalled(role, number, everybody), seconds, f"{whom} {says}")
        for name, (role, everybody, whom) in plain.ROLES.items()
    ]


def _gateway(behaviour: str, says: str) -> Known:
    name = f"gateway-{behaviour.replace('_', '-')}"
    return _plain(name, plain.gateway_that(behaviour), 1.5, f"the payment gateway {says}")


FAULTS: tuple[Known, ...] = (
    *_signals("kill", signal.SIGKILL, "is killed with SIGKILL"),
    *_signals("freeze", signal.SIGSTOP, "is frozen and wakes up late", 1.5),
    *_signals("stop", signal.SIGTERM, "is told to stop"),
    _plain("kill-supervisor", plain.supervisor_killed),
    _plain("kill-postmaster", plain.postmaster_killed),
    _plain("stop-postgres-at-once", plain.postgres_stopped_at_once),
    _plain("kill-backend", plain.backend_killed),
    _plain("freeze-postgres", plain.postgres_frozen, 1.5),
    _plain("terminate-sessions", plain.sessions_terminated),
    _plain("exhaust-connections", plain.connections_exhausted, 1.5),
    _plain("lock-pools", plain.pools_locked, 1.5),
    _plain("lock-tables", plain.tables_locked, 1.5),
    _plain("refuse-wire", plain.wire_refused, 1.0),
    _plain("cut-wire", plain.wire_cut),
    _plain("deafen-wire", plain.wire_deaf, 0.5),
    _plain("half-open-wire", plain.wire_half_open, 1.5),
    _plain("slow-wire", plain.wire_slow, 1.5),
    _gateway("slow_api", "answers only after 5 s"),
    _gateway("failing_api", "answers 500"),
    _gateway("busy_api", "answers 429"),
    _gateway("lost_answer", "does what it is asked and never answers"),
    _gateway("double_delivery", "tells everything twice"),
    _gateway("late_delivery", "tells the shop only after the shopper is back"),
    _gateway("no_delivery", "never tells the shop"),
    _of("drop-index", database.index_dropped, "what"),
    _of("replace-function", database.function_replaced, "what", "sql"),
    _of("hog-connections", database.connections_hogged),
    _of("slow-database", database.database_slowed),
    _of("slow-disk", database.disk_slowed),
    _of("busy-disk", database.io_saturated),
    _of("stop-postgres", database.database_stopped),
    _of("lose-primary", failover.primary_lost, wired=True),
    _of("stall-replica", failover.replica_stalled),
    _of("take-processor", machine.processor_taken),
    _of("take-memory", machine.memory_taken),
    _of("fill-disk", machine.disk_full),
    _of("operator", machine.operator_acts, "what"),
)
"""Every fault there is; `operator` is what people do about it."""

KNOWN: dict[str, Known] = {fault.name: fault for fault in FAULTS}
"""What a scenario may ask for."""

CHAOS: tuple[Known, ...] = tuple(fault for fault in FAULTS if fault.cycle_seconds is not None)
"""What chaos plays."""


def needs_wire(faults: list[Fault]) -> bool:
    """Say whether one of the faults is of the way to PostgreSQL."""
    return any(KNOWN[fault.kind].wired for fault in faults)
