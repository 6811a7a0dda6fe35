"""Faults on purpose: what a drill breaks while the crowd is inside.

Promises: touches only processes of the shop it was given, found by their place in the supervisor's family tree.
"""

import os
import signal
from pathlib import Path

from doorbuster.errors import Misconfigured

WORKER_COMMAND = b"run-worker"


def kill_worker(home: Path) -> str:
    """Kill one web worker of the shop in this home with SIGKILL; return what was done, for the report."""
    workers = workers_of(home)
    if not workers:
        raise Misconfigured(f"no web worker of a shop in {home} runs here, so none can be killed")
    os.kill(workers[0], signal.SIGKILL)
    return f"killed web worker {workers[0]} of {len(workers)} with SIGKILL"


def workers_of(home: Path) -> list[int]:
    """Return the process ids of the web workers whose home folder this is, the oldest first."""
    wanted = f"DOORBUSTER_HOME={home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if WORKER_COMMAND in command and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue  # It ended while we looked, or is somebody else's.
    return sorted(found)
