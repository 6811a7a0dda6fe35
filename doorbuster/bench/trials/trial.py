"""One trial: wait until all is calm, break one thing, watch what the control plane says, mend it, judge."""

import asyncio
import time
from dataclasses import dataclass, replace

from doorbuster.bench.trials.breakages import Fault
from doorbuster.bench.trials.ward import Ward, calm
from doorbuster.clock import SystemClock
from doorbuster.watch.diagnosis import CAUSES, CauseName

BASELINE_SECONDS = 12.0
NAMED_SECONDS_MAX = 30.0
CALM_SECONDS_MAX = 180.0
PAGED_SECONDS_MAX = 18.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said in one trial; seconds are since the fault began, None when it did not come."""

    fault: str
    cause: CauseName
    strength: float
    detected_seconds: float | None
    named_seconds: float | None
    named: str | None
    headline: str
    paged_seconds: float | None = None
    paged_team: str = ""

    @property
    def right(self) -> bool:
        """Say whether the first cause that was named within the time is the true one."""
        return self.named == self.cause

    @property
    def paged_right(self) -> bool:
        """Say whether the first page went to the team whose cause it is."""
        return self.paged_team == CAUSES[self.cause].team


async def tried(ward: Ward, fault: Fault, strength: float) -> Verdict | None:
    """Try one fault; None when the ward did not calm down before it, so that nothing can be said."""
    if not await calm(ward, CALM_SECONDS_MAX):
        return None
    await asyncio.sleep(BASELINE_SECONDS)
    if not await calm(ward, CALM_SECONDS_MAX):
        return None
    await ward.close_incidents()
    async with fault.breaks(ward, strength):
        began = SystemClock().now().timestamp()
        verdict = await _watched(ward, fault, strength)
        return await _with_page(ward, verdict, began)


async def _with_page(ward: Ward, verdict: Verdict, began: float) -> Verdict:
    """Wait for the page; a trouble that nobody feels yet is a ticket and pages nobody."""
    while verdict.detected_seconds is not None and SystemClock().now().timestamp() - began < PAGED_SECONDS_MAX:
        if (page := await ward.page()) is not None:
            return replace(verdict, paged_seconds=max(0.0, page[0] - began), paged_team=page[1])
        await asyncio.sleep(LOOK_SECONDS)
    return verdict


async def _watched(ward: Ward, fault: Fault, strength: float) -> Verdict:
    """Ask again and again; the time to name counts from the detection, as a person would count it."""
    began, detected = time.monotonic(), None
    headline = ""
    while (gone := time.monotonic() - began) < (detected or fault.seconds_max) + NAMED_SECONDS_MAX:
        told = await ward.told()
        said = told["now"] if told else None
        if said is not None:
            detected = gone if detected is None else detected
            headline = said["headline"]
            if said["cause"]:
                return Verdict(fault.name, fault.cause, strength, detected, gone, said["cause"], headline)
        elif detected is None and gone > fault.seconds_max:
            break
        await asyncio.sleep(LOOK_SECONDS)
    return Verdict(fault.name, fault.cause, strength, detected, None, None, headline)
