"""Every change is written to the journal before it is made."""

import asyncio
from typing import Any

from starlette.requests import Request

from doorbuster import journal
from doorbuster.control.access import actor_of
from doorbuster.control.house import house_of
from doorbuster.journal import Line


async def record(request: Request, verb: str, subject: str, **detail: Any) -> Line:
    """Write that the operator is about to do this; raise EventLogUnavailable, so that nothing is done unrecorded."""
    house = house_of(request)
    line = actor_of(request).line(house.clock.now(), verb, subject, **detail)
    return await asyncio.to_thread(journal.append, house.event_log, line)


async def record_refusal(request: Request, line: Line, why: str) -> None:
    """Write that what the line announced was refused, and why."""
    await record(request, f"{line.verb}.refused", line.subject, why=why)
