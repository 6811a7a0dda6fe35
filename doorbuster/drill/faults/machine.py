"""Faults of the machine: processors that others use, memory that others took, a disk that is full."""

import asyncio
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from doorbuster.drill.chaos.house import House
from doorbuster.drill.cores import pin
from doorbuster.drill.faults.wish import Fault
from doorbuster.errors import DoorbusterError, Misconfigured

COMMAND_SECONDS_MAX = 60.0
BUSY = "while True: sum(range(100_000))"
HUNGRY = "import time; kept = bytearray({bytes}); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(86_400)"
LEFT_FREE_BYTES = 512 * 1024


@asynccontextmanager
async def processor_taken(house: House, wish: Fault) -> AsyncIterator[None]:
    """Let `times` busy programs run on the same cores as the web workers."""
    with _programs(BUSY, int(wish.times or 2)) as programs:
        if house.web_core is not None:
            pin([program.pid for program in programs], house.web_core)
        yield


@asynccontextmanager
async def memory_taken(_: House, wish: Fault) -> AsyncIterator[None]:
    """Let another program take `times` MB of memory and touch all of it."""
    with _programs(HUNGRY.format(bytes=int(wish.times or 512) * 1024 * 1024), 1):
        yield


@asynccontextmanager
async def disk_full(house: House, _: Fault) -> AsyncIterator[None]:
    """Fill the disk of the shop's home with ballast; needs `disk_megabytes` under [given]: a small one."""
    if not house.own_disk:
        raise Misconfigured("`fill-disk` needs a small disk: give `disk_megabytes` under [given] (needs root)")
    ballast = house.home / "ballast"
    await asyncio.to_thread(_fill, ballast)
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


@asynccontextmanager
async def operator_acts(house: House, wish: Fault) -> AsyncIterator[None]:
    """Run `doorbuster WHAT` as an operator of this shop would."""
    await run_command(house, wish.what)
    yield


async def run_command(house: House, words: str) -> str:
    """Run one of our own commands with the shop's settings and return what it says; DoorbusterError if it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "doorbuster", *shlex.split(words), env=house.environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS_MAX)
    if process.returncode:
        raise DoorbusterError(
            f"`doorbuster {words}` failed in the drill's shop: {said.decode(errors='replace')[-300:]}"
        )
    return said.decode(errors="replace")


@contextmanager
def _programs(text: str, count: int) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """Run so many Python programs for the block, each in a session of its own.

    Linux shares a processor between sessions first (autogroup), so programs of one session would count as one.
    """
    command = [sys.executable, "-c", text]
    running = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]  # noqa: S603 -- our own text
    try:
        yield running
    finally:
        for each in running:
            each.kill()
            each.wait()


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * LEFT_FREE_BYTES)
