"""Where the gateway and the books disagree: written down once, told to the operators, closed by one of them.

Promises: the same disagreement is one row, however often it is seen; one that could be mended is closed at once.
Never: changes money; that is what mended it, or what an operator does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from doorbuster import metrics
from doorbuster.clock import new_id
from doorbuster.database.pool import Database, Runner
from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.shop", "discrepancies.sql")
FOUND = metrics.counter("doorbuster_reconciler_discrepancies_total", "Disagreements with the gateway.", ("kind",))

Tell = Callable[[str, str, dict[str, Any]], Awaitable[None]]
"""Writes a line into the operators' journal: verb, subject, detail."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One disagreement; `mended` says that the books are right again."""

    kind: str
    reference: str
    payment_id: UUID | None
    detail: str
    mended: bool


async def note_discrepancy(database: Database, gateway: str, found: Discrepancy, tell: Tell) -> bool:
    """Write a disagreement down; say whether it is new. Operators are told of what is new and not mended."""
    row = await database.fetch_one(
        SQL.note_discrepancy,
        id=new_id(),
        gateway=gateway,
        kind=found.kind,
        reference=found.reference,
        payment_id=found.payment_id,
        detail=found.detail,
        mended=found.mended,
    )
    if row is None:
        return False
    FOUND.add(found.kind)
    if not found.mended:
        await tell("payment.discrepancy", f"payment:{found.reference}", {"kind": found.kind, "detail": found.detail})
    return True


async def close_discrepancy(database: Runner, discrepancy_id: UUID, by: str, reason: str) -> bool:
    """Write down who dealt with a disagreement, and how; False when it is not open."""
    return await database.execute(SQL.close_discrepancy, id=discrepancy_id, closed_by=by, reason=reason) == 1
