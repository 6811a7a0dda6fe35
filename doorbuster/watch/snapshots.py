"""What a process tells the control plane each second, and the token that proves it is one of ours."""

import hmac
from hashlib import sha256

import msgspec

from doorbuster.metrics import Family

BODY_BYTES_MAX = 4 * 1024 * 1024
PATH = "/internal/snapshots"
TOKEN_HEADER = "Internal-Token"  # noqa: S105 - the header's name


class Snapshot(msgspec.Struct, frozen=True):
    """All metrics of one process as they stood at its `sequence`-th push.

    `started_at` (seconds since 1970) tells a process from an earlier one that had the same name and pid; `release` is
    what it runs.
    """

    process: str
    pid: int
    started_at: float
    sequence: int
    families: tuple[Family, ...]
    release: str = ""

    @property
    def identity(self) -> tuple[str, int, float]:
        """Return what tells this process from every other, past ones too."""
        return self.process, self.pid, self.started_at


def internal_token(secret: str) -> str:
    """Return the token that processes of this installation show each other, derived from its secret."""
    return hmac.new(secret.encode(), b"doorbuster internal", sha256).hexdigest()


def encode(snapshot: Snapshot) -> bytes:
    """Return the snapshot as msgpack."""
    return msgspec.msgpack.encode(snapshot)


def decode(body: bytes) -> Snapshot:
    """Read a snapshot; raise msgspec.DecodeError (or its subclass ValidationError) for anything else."""
    return msgspec.msgpack.decode(body, type=Snapshot)
