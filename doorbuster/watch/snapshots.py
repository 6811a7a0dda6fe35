"""What a process tells the control plane each second."""

import msgspec

from doorbuster.guard.rehearsal import Rehearsed
from doorbuster.metrics import Family
from doorbuster.watch.visitors import Glimpse

BODY_BYTES_MAX = 4 * 1024 * 1024
PATH = "/internal/snapshots"


class Snapshot(msgspec.Struct, frozen=True):
    """All metrics of one process as they stood at its `sequence`-th push.

    `started_at` (seconds since 1970) tells a process from an earlier one that had the same name and pid; `release` is
    what it runs; `rehearsed` are answers to what the control plane asked; `visitors` are who was answered lately;
    `leaving` says that the process ends as it was told to, so that nobody misses it.
    """

    process: str
    pid: int
    started_at: float
    sequence: int
    families: tuple[Family, ...]
    release: str = ""
    rehearsed: tuple[Rehearsed, ...] = ()
    visitors: tuple[Glimpse, ...] = ()
    leaving: bool = False

    @property
    def identity(self) -> tuple[str, int, float]:
        """Return what tells this process from every other, past ones too."""
        return self.process, self.pid, self.started_at


def encode(snapshot: Snapshot) -> bytes:
    """Return the snapshot as msgpack."""
    return msgspec.msgpack.encode(snapshot)


def decode(body: bytes) -> Snapshot:
    """Read a snapshot; raise msgspec.DecodeError (or its subclass ValidationError) for anything else."""
    return msgspec.msgpack.decode(body, type=Snapshot)
