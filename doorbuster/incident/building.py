"""Builds the indexes that were asked for, in the background, while the shop goes on: one at a time.

Promises: the timeline has when it began, and that it is built or why not; nothing half-built stays; PostgreSQL may be
lost meanwhile, and it begins anew when that is back; a control plane that ends leaves it to the next.
Never: builds what no migration defines.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from doorbuster.clock import Clock
from doorbuster.control.words import span
from doorbuster.database import Database
from doorbuster.database.indexes import defined_indexes
from doorbuster.database.pool import Refused, own_connection, translate
from doorbuster.database.queries import QueryFile
from doorbuster.errors import DatabaseFault, DatabaseTimeout, DatabaseUnavailable, EventLogUnavailable
from doorbuster.incident import builds, timeline
from doorbuster.incident.builds import Build
from doorbuster.incident.timeline import Told
from doorbuster.journal import EventLog

SQL = QueryFile("doorbuster.incident", "building.catalog.sql")

BEAT_SECONDS = 1.0
TURN_SECONDS = 0.5
BUILD_SECONDS_MAX = 1_800
LOST_SECONDS_MAX = 1_800
CLEAR_SECONDS_MAX = 60
STARTS_MAX = 3
WAITS_FOR_POSTGRESQL = "waits for PostgreSQL, which does not answer"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: `failed` says why it is not built; `lost` that PostgreSQL went away, so it may be again."""

    failed: str = ""
    lost: bool = False


class Builder:
    """Looks each second whether an index is asked for, and builds it."""

    def __init__(self, log: EventLog, database: Database, database_url: str, clock: Clock) -> None:
        """Begin; whose turn it is is read from the event log."""
        self._log, self._database, self._url, self._clock = log, database, database_url, clock
        self._doing = ""

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat()
            except EventLogUnavailable:
                logger.warning("the building of indexes waits for the event log")
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> Build | None:
        """Build the index whose turn it is; return it as it is then."""
        it = await asyncio.to_thread(builds.take, self._log, self._now())
        if it is None:
            return None
        ended = Ended(f"it was begun {STARTS_MAX} times and never came to an end")
        if it.starts < STARTS_MAX:
            try:
                ended = await self._tried(it)
            except asyncio.CancelledError:
                # Whoever comes next takes it at once; the process may end before a thread would.
                with suppress(EventLogUnavailable):
                    builds.release(self._log, it.id, "waits for the control plane")
                raise
        return await asyncio.to_thread(self._written, it.id, ended)

    async def _tried(self, it: Build) -> Ended:
        self._doing = "waits for its turn"
        try:
            async with own_connection(self._url, application="control") as own, asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell(it, own.get_server_pid()))
                try:
                    return await self._built(it, own)
                finally:
                    telling.cancel()
        except DatabaseUnavailable as fault:
            return Ended(str(fault), lost=True)

    async def _built(self, it: Build, own: Any) -> Ended:
        """Build it on a connection of its own; return what became of it."""
        index = defined_indexes().get(it.index_name)
        if index is None:
            return Ended("no migration defines it")
        try:
            async with asyncio.timeout(BUILD_SECONDS_MAX):
                # Two builds on one table wait for each other for ever. Who waits for a turn must not hold a snapshot
                # meanwhile, because the build would wait for that as well; so it asks again and again.
                while not await own.fetchval(SQL.build_alone.sql):  # noqa: ASYNC110 -- PostgreSQL has no event for it
                    await asyncio.sleep(TURN_SECONDS)
                if await self._dropped(it, own) is None:
                    return Ended()
                begun = await asyncio.to_thread(self._begun, it)
                logger.info("index %s is being built, start %s", it.index_name, begun.starts)
                await own.execute(index.concurrently)
        except (Refused, DatabaseFault, OSError, TimeoutError) as fault:
            ours = fault if isinstance(fault, DatabaseFault) else translate(fault)
            if isinstance(ours, DatabaseUnavailable) or own.is_closed():
                return Ended(str(ours or fault), lost=True)
            took_too_long = isinstance(fault, TimeoutError) or isinstance(ours, DatabaseTimeout)
            why = f"it took more than {span(BUILD_SECONDS_MAX)}" if took_too_long and not str(fault) else str(fault)
            return Ended(f"{why.rstrip('.')}. {await self._cleared(it, own)}")
        return Ended()

    async def _dropped(self, it: Build, own: Any) -> bool | None:
        """Drop what an interrupted build left, which is never used and in the way; None when the index is there."""
        valid = await own.fetchval(SQL.index_is_valid.sql, it.index_name)
        if valid is False:
            self._doing = "drops what an interrupted build left"
            await own.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {it.index_name}")
        return None if valid else valid is False

    async def _cleared(self, it: Build, own: Any) -> str:
        try:
            async with asyncio.timeout(CLEAR_SECONDS_MAX):
                left = await self._dropped(it, own)
        except TimeoutError:
            return "What is left of it waits for a transaction that is open; the next build drops it."
        except (Refused, OSError) as fault:
            return f"What is left of it could not be dropped ({fault}); the next build drops it."
        return "The invalid index that it left was dropped." if left else "Nothing is left of it."

    async def _tell(self, it: Build, pid: int) -> None:
        """Write down how far it is, until cancelled: it is what pages and terminals show."""
        while True:
            phase, counted = self._doing, (0, 0)
            with suppress(DatabaseFault):
                row = await self._database.fetch_one(SQL.build_progress, pid=pid)
                if row is not None:
                    phase, counted = row["phase"], (row["done"], row["total"])
            with suppress(EventLogUnavailable):
                await asyncio.to_thread(builds.tell, self._log, it.id, self._now(), phase, counted)
            await asyncio.sleep(BEAT_SECONDS)

    def _begun(self, it: Build) -> Build:
        begun = builds.begin(self._log, it.id, self._now())
        anew = "" if begun.starts == 1 else ", from the start again"
        self._line(begun, f"its building has begun{anew}; nobody is stopped meanwhile", f"began/{begun.starts}")
        return begun

    def _written(self, build_id: int, ended: Ended) -> Build:
        """Write down how it ended; what was lost waits for PostgreSQL, though not for ever."""
        it, now = builds.of(self._log, build_id), self._now()
        if ended.lost and now - it.asked_at <= LOST_SECONDS_MAX:
            builds.release(self._log, it.id, WAITS_FOR_POSTGRESQL)
            what = "PostgreSQL was lost while it was built" if it.starts else "PostgreSQL cannot be reached"
            self._line(it, f"{what}; it begins as soon as PostgreSQL answers", f"lost/{it.starts}")
            return builds.of(self._log, it.id)
        failed = f"PostgreSQL was away for {span(now - it.asked_at)}" if ended.lost else ended.failed
        it = builds.end(self._log, it.id, now, failed)
        took = now - (it.began_at or now)
        built = f"the index is built, {f'after {span(took)}' if took else 'within a second'}"
        self._line(it, f"not built: {failed}" if failed else built, "ended")
        return it

    def _line(self, it: Build, what: str, key: str) -> None:
        told = Told(
            self._now(), "action", f"create index {it.index_name}: {what.rstrip('.')}.", it.role,
            f"build/{it.id}/{key}",
        )  # fmt: skip
        timeline.add(self._log, it.incident_id, told)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
