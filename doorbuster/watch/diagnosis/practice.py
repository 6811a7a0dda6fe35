"""The doctor's practice: where ticks, changes, sessions and plans of a real shop come from, and evidence goes to."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

from doorbuster.database import Database
from doorbuster.database.queries import house_queries
from doorbuster.errors import EventLogUnavailable
from doorbuster.journal import EventLog
from doorbuster.watch.database_health import Holder, Session
from doorbuster.watch.diagnosis import records
from doorbuster.watch.diagnosis.doctor import Doctor, Evidence, Senses
from doorbuster.watch.diagnosis.examination import Examination, examine
from doorbuster.watch.senses import Senses as Feelings
from doorbuster.watch.series import Series


def doctor_of(database: Database, log: EventLog, series: Series, feelings: Feelings) -> Doctor:
    """Return a doctor for a real shop; `database` is asked for plans, over a connection when one can be had."""
    queries = house_queries()

    def sessions() -> tuple[Session, ...]:
        return feelings.sample.sessions if feelings.sample else ()

    def holders() -> tuple[Holder, ...]:
        return feelings.sample.holders if feelings.sample else ()

    async def look_into(busiest: Sequence[str]) -> Examination | None:
        return await examine(database, queries, busiest)

    async def keep(evidence: Evidence) -> None:
        with suppress(EventLogUnavailable):
            await asyncio.to_thread(records.keep, log, evidence)

    return Doctor(Senses(series.recent, series.changes, sessions, holders, look_into, keep, os.cpu_count() or 1))
