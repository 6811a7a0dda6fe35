"""What a process measures of itself: CPU time, memory, open files, and how late its event loop runs."""

import asyncio
import os
import resource
import time
from hashlib import sha256
from pathlib import Path

import doorbuster
from doorbuster import metrics
from doorbuster.clock import SystemClock
from doorbuster.watch.snapshots import Snapshot

CPU = metrics.counter("doorbuster_process_cpu_seconds_total", "CPU time used, user and system.")
CPU_WAIT = metrics.counter(
    "doorbuster_process_cpu_wait_seconds_total", "Time that the first thread could have run and had no processor."
)
MEMORY = metrics.gauge("doorbuster_process_resident_bytes", "Resident memory.")
FILES = metrics.gauge("doorbuster_process_open_files", "Open file descriptors.")
STARTED = metrics.gauge("doorbuster_process_start_seconds", "When the process started, in seconds since 1970.")
LAG = metrics.gauge("doorbuster_event_loop_lag_seconds", "The longest delay of a timer in the last second.")

LOOKS_PER_SECOND = 10
PAGE_BYTES = resource.getpagesize()


class Reporter:
    """Makes this process's snapshots, one after the other."""

    def __init__(self, process_name: str) -> None:
        """Begin the process's life, as the control plane counts it."""
        self._name, self._started_at = process_name, SystemClock().now().timestamp()
        self._sequence, self._cpu_seconds, self._waited_seconds = 0, 0.0, 0.0
        self._release = release()
        STARTED.set(self._started_at)

    def report(self) -> Snapshot:
        """Measure the process and return everything as it stands now."""
        self._cpu_seconds = measure_process(self._cpu_seconds)
        self._waited_seconds = measure_waiting(self._waited_seconds)
        self._sequence += 1
        return Snapshot(self._name, os.getpid(), self._started_at, self._sequence, metrics.snapshot(), self._release)


def release() -> str:
    """Return what this process runs: the version, and a hash of the package's files, which a deployment changes."""
    folder = Path(doorbuster.__path__[0])
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".sql", ".html"))
    digest = sha256()
    for path in files:
        digest.update(path.read_bytes())
    return f"{doorbuster.__version__}+{digest.hexdigest()[:8]}"


async def measure_lag() -> float:
    """Watch the event loop for a second; keep and return the longest delay of a timer, in seconds.

    A loop that stood still has used the second up: what it was late by is told at once.
    """
    pause_seconds, longest = 1.0 / LOOKS_PER_SECOND, 0.0
    began = now = time.perf_counter()
    while now - began < 1.0 - pause_seconds / 2:
        started = now
        await asyncio.sleep(pause_seconds)
        now = time.perf_counter()
        longest = max(longest, now - started - pause_seconds)
    LAG.set(longest)
    return longest


def measure_process(cpu_before_seconds: float) -> float:
    """Keep CPU, memory and open files; return the CPU time used so far, to be handed in the next time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = used.ru_utime + used.ru_stime
    CPU.add(by=max(0.0, cpu_seconds - cpu_before_seconds))
    try:
        MEMORY.set(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES)
        FILES.set(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - names are enough and three times cheaper
    except OSError:
        # Systems without /proc still know the peak.
        MEMORY.set(used.ru_maxrss * 1024)
    return cpu_seconds


def measure_waiting(waited_before_seconds: float) -> float:
    """Keep how long the first thread, which has the event loop, stood ready without a processor; return it so far.

    It tells a machine that has too little for us from one that is merely busy with what gives way.
    Source: the kernel's Documentation/scheduler/sched-stats.rst; systems without it tell nothing.
    """
    try:
        waited_seconds = int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return waited_before_seconds
    CPU_WAIT.add(by=max(0.0, waited_seconds - waited_before_seconds))
    return waited_seconds
