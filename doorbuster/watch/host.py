"""What the machine has left: processors, memory, disk, and how long work waits for the disk.

Promises: reads a handful of small files; what a system does not tell is missing, never wrong.
Sources: the kernel's Documentation/filesystems/proc.rst and Documentation/accounting/psi.rst.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from doorbuster.watch.rates import Rates

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class Host:
    """Measures the machine, and the embedded server's processes, between one call and the next."""

    def __init__(self, home: Path, proc: Path = PROC) -> None:
        """Begin without a past; `home` is on the disk that counts."""
        self._home, self._proc, self._rates = home, proc, Rates()

    def measure(self, now_seconds: float) -> dict[str, float]:
        """Return the signals of the host, its disk, and the embedded server if one runs."""
        values: dict[str, float] = {}
        for part in (self._processors, self._memory, self._io, self._disk, self._server):
            with suppress(OSError, ValueError, IndexError, KeyError):
                values |= part(now_seconds)
        return values

    def _processors(self, now: float) -> dict[str, float]:
        words = (self._proc / "stat").read_text().split("\n", 1)[0].split()
        spent = [int(word) for word in words[1:9]]
        # What is niced gives way to us at once, so it takes as little from us as idleness.
        idle = spent[1] + spent[3] + spent[4]
        all_of_it, busy = self._rates.of("all", sum(spent), now), self._rates.of("busy", sum(spent) - idle, now)
        return {"host.cpu_share": busy / all_of_it} if busy is not None and all_of_it else {}

    def _memory(self, _: float) -> dict[str, float]:
        lines = (line.split() for line in (self._proc / "meminfo").read_text().splitlines())
        known = {words[0]: int(words[1]) for words in lines}
        return {"host.memory_share": 1 - known["MemAvailable:"] / known["MemTotal:"]}

    def _io(self, now: float) -> dict[str, float]:
        total = (self._proc / "pressure" / "io").read_text().split("\n", 1)[0].rpartition("total=")[2]
        waited = self._rates.of("io", int(total) / 1e6, now)
        return {"host.io_share": min(1.0, waited)} if waited is not None else {}

    def _disk(self, _: float) -> dict[str, float]:
        disk = shutil.disk_usage(self._home)
        return {"disk.free_bytes": disk.free, "disk.free_share": disk.free / disk.total}

    def _server(self, now: float) -> dict[str, float]:
        """Add up the server's processes; what its ended ones used is in the parent's account."""
        parent = (self._home / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[0].strip()
        children = (self._proc / parent / "task" / parent / "children").read_text().split()
        ticks = sum(self._times(parent))
        for child in children:
            with suppress(OSError):
                ticks += sum(self._times(child)[:2])
        cores = self._rates.of(f"server/{parent}", ticks / TICKS_PER_SECOND, now)
        return {"db.cpu_cores": cores} if cores is not None else {}

    def _times(self, pid: str) -> list[int]:
        """Return user, system, and the ended children's user and system time, in clock ticks."""
        fields = (self._proc / pid / "stat").read_text().rpartition(")")[2].split()
        return [int(word) for word in fields[11:15]]
