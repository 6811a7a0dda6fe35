"""The home folder belongs to one supervisor at a time.

Promises: a second `up` on the same home is told who has it and where the shop is; a lock of a killed one is nobody's.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from doorbuster.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Claimed:
    """A home folder that is ours until the block ends."""

    file: IO[str]

    def announce(self, shop_url: str, control_url: str) -> None:
        """Write down who we are and where the shop is, for whoever comes second."""
        self.file.seek(0)
        self.file.truncate()
        json.dump({"pid": os.getpid(), "shop": shop_url, "control": control_url}, self.file)
        self.file.flush()


@contextmanager
def claim_home(home: Path) -> Iterator[Claimed]:
    """Be the one supervisor of this home for the block; raise Misconfigured with the other's addresses."""
    path = home / "lock"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as fault:
        raise Misconfigured(f"the data folder {home} cannot be used ({fault.strerror}): set DOORBUSTER_HOME") from fault
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(_taken(home, file)) from None
        yield Claimed(file)


def _taken(home: Path, file: IO[str]) -> str:
    file.seek(0)
    try:
        first = json.load(file)
    except ValueError:
        return f"another `doorbuster up` is starting in {home}; set DOORBUSTER_HOME for a second shop"
    return (
        f"a shop is already open in {home} (process {first['pid']}): {first['shop']}, control room {first['control']}. "
        f"Stop it with `kill {first['pid']}`, or set DOORBUSTER_HOME for a second shop"
    )
