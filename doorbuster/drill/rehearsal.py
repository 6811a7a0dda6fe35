"""A whole drill: stage the sale, release the crowd, break what is to be broken, settle, audit, judge.

Promises: the crowd meets the shop over HTTP only; the sale is struck afterwards; the auditor gets the crowd's own log.
"""

import asyncio
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from doorbuster import audit
from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.drill import clients, observer
from doorbuster.drill.arrivals import arrivals
from doorbuster.drill.clients import Progress
from doorbuster.drill.faults import kill_worker
from doorbuster.drill.measures import Outcome, StockPoint
from doorbuster.drill.plan import Plan, SaleFacts
from doorbuster.drill.record import Record, acknowledged
from doorbuster.drill.scenario import Given, Scenario
from doorbuster.drill.target import Target

START_SECONDS = 1.5
"""How long the client processes get to start before the first shopper is due."""

SETTLE_SECONDS = 15.0


class Stage(Protocol):
    """What a composition root hands over, because a drill knows no rooms of the shop."""

    async def open_sale(self, database: Database, given: Given, opens_at: float) -> SaleFacts:
        """Schedule a sale for the drill, opening at that many seconds since the epoch."""
        ...

    async def strike(self, database: Database, sale_id: UUID) -> None:
        """End the drill's sale."""
        ...


class Watcher(Protocol):
    """Who looks on while a drill runs."""

    def opens(self, sale: SaleFacts, stock: list[StockPoint]) -> None:
        """Be told of the sale, and of the list that looks at its stock are added to."""
        ...

    def progress(self, client: int, progress: Progress) -> None:
        """Be told what a client process saw."""
        ...

    def say(self, words: str) -> None:
        """Be told a sentence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Everything a drill needs: the scenario, the shop, its database, the stage, the seed and the client processes."""

    scenario: Scenario
    target: Target
    database: Database
    database_url: str
    stage: Stage
    seed: int
    clock: Clock
    clients: int = 1


async def rehearse(rehearsal: Rehearsal, watcher: Watcher) -> Outcome:
    """Run the drill and return everything known about it."""
    when = rehearsal.scenario.when
    starts_at = _now(rehearsal) + START_SECONDS
    opens_at = starts_at + when.opens_after_seconds
    sale = await rehearsal.stage.open_sale(rehearsal.database, rehearsal.scenario.given, opens_at)
    stock: list[StockPoint] = []
    watcher.opens(sale, stock)
    before = await observer.statements(rehearsal.target.control_url)
    try:
        record, zero = await _run(rehearsal, sale, starts_at, stock, watcher)
        watcher.say("The crowd has gone home; waiting until every hold is paid or returned ...")
        await observer.until_settled(
            rehearsal.database, UUID(sale.id), zero, stock, rehearsal.scenario.given.hold_seconds + SETTLE_SECONDS
        )
        await asyncio.sleep(observer.SNAPSHOT_SECONDS)
        after = await observer.statements(rehearsal.target.control_url)
        watcher.say("The auditor recomputes everything from the rows ...")
        findings = await _audited(rehearsal.database_url, record, sale.sku)
    finally:
        await rehearsal.stage.strike(rehearsal.database, UUID(sale.id))
    return Outcome(
        sale=sale, opened_at=when.opens_after_seconds, record=record, stock=stock, findings=findings,
        statements=after - before if after is not None and before is not None else None,
    )  # fmt: skip


async def _run(
    rehearsal: Rehearsal, sale: SaleFacts, starts_at: float, stock: list[StockPoint], watcher: Watcher
) -> tuple[Record, float]:
    """Release the crowd while the stock is watched and the faults happen; return the record and the crowd's zero."""
    plan = plan_of(rehearsal, sale, starts_at)
    zero = asyncio.get_running_loop().time() + starts_at - _now(rehearsal)
    with clients.ungrouped():
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(observer.watch_stock(rehearsal.database, UUID(sale.id), zero, stock)),
                *(
                    group.create_task(_break(rehearsal, fault.at_seconds + sale.opens_at, watcher))
                    for fault in rehearsal.scenario.when.faults
                ),
            ]
            record = await clients.release(plan, rehearsal.clients, watcher.progress)
            for task in beside:
                task.cancel()
        return record, zero


def plan_of(rehearsal: Rehearsal, sale: SaleFacts, starts_at: float) -> Plan:
    """Return the crowd of a scenario: the same for the same seed."""
    when = rehearsal.scenario.when
    chance = random.Random(rehearsal.seed)  # noqa: S311 -- repeatable on purpose
    return Plan(
        shop=rehearsal.target.url, sale=sale, starts_at=starts_at, seed=rehearsal.seed, journey=when.journey,
        arrivals=arrivals(when.curve, when.shoppers, when.seconds, chance), lanes=when.lanes,
        habits=when.habits, pace=when.pace, hoarder_networks=when.hoarder_networks,
    )  # fmt: skip


def _now(rehearsal: Rehearsal) -> float:
    return rehearsal.clock.now().timestamp()


async def _break(rehearsal: Rehearsal, moment: float, watcher: Watcher) -> None:
    await asyncio.sleep(max(0.0, moment - _now(rehearsal)))
    watcher.say(f"Fault: {kill_worker(rehearsal.target.settings.home)}.")


async def _audited(database_url: str, record: Record, sku: str) -> list[str]:
    """Let the auditor hold what the crowd was told against the rows; return its findings."""
    with tempfile.TemporaryDirectory(prefix="doorbuster-drill-") as folder:
        told = Path(folder) / "acknowledged.jsonl"
        told.write_bytes(acknowledged(record, sku))
        report = await audit.run(database_url, told)
    return [finding for result in report.results for finding in result.findings]
