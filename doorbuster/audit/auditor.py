"""Runs every check on one snapshot of the database."""

import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

from doorbuster.audit.acknowledged import check_acknowledged
from doorbuster.audit.checks import CHECKS, GUARDS, STOCK, Check
from doorbuster.audit.report import Report, Result
from doorbuster.database import Row, Runner, open_database

STATEMENT_TIMEOUT_MS = 3_600_000
FINDINGS_MAX = 20
HOLD_GRACE_SECONDS = 120
UNSETTLED_SECONDS = 3_600


async def run(
    database_url: str, acknowledged: Path | None = None, on_result: Callable[[Result], None] | None = None
) -> Report:
    """Audit the shop and, with a file of acknowledged answers, what its clients were told.

    `on_result` is told each result as soon as it is known: at ten million orders a check takes seconds.

    Raises DatabaseFault when the database cannot be asked, Misconfigured when the file cannot be read.
    """
    started = time.perf_counter()
    async with (
        open_database(
            database_url, connections=1, application="doorbuster audit", statement_timeout_ms=STATEMENT_TIMEOUT_MS
        ) as database,
        database.transaction() as snapshot,
    ):
        results: list[Result] = []
        async for result in _results(snapshot, acknowledged):
            results.append(result)
            if on_result is not None:
                on_result(result)
    return Report(tuple(results), time.perf_counter() - started)


async def _results(runner: Runner, acknowledged: Path | None) -> AsyncIterator[Result]:
    await runner.execute(STOCK.audit_snapshot)
    counted = await count_rows(runner)
    for check in CHECKS:
        yield await audit_check(runner, check, counted)
    if acknowledged is not None:
        for result in await check_acknowledged(runner, acknowledged, FINDINGS_MAX):
            yield result


async def count_rows(runner: Runner) -> Row:
    """Return how many rows of each kind there are, by what checks call them."""
    counted = await runner.fetch_one(STOCK.audit_counted)
    assert counted is not None
    return counted


async def audit_check(runner: Runner, check: Check, counted: Row) -> Result:
    """Run one check, which is one statement, and put its drifted rows into words."""
    query = check.query
    known = {
        "most": FINDINGS_MAX,
        "grace_seconds": HOLD_GRACE_SECONDS,
        "unsettled_seconds": UNSETTLED_SECONDS,
        "guards": list(GUARDS),
    }
    rows = await runner.fetch(query, **{name: known[name] for name in query.parameters})
    findings = tuple(check.sentence.format(**_readable(row)) for row in rows)
    looked_at = len(GUARDS) if check.noun == "guards" else counted[check.noun]
    return Result(check.name, check.promise, looked_at, check.noun, rows[0]["drifted"] if rows else 0, findings)


def _readable(row: Row) -> dict[str, object]:
    """Return the row's facts; sums come as decimals, which would be written as 1.00E+6."""
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in row.items()}
