"""Who asks most, and how many ask: over about the last ten seconds, of one worker.

Promises: a fraction of a microsecond a request; at most KEYS_MAX callers are remembered in a half window.
Never: tells who it is; only the share and the number leave the process.

Source: J. Misra and D. Gries, "Finding repeated elements" (1982): when there is no room, everybody is taken one off, so
that whoever asks often stays; a share is at most 2 / KEYS_MAX too low.
"""

import asyncio

from doorbuster import metrics
from doorbuster.clock import Clock

HALF_SECONDS = 5.0
LOOK_SECONDS = 1.0
KEYS_MAX = 8_192
REQUESTS_MIN = 20
"""Of fewer requests than this, nobody's share says anything."""

SHARE = metrics.gauge("doorbuster_guard_busiest_client_ratio", "Share of the busiest caller in the last ten seconds.")
ASKED = metrics.gauge("doorbuster_guard_recent_requests", "Requests of the last ten seconds.")
CLIENTS = metrics.gauge("doorbuster_guard_clients", "Callers of the last ten seconds, about.")


class Callers:
    """Two half windows, the present and the one before it."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody."""
        self._clock = clock
        self._now: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._asked = self._asked_before = 0
        self._turn_at = clock.monotonic() + HALF_SECONDS

    def count(self, key: str) -> None:
        """Count a request of this caller."""
        self._asked += 1
        self._now[key] = self._now.get(key, 0) + 1
        if len(self._now) > KEYS_MAX:
            self._now = {key: count - 1 for key, count in self._now.items() if count > 1}

    async def run(self) -> None:
        """Tell the numbers each second."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Set the gauges, and turn the window when its half is over."""
        both = self._before | {key: count + self._before.get(key, 0) for key, count in self._now.items()}
        asked = self._asked + self._asked_before
        SHARE.set(max(both.values(), default=0) / asked if asked >= REQUESTS_MIN else 0.0)
        ASKED.set(asked)
        CLIENTS.set(len(both))
        if self._clock.monotonic() >= self._turn_at:
            self._turn_at = self._clock.monotonic() + HALF_SECONDS
            self._before, self._now = self._now, {}
            self._asked_before, self._asked = self._asked, 0
