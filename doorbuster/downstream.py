"""Calls to those we depend on and do not run: a provider that fails is left in peace, and retries have a budget.

Promises: while a downstream answers, nothing is refused; while it does not, most calls are refused here at once and it
is still asked about once a second, so that its recovery is noticed within seconds; retries are at most a tenth of what
was sent, and three; memory is a few dozen numbers.
Never: sends anything itself, or knows what is sent; a call that was refused was not sent and may be made again later.

Sources: Google, Site Reliability Engineering, chapter 21, "Handling Overload": client-side throttling and per-client
retry budgets. docs/decisions/a-failing-provider-is-left-in-peace.md says where we differ, and why.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

import aiohttp

from doorbuster import metrics, tracing
from doorbuster.clock import Clock
from doorbuster.errors import Throttled
from doorbuster.place import give_place_back

WINDOW_SECONDS = 120.0
BUCKETS = 24
K = 2.0
"""How many times what is answered may be sent: two lets a downstream that answers half of it be."""
EVIDENCE_MIN = 10
"""Nothing is refused because of fewer calls than this."""
PROBE_PAUSE_SECONDS = 1.0
WELL_AFTER = 5
"""So many answers in a row end the throttling: of a downstream that answers half, one row in 32 is so by chance."""
UNWELL_AFTER = 20
"""So many failures in a row begin it, whatever was answered before them: by chance, one row in a million."""
RETRY_SHARE = 0.1
RETRIES_MIN = 3
RETRY_PAUSE_SECONDS = (0.25, 0.75)

CALLS = metrics.counter("doorbuster_downstream_calls_total", "Calls by what became of them.", ("downstream", "outcome"))
SECONDS = metrics.histogram("doorbuster_downstream_duration_seconds", "Time of calls that were sent.", ("downstream",))
IN_FLIGHT = metrics.gauge("doorbuster_downstream_in_flight", "Calls that wait for their answer.", ("downstream",))
SHARE = metrics.gauge("doorbuster_downstream_throttle_ratio", "Share of calls being refused here.", ("downstream",))
RETRIES = metrics.counter(
    "doorbuster_downstream_retries_total",
    "Retries that were sent, and that the budget forbade.",
    ("downstream", "verdict"),
)

Outcome = Literal["answered", "failed", "abandoned"]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Fault:
    """What an exception says: whether the downstream is `unwell`, and whether to ask `again` helps and does no harm."""

    unwell: bool
    again: bool = False


Judge = Callable[[Exception], Fault]


class Tally:
    """Counts two kinds of things over the last `WINDOW_SECONDS`, in `BUCKETS` buckets."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counts = [(0, 0)] * BUCKETS
        self._turn = 0

    def add(self, now: float, first: int = 0, second: int = 0) -> None:
        """Count at `now` (monotonic seconds)."""
        self._forget(now)
        counted = self._counts[self._turn % BUCKETS]
        self._counts[self._turn % BUCKETS] = (counted[0] + first, counted[1] + second)

    def sums(self, now: float) -> tuple[int, int]:
        """Return how many of each kind were counted in the window that ends now."""
        self._forget(now)
        return sum(first for first, _ in self._counts), sum(second for _, second in self._counts)

    def _forget(self, now: float) -> None:
        turn = max(int(now * BUCKETS / WINDOW_SECONDS), self._turn)
        for old in range(max(self._turn + 1, turn - BUCKETS + 1), turn + 1):
            self._counts[old % BUCKETS] = (0, 0)
        self._turn = turn


class Throttle:
    """Adaptive throttling: refuses with p = max(0, (requests - K x accepts) / (requests + 1)).

    A call is counted when its outcome is known, so that a burst of the first calls is no evidence against anybody.
    """

    def __init__(self, clock: Clock, chance: Random) -> None:
        """Start without evidence."""
        self._clock, self._chance = clock, chance
        self._tally = Tally()
        self._well, self._row = True, 0
        self._probing = False
        self._probe_from = 0.0

    def share(self) -> float:
        """Return the share of calls that is being refused."""
        requests, accepts = self._tally.sums(self._clock.monotonic())
        return max(0.0, (requests - K * accepts) / (requests + 1)) if requests >= EVIDENCE_MIN else 0.0

    def admits(self) -> bool:
        """Say whether a call may be sent; whoever sends it tells what became of it."""
        now = self._clock.monotonic()
        if self._chance.random() >= self.share():
            return True
        if not self._probing and now >= self._probe_from:
            self._probing = True
            return True
        self._tally.add(now, 1)
        return False

    def tell(self, outcome: Outcome) -> None:
        """Hear what became of a call that was admitted; a row of equal outcomes is believed more than what was before.

        An abandoned call, whose outcome nobody waited for, says nothing.
        """
        now, self._probing = self._clock.monotonic(), False
        if outcome == "abandoned":
            return
        well = outcome == "answered"
        self._probe_from = now if well else now + PROBE_PAUSE_SECONDS
        self._well, self._row = well, self._row + 1 if well is self._well else 1
        if well and self._row >= WELL_AFTER and self.share() > 0:
            self._tally = Tally()
        elif not well and self._row == UNWELL_AFTER:
            self._tally = Tally()
            self._tally.add(now, UNWELL_AFTER - 1)
        self._tally.add(now, 1, int(well))


class RetryBudget:
    """At most a tenth of the calls of the window may be retries, and three."""

    def __init__(self, clock: Clock) -> None:
        """Start with the least."""
        self._clock, self._tally = clock, Tally()

    def earn(self) -> None:
        """Count a call that was sent for the first time."""
        self._tally.add(self._clock.monotonic(), 1)

    def spend(self) -> bool:
        """Count a retry and return True, or return False when the budget is spent."""
        now = self._clock.monotonic()
        calls, retries = self._tally.sums(now)
        if retries + 1 > RETRIES_MIN + RETRY_SHARE * calls:
            return False
        self._tally.add(now, 0, 1)
        return True


class Downstream:
    """The way to one of those we depend on: whoever calls it calls it through here."""

    def __init__(self, name: str, clock: Clock, chance: Random) -> None:
        """Start as if it were well; names become labels: payments, mail, webhooks, webhooks-2 to webhooks-8."""
        self.name, self._clock, self._chance = name, clock, chance
        self.throttle, self.retries = Throttle(clock, chance), RetryBudget(clock)
        self._in_flight = 0

    async def call(self, send: Callable[[], Awaitable[Answer]], judge: Judge) -> Answer:
        """Send, and once more if `judge` and the budget allow it; the last fault is raised as it came.

        Raises Throttled when the downstream is being left in peace; then nothing was sent.
        """
        if not self._admitted():
            raise Throttled(f"{self.name}: it answers too few calls just now and is left in peace; nothing was sent")
        self.retries.earn()
        try:
            return await self._attempt(send, judge)
        except Exception as fault:
            if not judge(fault).again or not self._may_retry():
                raise
            await asyncio.sleep(self._chance.uniform(*RETRY_PAUSE_SECONDS))
            if not self._admitted():
                raise
        RETRIES.add(self.name, "sent")
        return await self._attempt(send, judge)

    async def _attempt(self, send: Callable[[], Awaitable[Answer]], judge: Judge) -> Answer:
        started = self._clock.monotonic()
        outcome: Outcome = "abandoned"
        self._step(1)
        give_place_back()
        try:
            answer = await send()
            outcome = "answered"
            return answer
        except Exception as fault:
            outcome = "failed" if judge(fault).unwell else "answered"
            raise
        finally:
            self._step(-1)
            self.throttle.tell(outcome)
            CALLS.add(self.name, outcome)
            seconds = self._clock.monotonic() - started
            SECONDS.observe(seconds, self.name)
            tracing.tell("downstream", self.name, seconds)
            SHARE.set(self.throttle.share(), self.name)

    def _step(self, by: int) -> None:
        self._in_flight += by
        IN_FLIGHT.set(self._in_flight, self.name)

    def _admitted(self) -> bool:
        admitted = self.throttle.admits()
        if not admitted:
            CALLS.add(self.name, "refused")
        SHARE.set(self.throttle.share(), self.name)
        return admitted

    def _may_retry(self) -> bool:
        may = self.retries.spend()
        if not may:
            RETRIES.add(self.name, "over_budget")
        return may


def outgoing() -> list[aiohttp.TraceConfig]:
    """Return what an HTTP client needs to hand the trace on with each request."""
    config = aiohttp.TraceConfig()

    async def hand_on(_: object, __: object, started: aiohttp.TraceRequestStartParams) -> None:
        trace = tracing.CURRENT.get()
        if trace is not None:
            started.headers["traceparent"] = trace.parent

    config.on_request_start.append(hand_on)
    return [config]
