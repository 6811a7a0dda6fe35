"""Pushes this process's metrics to the control plane each second, and hears in the answer what the guard is to do.

Promises: the process never waits for the control plane and never fails because of it; the last snapshot is pushed
when the process stops.
Never: retries a push: the next one carries everything.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import msgspec

from doorbuster import metrics
from doorbuster.accounts.tokens import TOKEN_HEADER
from doorbuster.clock import SystemClock
from doorbuster.guard.rehearsal import Rehearsed
from doorbuster.watch import process
from doorbuster.watch.snapshots import PATH, encode
from doorbuster.watch.visitors import Lookout

PUSH_SECONDS_MAX = 2.0
FAREWELL_SECONDS_MAX = 1.0
NEWS_BYTES_MAX = 65_536

PUSHES = metrics.counter("doorbuster_pushes_total", "Snapshots pushed to the control plane, by outcome.", ("outcome",))


def _nothing(_: bytes) -> None:
    """Hear nothing."""


def _silence() -> tuple[Rehearsed, ...]:
    """Answer nothing."""
    return ()


async def push_metrics(
    process_name: str,
    control_url: str,
    token: str,
    *,
    hear: Callable[[bytes], None] = _nothing,
    say: Callable[[], tuple[Rehearsed, ...]] = _silence,
    lookout: Lookout | None = None,
) -> None:
    """Push a snapshot about each second until cancelled, then once more.

    `hear` gets what is answered, if anything; what `say` returns goes along with each snapshot, and whom `lookout` saw.
    """
    pusher = _Pusher(process_name, hear, say, lookout or Lookout(SystemClock()))
    timeout = aiohttp.ClientTimeout(total=PUSH_SECONDS_MAX)
    async with aiohttp.ClientSession(control_url, headers={TOKEN_HEADER: token}, timeout=timeout) as session:
        try:
            while True:
                await pusher.push(session)
                await process.measure_lag()
        finally:
            # The counts of the last second belong to the sum as well; a cancelled task may still wait a little.
            with suppress(TimeoutError):
                await asyncio.wait_for(pusher.push(session, leaving=True), FAREWELL_SECONDS_MAX)


class _Pusher:
    def __init__(
        self, process_name: str, hear: Callable[[bytes], None], say: Callable[[], tuple[Rehearsed, ...]],
        lookout: Lookout,
    ) -> None:  # fmt: skip
        self._reporter, self._hear, self._say = process.Reporter(process_name), hear, say
        self._lookout = lookout

    async def push(self, session: aiohttp.ClientSession, *, leaving: bool = False) -> None:
        try:
            snapshot = msgspec.structs.replace(
                self._reporter.report(), rehearsed=self._say(), visitors=self._lookout.tell(), leaving=leaving
            )
            async with session.post(PATH, data=encode(snapshot)) as response:
                if response.ok:
                    self._lookout.heard()
                PUSHES.add("accepted" if response.ok else "refused")
                if response.status == 200 and (news := await response.content.read(NEWS_BYTES_MAX)):
                    self._hear(news)
        except (aiohttp.ClientError, TimeoutError, OSError):
            PUSHES.add("unreachable")
