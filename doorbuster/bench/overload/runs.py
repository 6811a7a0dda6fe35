"""One run after the other: what the shop can do, then ever more arrivals, with the gate and without."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from doorbuster.bench.overload.cores import cpu_seconds, slow_down
from doorbuster.bench.overload.crowd import GOOD_SECONDS, Crowd, Outcome
from doorbuster.bench.overload.stage import Stage
from doorbuster.serving import background

SHOPPERS = (2, 4, 6, 8)
CALM, CALM_SECONDS = 0.7, 6.0
QUIET, QUIET_SECONDS = 0.1, 10.0
AFTER_SECONDS = 10.0
SETTLED_SHARE = 0.9
DEADLINE_EXTRA_SECONDS = 5.0


class Second(msgspec.Struct, frozen=True):
    """One second of a run: how many requests were planned in it, and what became of them."""

    at: int
    planned: int
    good: int
    refused: int
    failed: int


class Shares(msgspec.Struct, frozen=True):
    """Which part of a core PostgreSQL, the shop and the crowd took during the spike."""

    database: float
    shop: float
    crowd: float


class Run(msgspec.Struct, frozen=True):
    """What one run showed; rates are requests a second, times are seconds."""

    name: str
    gate: bool
    times: float
    slowed: float
    goodput: float
    peak: float
    p50: float
    p99: float
    settled_seconds: float | None
    after_success: float
    checkout_success: float
    browse_success: float
    saturated: int
    shares: Shares
    seconds: list[Second]

    @property
    def share_of_peak(self) -> float:
        """Return goodput as a part of the peak."""
        return self.goodput / self.peak

    @property
    def share_by_database(self) -> float:
        """Return it for a database that had got its whole core: what other work on the shop's core took is out."""
        return self.share_of_peak / max(0.05, self.shares.database)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: name, times the capacity, how long the spike lasts, and how much slower the database is in it."""

    name: str
    times: float
    seconds: float
    slowed: float = 1.0


async def capacity(
    stage: Stage, seconds: float, say: Callable[[str], None], slowed: float = 1.0
) -> tuple[float, Shares]:
    """Return the most requests a second that shoppers one after the other get out of it, over several crowds."""
    best, shares = 0.0, Shares(0, 0, 0)
    for shoppers in SHOPPERS:
        crowd = Crowd(stage.shop, random.Random(shoppers))  # noqa: S311
        with _Meter(stage) as meter:
            async with _slowed(stage, slowed):
                await crowd.closed_loop(shoppers, seconds)
        crowd.leave()
        rate = sum(1 for each in crowd.outcomes if each.good) / seconds
        say(f"capacity with {shoppers} shoppers: {rate:,.0f}/s")
        if rate > best:
            best, shares = rate, meter.shares
    return best, shares


async def unloaded_median(stage: Stage, visits_per_second: float) -> float:
    """Return the median latency of a shop that has hardly anything to do."""
    crowd = Crowd(stage.shop, random.Random(7))  # noqa: S311
    await crowd.open_loop([(QUIET_SECONDS, visits_per_second * QUIET)])
    crowd.leave()
    return statistics.median(each.seconds for each in crowd.outcomes)


async def run(stage: Stage, plan: Plan, peaks: tuple[float, float], *, gate: bool, requests_per_visit: float) -> Run:
    """Let it be calm, then let the spike come, then let it be calm again; `peaks` are the usual and the slowed one."""
    crowd = Crowd(stage.shop, random.Random(11))  # noqa: S311
    visits = peaks[0] / requests_per_visit
    calm, spike = (CALM_SECONDS, visits * CALM), (plan.seconds, visits * plan.times)
    meter = _Meter(stage)

    async def during_the_spike() -> None:
        await asyncio.sleep(CALM_SECONDS)
        with meter:
            async with _slowed(stage, plan.slowed):
                await asyncio.sleep(plan.seconds)

    async with asyncio.TaskGroup() as group:
        group.create_task(during_the_spike())
        group.create_task(crowd.open_loop([calm, spike, (AFTER_SECONDS, visits * CALM)]))
    crowd.leave()
    return _judged(plan, crowd, peaks[plan.slowed > 1], gate, meter.shares)


def _judged(plan: Plan, crowd: Crowd, peak: float, gate: bool, shares: Shares) -> Run:
    ends = CALM_SECONDS + plan.seconds
    spike = [each for each in crowd.outcomes if CALM_SECONDS <= each.planned < ends]
    settled = [each for each in spike if each.planned >= CALM_SECONDS + 2]
    after = [each for each in crowd.outcomes if each.planned >= ends + 5]
    good = [each.seconds for each in settled if each.good]
    seconds = _by_second(crowd.outcomes)
    return Run(
        plan.name, gate, plan.times, plan.slowed, len(good) / (plan.seconds - 2), peak,
        statistics.median(good) if good else 0.0, _quantile(good, 0.99),
        _settled(seconds, peak, int(CALM_SECONDS), int(ends)), _success(after),
        _success([each for each in spike if each.kind in ("hold", "order")]),
        _success([each for each in spike if each.kind in ("search", "product")]), crowd.saturated, shares, seconds,
    )  # fmt: skip


def _by_second(outcomes: list[Outcome]) -> list[Second]:
    last = int(max(each.planned for each in outcomes))
    tables = [[0, 0, 0, 0] for _ in range(last + 1)]
    for each in outcomes:
        row = tables[int(each.planned)]
        row[0] += 1
        row[1 if each.good else 2 if each.status in (429, 503) and each.seconds <= GOOD_SECONDS else 3] += 1
    return [Second(at, *row) for at, row in enumerate(tables)]


def _settled(seconds: list[Second], peak: float, start: int, end: int) -> float | None:
    """Return after how many seconds three seconds in a row were near the peak; None when they never were."""
    for at in range(start, end - 2):
        if all(seconds[at + next_].good >= SETTLED_SHARE * peak for next_ in range(3)):
            return float(at - start)
    return None


def _success(outcomes: list[Outcome]) -> float:
    return sum(each.good for each in outcomes) / len(outcomes) if outcomes else 0.0


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@asynccontextmanager
async def _slowed(stage: Stage, times: float) -> AsyncIterator[None]:
    """Slow the database for the block."""
    slowing = [slow_down(stage.server_pid, times)] if times > 1 else []
    async with background(*slowing):
        yield


class _Meter:
    """Measures who took how much of a core during the block."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.shares = Shares(0, 0, 0)

    def __enter__(self) -> "_Meter":
        self._began, self._before = time.perf_counter(), self._now()
        return self

    def __exit__(self, *_: object) -> None:
        span = time.perf_counter() - self._began
        database, shop, crowd = ((end - start) / span for end, start in zip(self._now(), self._before, strict=True))
        self.shares = Shares(database, shop, crowd)

    def _now(self) -> tuple[float, float, float]:
        return (
            cpu_seconds(self._stage.database_pids()), cpu_seconds(self._stage.worker_pids), time.process_time()
        )  # fmt: skip
