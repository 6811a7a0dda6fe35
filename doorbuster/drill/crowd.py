"""A crowd in this process: releases shoppers at their planned moments and keeps their record.

Promises: open loop, a slow shop does not delay the next arrival (except `release_lanes`, which is a closed loop and
says so); at most `sockets_max` connections; nothing is left running at the end.
"""

import asyncio
import gc
import itertools
import resource
import socket
import time
from collections.abc import Coroutine
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import uvloop

from doorbuster.clock import Clock
from doorbuster.drill.browser import Sockets, Stopwatch, own_address
from doorbuster.drill.passers_by import Looker, Scraper
from doorbuster.drill.plan import Plan
from doorbuster.drill.record import Record
from doorbuster.drill.shopper import Shopper
from doorbuster.drill.visitor import Visitor, journey_of

T = TypeVar("T")
SPARE_FILES = 200
VISITORS: dict[str, type[Visitor]] = {"visit": Shopper, "purchase": Shopper, "look": Looker, "scrape": Scraper}


async def release(plan: Plan, clock: Clock, record: Record | None = None) -> Record:
    """Release the crowd of a plan and return its record when the last shopper has left.

    `record` may be handed in to watch it grow.
    """
    record = record if record is not None else Record()
    loop = asyncio.get_running_loop()
    if plan.own_addresses and not has_own_addresses(plan.shop):
        plan = msgspec.structs.replace(plan, own_addresses=False)
    watch = Stopwatch(loop, loop.time() + plan.starts_at - clock.now().timestamp())
    sockets = Sockets(min(plan.sockets_max, raise_file_limit(plan.sockets_max + SPARE_FILES) - SPARE_FILES))
    started_cpu = time.process_time()
    with _no_collector_pauses():
        if plan.lanes:
            await _release_lanes(plan, record, watch, sockets)
        else:
            await _release_open_loop(plan, record, watch, sockets)
    record.cpu_seconds = time.process_time() - started_cpu
    record.sockets_peak, record.sockets_waited = sockets.peak, sockets.waited
    return record


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop, which is what makes the client cheap."""
    return uvloop.run(work)


def raise_file_limit(wanted: int) -> int:
    """Raise this process's limit of open files towards `wanted`; return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def has_own_addresses(shop: str) -> bool:
    """Say whether shoppers can have a loopback address each: the shop is on one, and the machine allows it (Linux)."""
    if not (urlsplit(shop).hostname or "").startswith("127."):
        return False
    with socket.socket() as probe:
        try:
            probe.bind((own_address(0), 0))
        except OSError:
            return False
    return True


async def _release_open_loop(plan: Plan, record: Record, watch: Stopwatch, sockets: Sockets) -> None:
    async with asyncio.TaskGroup() as group:
        for number, arrives in zip(itertools.count(plan.first_shopper, plan.shopper_step), plan.arrivals, strict=False):
            await watch.until(arrives)
            visitor = VISITORS[journey_of(plan, number)]
            group.create_task(visitor(plan, number, arrives, record, watch).live(sockets))


async def _release_lanes(plan: Plan, record: Record, watch: Stopwatch, sockets: Sockets) -> None:
    """Keep `lanes` shoppers inside, a fresh one for each who bought, until told sold out: a closed loop."""
    numbers = itertools.islice(itertools.count(plan.first_shopper, plan.shopper_step), plan.lanes * 2 + plan.sale.units)

    async def lane() -> None:
        arrives = plan.sale.opens_at - plan.starts_at
        for number in numbers:
            fate = await Shopper(plan, number, arrives, record, watch).live(sockets)
            if fate.outcome != "bought":
                return
            arrives = watch.now()

    async with asyncio.TaskGroup() as group:
        for _ in range(plan.lanes):
            group.create_task(lane())


@contextmanager
def _no_collector_pauses() -> Any:
    """Keep the cycle collector from stopping the clock in the middle of a measurement."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
