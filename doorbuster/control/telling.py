"""What the guard does by itself and an operator should read in the journal: asking a sum at the waiting rooms."""

import asyncio
from contextlib import suppress

from doorbuster.clock import Clock
from doorbuster.control.gate import gate_of
from doorbuster.errors import EventLogUnavailable
from doorbuster.journal import EventLog, Line, append
from doorbuster.watch.collector import Collector

BEAT_SECONDS = 1.0


async def tell_of_sums(log: EventLog, collector: Collector, clock: Clock) -> None:
    """Write a line whenever the first worker begins to ask a sum, and when the last has ceased."""
    before = 0
    while True:
        asking = gate_of(collector, clock.monotonic()).work
        if bool(asking) is not bool(before):
            verb = "work.begin" if asking else "work.end"
            detail = {"workers": asking, "rule": "one network asked for many tickets, or a lever"}
            line = Line(at=clock.now(), actor="guard", role="system", verb=verb, subject="room", detail=detail)
            with suppress(EventLogUnavailable):
                await asyncio.to_thread(append, log, line)
                before = asking
        await asyncio.sleep(BEAT_SECONDS)
