"""The crowd in processes of its own, so that drawing and judging never delay a shopper.

Promises: each process tells its progress twice a second and hands its whole record over at the end; a process that
dies fails the drill with its last words.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from doorbuster.clock import Clock, SystemClock
from doorbuster.drill import crowd
from doorbuster.drill.measures import percentile, schedule_lag_seconds
from doorbuster.drill.plan import Plan, shares
from doorbuster.drill.record import Attempt, Record, merged
from doorbuster.errors import DoorbusterError

PROGRESS_SECONDS = 0.5
TERMINATE_SECONDS = 5.0


class Progress(msgspec.Struct):
    """What one client process saw so far; latencies are those of the last interval."""

    at: float = 0.0
    arrived: int = 0
    inside: int = 0
    bought: int = 0
    answers: dict[str, int] = {}
    recent: int = 0
    p50_seconds: float = 0.0
    p99_seconds: float = 0.0
    lag_p99_seconds: float = 0.0


class ClientDied(DoorbusterError):
    """A client process ended before its crowd did."""


async def release(plan: Plan, processes: int, on_progress: Callable[[int, Progress], None]) -> Record:
    """Release a crowd from several processes; `on_progress` is told a process's number and its progress."""
    with tempfile.TemporaryDirectory(prefix="doorbuster-drill-") as folder, ungrouped():
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_client(share, number, Path(folder), on_progress))
                for number, share in enumerate(shares(plan, processes))
            ]
        return merged(task.result() for task in tasks)


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise a fault of ours by itself where a task group would wrap it, so that the command line can tell it."""
    try:
        yield
    except* DoorbusterError as faults:
        fault: BaseException = faults
        while isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        raise fault from None


async def _client(plan: Plan, number: int, folder: Path, on_progress: Callable[[int, Progress], None]) -> Record:
    orders, result, words = (folder / f"{name}-{number}" for name in ("plan", "record", "words"))
    await asyncio.to_thread(orders.write_bytes, msgspec.msgpack.encode(plan))
    with words.open("wb") as last_words:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "doorbuster.drill.clients", str(orders), str(result),
            stdout=asyncio.subprocess.PIPE, stderr=last_words,
        )  # fmt: skip
    assert process.stdout
    try:
        async for line in process.stdout:
            on_progress(number, msgspec.json.decode(line, type=Progress))
        if await process.wait():
            tail = await asyncio.to_thread(words.read_text, errors="replace")
            raise ClientDied(f"a client process died: {tail[-400:].strip()}")
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), TERMINATE_SECONDS)
    return msgspec.msgpack.decode(await asyncio.to_thread(result.read_bytes), type=Record)


async def _released_with_progress(plan: Plan, clock: Clock) -> Record:
    record = Record()
    async with asyncio.TaskGroup() as group:
        reporter = group.create_task(_report(plan, clock, record))
        await crowd.release(plan, clock, record)
        reporter.cancel()
    return record


async def _report(plan: Plan, clock: Clock, record: Record) -> None:
    """Write a line of progress twice a second, until cancelled."""
    seen, answers = 0, Counter[str]()
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        recent = record.attempts[seen:]
        seen += len(recent)
        answers.update(attempt.kind for attempt in recent)
        sys.stdout.write(msgspec.json.encode(_progress(plan, clock, record, recent, dict(answers))).decode() + "\n")
        sys.stdout.flush()


def _progress(plan: Plan, clock: Clock, record: Record, recent: list[Attempt], answers: dict[str, int]) -> Progress:
    now = clock.now().timestamp() - plan.starts_at
    arrived = sum(arrival <= now for arrival in plan.arrivals) or len(record.fates) + plan.lanes
    latencies = [attempt.latency_seconds for attempt in recent]
    return Progress(
        at=now, arrived=arrived, inside=arrived - len(record.fates), answers=answers, recent=len(recent),
        bought=sum(fate.outcome == "bought" for fate in record.fates), p50_seconds=percentile(latencies, 0.5),
        p99_seconds=percentile(latencies, 0.99), lag_p99_seconds=schedule_lag_seconds(recent),
    )  # fmt: skip


def main(orders: str, result: str) -> None:
    """Be one client process: read the plan, release the crowd, write the record."""
    plan = msgspec.msgpack.decode(Path(orders).read_bytes(), type=Plan)
    record = crowd.run(_released_with_progress(plan, SystemClock()))
    Path(result).write_bytes(msgspec.msgpack.encode(record))


if __name__ == "__main__":
    main(*sys.argv[1:3])
