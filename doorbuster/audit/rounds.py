"""The auditor's rounds: every check, one after the other, again and again by itself, while all is calm.

Promises: one check at a time, over one connection, for a twentieth of its time at the most; none while somebody else
needs PostgreSQL more: a check that is at work when that begins is broken off, and done again when it is over. Each
check is one statement and looks at one instant of its own, so that no snapshot is kept from one to the next.
Never: believes half a round: a check that did not end leaves the audit as old as it was, unless another found a drift.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from doorbuster.audit.auditor import audit_check, count_rows
from doorbuster.audit.checks import CHECKS
from doorbuster.audit.last import LastAudit, last_audit, remember
from doorbuster.audit.report import Report, Result
from doorbuster.clock import Clock
from doorbuster.database import Runner
from doorbuster.database.pool import Refused
from doorbuster.errors import DatabaseFault

logger = logging.getLogger(__name__)
T = TypeVar("T")

BEAT_SECONDS = 1.0
CALM_SECONDS = 60.0
"""A round begins when all has been calm for so long: after an outage, what is late may first catch up."""
REST = 19.0
"""How many times as long as it took the auditor rests after a check."""
JITTER = 0.1
"""A round begins up to so much of its interval earlier or later, so that it does not always meet the same job."""
CHECK_TIMEOUT_MS = 60_000


class Rounds:
    """What the auditor does by itself, and how far it is."""

    def __init__(
        self,
        database: Runner,
        clock: Clock,
        home: Path,
        *,
        every_seconds: int,
        why_not_now: Callable[[], str],
        chance: Random,
    ) -> None:
        """Begin when the last audit is old enough; with 0 seconds only when asked.

        `why_not_now` says what needs PostgreSQL more just now, and is empty when nothing does.
        """
        self._database, self._clock, self._home, self._chance = database, clock, home, chance
        self.every_seconds, self._why_not_now = every_seconds, why_not_now
        last = last_audit(home)
        self.next_at = self._after(last.at) if last else clock.now()
        self._calm_since = clock.monotonic()
        self.why = ""
        self.at_work: int | None = None
        self.unfinished: tuple[str, ...] = ()
        self.asked = False
        self._asks = False

    def ask(self) -> None:
        """Let a round begin as soon as it may, whenever the last one was."""
        self.asked = True

    def signals(self) -> dict[str, float]:
        """Return what the senses feel of the books: whether they were clean, how long ago, and whether we read now."""
        found = {"audit.running": float(self._asks)}
        if last := last_audit(self._home):
            age = (self._clock.now() - last.at).total_seconds()
            found |= {"stock.drift": float(not last.clean), "audit.age_seconds": max(0.0, age)}
        return found

    async def run(self) -> None:
        """Go round until cancelled."""
        while True:
            if self.is_due():
                await self.go()
            await asyncio.sleep(BEAT_SECONDS)

    def is_due(self) -> bool:
        """Say whether to begin: it is time and has been calm for a minute, or somebody asked and nothing forbids it."""
        calm = self._is_calm()
        if self.asked:
            return calm
        calm_seconds = self._clock.monotonic() - self._calm_since
        return self.every_seconds > 0 and self.next_at <= self._clock.now() and calm_seconds >= CALM_SECONDS

    async def go(self) -> None:
        """Go round once, and keep what was found."""
        self.asked, seconds = False, 0.0
        results: list[Result] = []
        unfinished: list[str] = []
        counted = await self._calmly(partial(count_rows, self._database))
        if counted is None:
            self._rest(("counting the rows",))
            return
        for number, check in enumerate(CHECKS):
            self.at_work, began = number, self._clock.monotonic()
            found = await self._calmly(partial(audit_check, self._database, check, counted))
            took = self._clock.monotonic() - began
            seconds += took
            if found is None:
                unfinished.append(check.name)
            else:
                results.append(found)
            await asyncio.sleep(REST * took)
        self._rest(tuple(unfinished))
        report = Report(tuple(results), seconds)
        if not self.unfinished or not report.clean:
            await asyncio.to_thread(remember, self._home, LastAudit(self._clock.now(), report.clean, report))

    def _rest(self, unfinished: tuple[str, ...]) -> None:
        self.at_work, self.unfinished = None, unfinished
        self.next_at = self._after(self._clock.now())

    async def _calmly(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask while all is calm, anew whenever trouble broke it off; None when it took too long or was refused."""
        while True:
            while not self._is_calm():  # noqa: ASYNC110 - calm is looked for, nobody announces it
                await asyncio.sleep(BEAT_SECONDS)
            async with asyncio.TaskGroup() as both:
                asking = both.create_task(_answer(ask))
                self._asks = True
                while not asking.done() and self._is_calm():
                    await asyncio.wait({asking}, timeout=BEAT_SECONDS)
                asking.cancel()
            self._asks = False
            if not asking.cancelled():
                return asking.result()

    def _is_calm(self) -> bool:
        self.why = self._why_not_now()
        if self.why:
            self._calm_since = self._clock.monotonic()
        return not self.why

    def _after(self, moment: datetime) -> datetime:
        """Return when the next round is due; about `every_seconds` later."""
        return moment + timedelta(seconds=self.every_seconds * self._chance.uniform(1 - JITTER, 1 + JITTER))


async def _answer(ask: Callable[[], Awaitable[T]]) -> T | None:
    """Return the answer; a fault is logged, because a round must not end the process that goes round."""
    try:
        return await ask()
    except (DatabaseFault, Refused) as fault:
        logger.warning("a check of the audit did not end: %s", fault)
        return None
