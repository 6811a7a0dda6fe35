"""Carries the journal to PostgreSQL, so that another control plane can take over and a restore has the story.

Promises: every line arrives once, in the order of commits, however often it is tried; a fresh database gets them all.
Never: delays an operator; when PostgreSQL is down the lines wait in the event log.
"""

import asyncio

from doorbuster.database.pool import Runner
from doorbuster.database.queries import QueryFile
from doorbuster.journal.lines import SQL as LINES
from doorbuster.journal.lines import line_of
from doorbuster.journal.store import EventLog

SQL = QueryFile("doorbuster.journal", "mirror.sql")
BATCH_LINES = 200


async def mirror(log: EventLog, database: Runner) -> int:
    """Send the next batch of lines and return how many were sent; raise DatabaseFault when PostgreSQL refuses."""
    seq = await _watermark(log, database)
    batch = await asyncio.to_thread(log.fetch, LINES.lines_after, seq=seq, limit=BATCH_LINES)
    if not batch:
        return 0
    waiting = [line_of(row) for row in batch]
    await database.execute(
        SQL.mirror_lines,
        ids=[line.id for line in waiting],
        ats=[line.at for line in waiting],
        actors=[line.actor for line in waiting],
        roles=[line.role for line in waiting],
        verbs=[line.verb for line in waiting],
        subjects=[line.subject for line in waiting],
        details=[line.detail for line in waiting],
    )
    await asyncio.to_thread(log.execute, LINES.move_watermark, seq=batch[-1]["seq"])
    return len(batch)


async def _watermark(log: EventLog, database: Runner) -> int:
    """Return where to go on. A database that does not know the last line is another one: it gets all."""
    last = await asyncio.to_thread(log.fetch_one, LINES.last_mirrored)
    if last is None:
        return 0
    known = await database.fetch_one(SQL.line_is_mirrored, id=last["id"])
    return int(last["seq"]) if known else 0
