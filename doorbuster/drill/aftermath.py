"""What the shop makes of a drill when it is over: its own incident, resolved, and the postmortem that it wrote.

Promises: only a shop that was opened for the drill is told anything; what does not come in time is left out.
"""

import asyncio
from contextlib import suppress

from doorbuster.drill.chaos.house import House
from doorbuster.drill.faults.machine import run_command
from doorbuster.drill.witness import Told
from doorbuster.errors import DoorbusterError

TRIES_MAX = 5
WRITING_SECONDS = 2.0
"""The keeper of incidents writes up within a beat or two."""


async def postmortem_of(house: House | None, incident: Told | None) -> str:
    """Resolve the incident and return the postmortem as Markdown; nothing where there is none."""
    if house is None or incident is None:
        return ""
    with suppress(DoorbusterError):
        await run_command(house, f"incident resolve {incident.id} --note 'The drill is over.'")
    for _ in range(TRIES_MAX):
        await asyncio.sleep(WRITING_SECONDS)
        with suppress(DoorbusterError):
            return await run_command(house, f"incident export {incident.id}")
    return ""
