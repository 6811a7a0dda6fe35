"""Workers share what they let pass through a real store, and count alone while it is away."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from doorbuster.clock import ManualClock, SystemClock
from doorbuster.guard.gcra import Meter, Rate
from doorbuster.guard.sharing import UP, Sharing
from doorbuster.settings import from_environment
from tests.rooms.guard.test_rate_limit import Guarded

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


class Store:
    """A Redis of the test's own, on a port that stays the same when it comes back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.open()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def open(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.kill()


async def eventually(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not fact():  # noqa: ASYNC110 - what is waited for happens elsewhere and tells nobody
            await asyncio.sleep(0.02)


def worker(folder: Path, workers: int, **limit: Any) -> Guarded:
    settings = from_environment(
        {"DOORBUSTER_HOME": str(folder), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": str(workers)}
    )
    made = Guarded(settings, ManualClock())
    made.limit(**limit)
    return made


@asynccontextmanager
async def sharing(store: Store, *workers: Guarded):
    running = [asyncio.create_task(Sharing(w.guard, store.url, "s" * 40, w.clock).run()) for w in workers]
    try:
        await eventually(lambda: all(w.guard.part == 1.0 for w in workers))
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_what_one_worker_let_pass_counts_in_the_other(store: Store, tmp_path: Path) -> None:
    one, other = (worker(tmp_path, 2, rate=0.01, burst=4, network_burst=100) for _ in range(2))
    async with sharing(store, one, other):
        assert await one.statuses(4) == [200] * 4
        await asyncio.sleep(0.5)

        # The other lets one pass, tells it, and learns that there was no room.
        assert await other.statuses(1) == [200]
        await asyncio.sleep(0.5)
        assert await other.statuses(3) == [429] * 3


async def test_over_four_workers_a_caller_gets_the_limit_about_once(store: Store, tmp_path: Path) -> None:
    workers = [worker(tmp_path, 4, rate=0.01, burst=8, network_burst=1000) for _ in range(4)]
    passed = 0
    async with sharing(store, *workers):
        for number in range(16):
            passed += (await workers[number % 4].statuses(1)) == [200]
            await asyncio.sleep(0.3)

    assert 8 <= passed <= 8 + 3


async def test_each_counts_alone_while_the_store_is_away_and_together_when_it_is_back(
    store: Store, tmp_path: Path
) -> None:
    one = worker(tmp_path, 4, burst=8, network_burst=1000)
    async with sharing(store, one):
        assert UP.values[()] == 1.0
        store.kill()
        await eventually(lambda: one.guard.part == 0.5)
        assert UP.values[()] == 0.0
        assert await one.statuses(5) == [200] * 4 + [429]

        store.open()
        await eventually(lambda: one.guard.part == 1.0)


async def test_no_request_waits_for_a_store_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        one = worker(tmp_path, 1, burst=8, network_burst=1000)
        url = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        task = asyncio.create_task(Sharing(one.guard, url, "s" * 40, SystemClock()).run())
        await asyncio.sleep(0.1)

        assert await asyncio.wait_for(one.statuses(9), 0.5) == [200] * 8 + [429]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_what_is_learnt_never_gives_back_what_was_used_here() -> None:
    meter = Meter(Rate(1, 5))
    for _ in range(5):
        meter.count("ada", 0.0)

    meter.learn("ada", 1.0)

    assert not meter.ask("ada", 0.0).passes
