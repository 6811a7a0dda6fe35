"""One run after the other: what the shop can do, then ever more arrivals, with the gate and without."""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from doorbuster.bench.overload.crowd import BUYERS_SHARE, GOOD_SECONDS, Crowd, Outcome
from doorbuster.bench.overload.stage import Stage
from doorbuster.drill.cores import cpu_seconds, slow_down
from doorbuster.serving import background

KINDS = ("search", "product", "hold", "order")
SHOPPERS = (2, 4, 6, 8)
CALM, CALM_SECONDS = 0.7, 6.0
QUIET, QUIET_SECONDS = 0.1, 10.0
AFTER_SECONDS = 10.0
REQUESTS_PER_VISIT = 1.0 + BUYERS_SHARE
"""A buyer sends two requests, all others one."""
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
    work: float
    peak_work: float
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
    def share_of_work(self) -> float:
        """Return it weighed by what each kind costs, because a shop that answers only cheap requests looks good."""
        return self.work / self.peak_work


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: name, times the capacity, how long the spike lasts, and how much slower the database is in it."""

    name: str
    times: float
    seconds: float
    slowed: float = 1.0


class Peak(msgspec.Struct, frozen=True):
    """The most that a shop did: requests a second, by kind, and who took how much of a core."""

    rate: float
    by_kind: dict[str, float]
    shares: Shares

    def work(self, costs: dict[str, float]) -> float:
        """Return the seconds of work done a second, when a request of each kind costs so many."""
        return sum(rate * costs[kind] for kind, rate in self.by_kind.items())


class Bar(msgspec.Struct, frozen=True):
    """What the runs are held against; the costs are the unloaded seconds of a request of each kind."""

    peak: Peak
    slowed_peak: Peak
    median: float
    costs: dict[str, float]


async def capacity(stage: Stage, seconds: float, say: Callable[[str], None], slowed: float = 1.0) -> Peak:
    """Return the most that shoppers one after the other get out of it, over several crowds."""
    best = Peak(0.0, {}, Shares(0, 0, 0))
    for shoppers in SHOPPERS:
        crowd = Crowd(stage.shop, random.Random(shoppers))  # noqa: S311
        with _Meter(stage) as meter:
            async with _slowed(stage, slowed):
                await crowd.closed_loop(shoppers, seconds)
        crowd.leave()
        kinds = Counter(each.kind for each in crowd.outcomes if each.good)
        rate = kinds.total() / seconds
        say(f"capacity with {shoppers} shoppers: {rate:,.0f}/s")
        if rate > best.rate:
            best = Peak(rate, {kind: count / seconds for kind, count in kinds.items()}, meter.shares)
    return best


async def unloaded(stage: Stage, visits_per_second: float) -> tuple[float, dict[str, float]]:
    """Return the median latency of a shop that has hardly anything to do, of all requests and by kind."""
    crowd = Crowd(stage.shop, random.Random(7))  # noqa: S311
    await crowd.open_loop([(QUIET_SECONDS, visits_per_second * QUIET)])
    crowd.leave()
    by_kind: dict[str, list[float]] = {}
    for each in crowd.outcomes:
        by_kind.setdefault(each.kind, []).append(each.seconds)
    median = statistics.median(each.seconds for each in crowd.outcomes)
    return median, dict.fromkeys(KINDS, median) | {kind: statistics.median(took) for kind, took in by_kind.items()}


async def run(stage: Stage, plan: Plan, bar: Bar, *, gate: bool) -> Run:
    """Let it be calm, then let the spike come, then let it be calm again."""
    crowd = Crowd(stage.shop, random.Random(11))  # noqa: S311
    visits = bar.peak.rate / REQUESTS_PER_VISIT
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
    return _judged(plan, crowd, bar, gate, meter.shares)


def _judged(plan: Plan, crowd: Crowd, bar: Bar, gate: bool, shares: Shares) -> Run:
    peak = bar.slowed_peak if plan.slowed > 1 else bar.peak
    ends = CALM_SECONDS + plan.seconds
    spike = [each for each in crowd.outcomes if CALM_SECONDS <= each.planned < ends]
    settled = [each for each in spike if each.planned >= CALM_SECONDS + 2]
    after = [each for each in crowd.outcomes if each.planned >= ends + 5]
    good = [each.seconds for each in settled if each.good]
    seconds = _by_second(crowd.outcomes)
    return Run(
        plan.name, gate, plan.times, plan.slowed, len(good) / (plan.seconds - 2), peak.rate,
        sum(bar.costs[each.kind] for each in settled if each.good) / (plan.seconds - 2), peak.work(bar.costs),
        statistics.median(good) if good else 0.0, _quantile(good, 0.99),
        _settled(seconds, peak.rate, int(CALM_SECONDS), int(ends)), _success(after),
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
