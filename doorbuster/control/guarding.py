"""The guard's policy on its way to the workers: read from the levers twice a second, sent with the answer to each push.

Promises: a lever pulled here or at the command line reaches every worker within about a second and a half; the last
policy also lies in the home folder, so that a worker that starts while the control plane is down obeys it, too.
Never: needs PostgreSQL.
"""

import asyncio
import contextlib
from pathlib import Path

from doorbuster.clock import Clock
from doorbuster.errors import EventLogUnavailable
from doorbuster.guard import levers
from doorbuster.guard.policy import encode
from doorbuster.guard.rate_limit import POLICY_FILE
from doorbuster.journal import EventLog

BEAT_SECONDS = 0.5


class PolicyKeeper:
    """Keeps `document`, the policy in force as workers are sent it; empty before the first look."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.document = b""

    async def run(self, log: EventLog, clock: Clock, home: Path) -> None:
        """Look at the levers again and again."""
        while True:
            with contextlib.suppress(EventLogUnavailable):
                policy, _ = await asyncio.to_thread(levers.policy_at, log, clock.now())
                document = encode(policy)
                if document != self.document:
                    self.document = document
                    with contextlib.suppress(OSError):
                        await asyncio.to_thread(_write, home / POLICY_FILE, document)
            await asyncio.sleep(BEAT_SECONDS)


def _write(path: Path, document: bytes) -> None:
    half_written = path.with_suffix(".half")
    half_written.write_bytes(document)
    half_written.replace(path)
