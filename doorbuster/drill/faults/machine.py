"""Faults of the machine: processors that others use, memory that others took, a disk that is full."""

import asyncio
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from doorbuster.drill.chaos.house import House
from doorbuster.drill.cores import pin
from doorbuster.drill.faults.wish import Fault
from doorbuster.errors import DoorbusterError, Misconfigured

COMMAND_SECONDS_MAX = 60.0
WAIT = "import sys; print(flush=True); sys.stdin.read()"
BUSY = "while True: sum(range(100_000))"
HUNGRY = "import time; kept = bytearray({bytes}); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(86_400)"
LEFT_FREE_BYTES = 512 * 1024


@asynccontextmanager
async def processor_taken(house: House, wish: Fault) -> AsyncIterator[None]:
    """Let `times` busy programs run on the same cores as the web workers."""
    async with busy_programs(int(wish.times or 2), house.web_core):
        yield


@asynccontextmanager
async def memory_taken(_: House, wish: Fault) -> AsyncIterator[None]:
    """Let another program take `times` MB of memory and touch all of it."""
    with _programs(HUNGRY.format(bytes=int(wish.times or 512) * 1024 * 1024), 1) as programs:
        await asyncio.to_thread(_let_go, programs)
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


@asynccontextmanager
async def busy_programs(count: int, core: int | None) -> AsyncIterator[None]:
    """Let so many programs compute for the block, all from the same moment on; on one core if it is given."""
    with _programs(BUSY, count) as programs:
        if core is not None:
            pin([program.pid for program in programs], core)
        await asyncio.to_thread(_let_go, programs)
        yield


@contextmanager
def _programs(text: str, count: int) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """Start so many Python programs for the block, each in a session of its own; they wait until they are let go.

    Linux shares a processor between sessions first (autogroup), so programs of one session would count as one.
    """
    command, pipe = [sys.executable, "-c", f"{WAIT}\n{text}"], subprocess.PIPE
    with ExitStack() as stack:
        running = [
            stack.enter_context(subprocess.Popen(command, start_new_session=True, stdin=pipe, stdout=pipe))  # noqa: S603 -- our own text
            for _ in range(count)
        ]
        try:
            yield running
        finally:
            for each in running:
                each.kill()


def _let_go(programs: "list[subprocess.Popen[bytes]]") -> None:
    """Wait until each is ready, then let them go: those that were early would keep the late ones from starting."""
    for each in programs:
        assert each.stdout is not None
        each.stdout.readline()
    for each in programs:
        assert each.stdin is not None
        each.stdin.close()


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * LEFT_FREE_BYTES)
