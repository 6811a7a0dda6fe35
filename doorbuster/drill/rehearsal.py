"""A whole drill: stage the sale, release the crowd, break what is to be broken, settle, audit, judge.

Promises: the crowd meets the shop over HTTP only; the sale is struck afterwards; the auditor gets the crowd's own log.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from doorbuster import audit
from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.drill import clients, observer
from doorbuster.drill.aftermath import postmortem_of
from doorbuster.drill.arrivals import along, arrivals, replayed
from doorbuster.drill.clients import Progress
from doorbuster.drill.faults.known import KNOWN
from doorbuster.drill.faults.wish import Fault
from doorbuster.drill.measures import Held, Outcome, StockPoint
from doorbuster.drill.plan import Plan, SaleFacts
from doorbuster.drill.record import Record, acknowledged
from doorbuster.drill.scenario import Given, Scenario, When
from doorbuster.drill.target import Target
from doorbuster.drill.witness import Mark, Witness, listen, read_incident, watch_waits

START_SECONDS = 1.5
"""How long the client processes get to start before the first shopper is due."""

SETTLE_SECONDS = 15.0
BEGINS_WITHIN_SECONDS = 1.0
"""A fault that took longer to bring about counts from its end less this."""


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


@dataclass(frozen=True, slots=True)
class Notes:
    """What is written down while the crowd is there."""

    stock: list[StockPoint]
    witness: Witness
    held: list[Held]


async def rehearse(rehearsal: Rehearsal, watcher: Watcher) -> Outcome:
    """Run the drill and return everything known about it."""
    when = rehearsal.scenario.when
    starts_at = _now(rehearsal) + START_SECONDS
    opens_at = starts_at + when.opens_after_seconds
    sale = await rehearsal.stage.open_sale(rehearsal.database, rehearsal.scenario.given, opens_at)
    stock: list[StockPoint] = []
    witness = Witness(marks=list(_given_faults(rehearsal.scenario)))
    held: list[Held] = []
    watcher.opens(sale, stock)
    before = await observer.statements(rehearsal.target.control_url)
    try:
        record, zero = await _run(rehearsal, sale, starts_at, Notes(stock, witness, held), watcher)
        watcher.say("The crowd has gone home; waiting until every hold is paid or returned ...")
        await observer.until_settled(
            rehearsal.database, UUID(sale.id), zero, stock, rehearsal.scenario.given.hold_seconds + SETTLE_SECONDS
        )
        await asyncio.sleep(observer.SNAPSHOT_SECONDS)
        after = await observer.statements(rehearsal.target.control_url)
        witness.incident = await read_incident(rehearsal.target.control_url, starts_at)
        postmortem = await postmortem_of(rehearsal.target.house, witness.incident)
        watcher.say("The auditor recomputes everything from the rows ...")
        findings = await _audited(rehearsal.database_url, record, sale.sku)
    finally:
        await rehearsal.stage.strike(rehearsal.database, UUID(sale.id))
    return Outcome(
        sale=sale, opened_at=when.opens_after_seconds, record=record, stock=stock, findings=findings, witness=witness,
        held_by_shop=held, postmortem=postmortem,
        statements=after - before if after is not None and before is not None else None,
    )  # fmt: skip


async def _run(
    rehearsal: Rehearsal, sale: SaleFacts, starts_at: float, notes: Notes, watcher: Watcher
) -> tuple[Record, float]:
    """Release the crowd while the stock is watched and the faults happen; return the record and the crowd's zero."""
    plan = plan_of(rehearsal, sale, starts_at)
    zero = asyncio.get_running_loop().time() + starts_at - _now(rehearsal)
    with clients.ungrouped():
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(observer.watch_stock(rehearsal.database, UUID(sale.id), zero, notes.stock)),
                group.create_task(observer.watch_held(rehearsal.target.control_url, zero, notes.held)),
                group.create_task(watch_waits(rehearsal.database, zero, notes.witness)),
                group.create_task(listen(rehearsal.target.control_url, zero, notes.witness)),
            ]
            breaking = [
                group.create_task(_break(rehearsal, fault, fault.at_seconds + zero + sale.opens_at - starts_at, _Log(
                    zero, notes.witness, watcher)))
                for fault in rehearsal.scenario.when.faults
            ]  # fmt: skip
            record = await clients.release(plan, rehearsal.clients, watcher.progress)
            await asyncio.gather(*breaking)
            for task in beside:
                task.cancel()
        return record, zero


def _given_faults(scenario: Scenario) -> Iterator[Mark]:
    """Yield what was wrong before anybody came."""
    if missing := scenario.given.without_indexes:
        words = f"opens without {len(missing)} {'index' if len(missing) == 1 else 'indexes'}"
        yield Mark(0.0, "fault", words, "missing_index")


def plan_of(rehearsal: Rehearsal, sale: SaleFacts, starts_at: float) -> Plan:
    """Return the crowd of a scenario: the same for the same seed."""
    when = rehearsal.scenario.when
    chance = random.Random(rehearsal.seed)  # noqa: S311 -- repeatable on purpose
    return Plan(
        shop=rehearsal.target.url, sale=sale, starts_at=starts_at, seed=rehearsal.seed,
        mix=when.mix or {when.journey: 1.0}, devices=when.devices, pages=when.pages,
        arrivals=_arrivals(rehearsal.scenario, when, chance), lanes=when.lanes, habits=when.habits, pace=when.pace,
        hoarder_networks=when.hoarder_networks, products=rehearsal.scenario.given.products,
    )  # fmt: skip


def _arrivals(scenario: Scenario, when: When, chance: random.Random) -> list[float]:
    if when.points:
        return along(when.points, chance)
    if when.trace:
        return replayed(scenario.trace_counts(), when.shoppers, when.seconds, chance)
    return arrivals(when.curve, when.shoppers, when.seconds, chance)


def _now(rehearsal: Rehearsal) -> float:
    return rehearsal.clock.now().timestamp()


@dataclass(frozen=True, slots=True)
class _Log:
    """Where a fault is told: on the time line (from the crowd's zero) and to who looks on."""

    zero: float
    witness: Witness
    watcher: Watcher


async def _break(rehearsal: Rehearsal, fault: Fault, moment: float, log: _Log) -> None:
    """Let one fault happen at a moment of the event loop's clock, and mend it when its time is over."""
    loop = asyncio.get_running_loop()
    house = rehearsal.target.house
    assert house is not None, "only a shop that was opened for the drill is broken"
    await asyncio.sleep(max(0.0, moment - loop.time()))
    known = KNOWN[fault.kind]
    what = f"{fault.kind} {fault.what}".strip()
    log.watcher.say(f"Fault: {what} ({known.what}).")
    breaking = known.breaks(house, fault)
    planned = loop.time() - log.zero
    await breaking.__aenter__()
    # A standby is made before the primary can be lost: what takes long before it hurts is not the shop's time.
    began = max(planned, loop.time() - log.zero - BEGINS_WITHIN_SECONDS)
    await asyncio.sleep(fault.for_seconds)
    await breaking.__aexit__(None, None, None)
    kind = "lever" if fault.kind == "operator" else "fault"
    log.witness.marks.append(Mark(began, kind, what, fault.cause, loop.time() - log.zero))
    if fault.for_seconds:
        log.watcher.say(f"Mended: {what}.")


async def _audited(database_url: str, record: Record, sku: str) -> list[str]:
    """Let the auditor hold what the crowd was told against the rows; return its findings."""
    with tempfile.TemporaryDirectory(prefix="doorbuster-drill-") as folder:
        told = Path(folder) / "acknowledged.jsonl"
        told.write_bytes(acknowledged(record, sku))
        report = await audit.run(database_url, told)
    return [finding for result in report.results for finding in result.findings]
