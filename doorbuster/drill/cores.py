"""Who runs on which core, how much of it they take, and how a database is slowed."""

import asyncio
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SLICE_SECONDS = 0.02


def family_of(pid: int) -> list[int]:
    """Return a process and all its children."""
    found = [pid]
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError, IndexError):
                if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(folder.name))
    return found


def pin(pids: Iterable[int], core: int) -> None:
    """Let processes run on one core only; their children to come inherit it."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.sched_setaffinity(pid, {core})


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that living processes have used, user and system."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_SECOND


async def slow_down(server_pid: int, times: float) -> None:
    """Let every session of a PostgreSQL run only a part of the time, until cancelled: a database `times` slower."""
    running = SLICE_SECONDS / times
    sessions: list[int] = []
    try:
        while True:
            sessions = family_of(server_pid)[1:]
            _signal(sessions, signal.SIGSTOP)
            await asyncio.sleep(SLICE_SECONDS - running)
            _signal(sessions, signal.SIGCONT)
            await asyncio.sleep(running)
    finally:
        _signal(sessions, signal.SIGCONT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
