"""Asks for work in the transaction that makes it necessary.

Promises: the row commits or disappears together with the change it belongs to.
Never: wakes anybody; the relay of the job worker looks for rows by itself.
"""

from collections.abc import Mapping
from typing import Any

from doorbuster.database.pool import Runner
from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.jobs", "outbox.sql")


async def enqueue(runner: Runner, kind: str, payload: Mapping[str, Any]) -> None:
    """Ask for one job of a kind that the job plane has a handler for; `payload` must be plain JSON."""
    await runner.execute(SQL.add_to_outbox, kind=kind, payload=dict(payload))
