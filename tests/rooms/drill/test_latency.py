"""Latency counts from the planned moment: a shop that stalls cannot hide behind the requests it held up."""

import asyncio

from doorbuster.clock import SystemClock
from doorbuster.drill import crowd
from doorbuster.drill.measures import percentile, schedule_lag_seconds
from doorbuster.drill.record import Attempt
from doorbuster.drill.verdict import CLIENT_LAG_SECONDS_MAX
from tests.rooms.drill.double import Request, TinyShop, double_of, plan_for, problem

STALL_SECONDS = 0.4


async def test_one_stall_is_felt_by_everybody_who_came_during_it():
    gate = asyncio.Lock()
    stalled = False

    async def answer(request: Request) -> bytes:
        """Answer one at a time, the first of them late: what a closed loop would see as one slow request."""
        nonlocal stalled
        async with gate:
            if not stalled:
                stalled = True
                await asyncio.sleep(STALL_SECONDS)
        return problem(409, "sold-out")

    arrivals = [index * STALL_SECONDS / 20 for index in range(20)]
    async with double_of(answer) as shop:
        record = await crowd.release(plan_for(shop.url, arrivals=arrivals), SystemClock())

    latencies = {attempt.shopper: attempt.latency_seconds for attempt in record.attempts}
    assert all(latencies[number] >= STALL_SECONDS - arrives - 0.02 for number, arrives in enumerate(arrivals))


async def test_a_slow_shop_does_not_delay_the_next_arrival():
    everybody_is_here = asyncio.Barrier(10)

    async def answer(request: Request) -> bytes:
        """Answer nobody before all ten have asked: a crowd that waits for answers would never be complete."""
        await everybody_is_here.wait()
        return problem(409, "sold-out")

    async with double_of(answer) as shop:
        record = await crowd.release(plan_for(shop.url, arrivals=[index / 50 for index in range(10)]), SystemClock())

    assert {fate.outcome for fate in record.fates} == {"told_sold_out"}


async def test_a_client_that_sends_late_says_so():
    async def hog() -> None:
        _stop_the_world(0.5)

    async with double_of(TinyShop(units=0)) as shop, asyncio.TaskGroup() as group:
        group.create_task(hog())
        record = await crowd.release(plan_for(shop.url, arrivals=[0.2]), SystemClock())

    assert schedule_lag_seconds(record.attempts) > CLIENT_LAG_SECONDS_MAX


def test_percentiles_are_by_nearest_rank():
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([5.0], 0.5) == 5.0
    assert percentile([], 0.99) == 0.0


def test_latency_counts_from_the_plan_not_from_the_sending():
    attempt = Attempt(1, "hold", planned=10.0, sent=12.0, answered=12.5, status=409, kind="Whatever")

    assert attempt.latency_seconds == 2.5


def _stop_the_world(seconds: float) -> None:
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while clock.monotonic() < until:
        pass
