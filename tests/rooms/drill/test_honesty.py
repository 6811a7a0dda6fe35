"""The crowd judged by others: wrk must see the same shop, and Locust must be able to play the same journeys."""

import asyncio
import os
import shutil
import statistics
from pathlib import Path

import msgspec
import pytest

from doorbuster.clock import SystemClock
from doorbuster.drill import clients, locust, reading
from tests.rooms.drill.double import Request, double_of, http, plan_for

ANSWERS_AFTER_SECONDS = 0.05
LOCUST = shutil.which("locust", path=os.environ.get("LOCUST_BIN") or os.environ["PATH"])


async def slow_shop(_: Request) -> bytes:
    await asyncio.sleep(ANSWERS_AFTER_SECONDS)
    return http(200, "<h1>A page</h1>")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed (Debian: apt install wrk)")
async def test_wrk_and_our_crowd_see_the_same_latencies() -> None:
    async with double_of(slow_shop) as shop:
        told = await output_of("wrk", "-t1", "-c4", "-d2s", "--latency", f"{shop.url}/search?q=oak")
        plan = msgspec.structs.replace(
            plan_for(shop.url, arrivals=[0.02 * n for n in range(60)]), mix={"look": 1.0}, pages=1,
            starts_at=SystemClock().now().timestamp() + 1.0,
        )  # fmt: skip
        record = await clients.release(plan, 1, lambda *_: None)

    median = next(line.split()[1] for line in told.splitlines() if line.strip().startswith("50%"))
    theirs = float(median.removesuffix("ms")) / 1000
    ours = statistics.median(attempt.latency_seconds for attempt in record.attempts)
    assert min(theirs, ours) >= ANSWERS_AFTER_SECONDS
    assert 0.5 < ours / theirs < 2


async def test_a_stall_is_seen_by_everybody_who_planned_to_come_while_it_lasted() -> None:
    """A closed loop would meet the stall once, and never ask what it held up."""
    begins = SystemClock().monotonic() + 1.5

    async def stalls(_: Request) -> bytes:
        now = SystemClock().monotonic()
        if begins <= now < begins + 1:
            await asyncio.sleep(begins + 1 - now)
        return http(200, "<h1>A page</h1>")

    async with double_of(stalls) as shop:
        plan = msgspec.structs.replace(
            plan_for(shop.url, arrivals=[0.02 * n for n in range(150)]), mix={"look": 1.0}, pages=1,
            starts_at=SystemClock().now().timestamp() + 0.5,
        )  # fmt: skip
        record = await clients.release(plan, 1, lambda *_: None)

    slow = [attempt for attempt in record.attempts if attempt.latency_seconds > 0.4]
    assert len(slow) >= 20


@pytest.mark.skipif(LOCUST is None, reason="locust is not installed (a venv of its own will do: LOCUST_BIN=its/bin)")
async def test_a_drill_s_journeys_run_under_locust_with_a_master_and_a_worker(tmp_path: Path) -> None:
    assert LOCUST is not None
    scenario = reading.load("dropped-index")
    quick = msgspec.structs.replace(scenario.when, points=[], shoppers=10, seconds=2, mix={"look": 1.0})
    file = tmp_path / "locustfile.py"
    file.write_text(locust.written(msgspec.structs.replace(scenario, when=quick)))
    port = "15557"
    async with double_of(slow_shop) as shop:
        common = ("-f", str(file), "--host", shop.url, "--headless")
        master = asyncio.create_task(output_of(
            LOCUST, *common, "--master", "--master-bind-port", port, "--expect-workers", "1", "-u", "4", "-r", "4",
            "-t", "4s", "--csv", str(tmp_path / "out"),
        ))  # fmt: skip
        worker = asyncio.create_task(output_of(LOCUST, "-f", str(file), "--worker", "--master-port", port))
        said = await asyncio.gather(master, worker)

    rows = (tmp_path / "out_stats.csv").read_text().splitlines()
    assert any(row.startswith("GET,search,") for row in rows), said
    total = rows[-1].split(",")
    assert int(total[2]) > 3, said
    assert total[3] == "0", said


async def output_of(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return said.decode()
