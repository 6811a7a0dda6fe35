"""Who waits for a place at the database, and how long: a short queue that never stands.

Promises: at most QUEUE_PER_PLACE times as many wait as have a place; while somebody has been waiting all the time for
`interval` seconds, newcomers wait `target` seconds at most instead of an interval (CoDel, as Facebook uses it: Maurer,
"Fail at Scale", ACM Queue 13.8, 2015); places go to who matters most, among equals to the lane that has least for its
weight; lookers are served newest first, because the oldest of them has most likely gone; buyers are served in order.
Never: lets somebody who was admitted before (`kept`) go for a newcomer.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from doorbuster.guard.knee import Knee
from doorbuster.guard.lanes import LANES, Lane
from doorbuster.guard.refusals import Why

QUEUE_PER_PLACE = 8
"""A small shop has few places; a burst that it can serve in half a second is no overload."""
KEPT_WAITING_MAX = 500
TARGET_SECONDS_MIN, INTERVAL_SECONDS_MIN = 0.005, 0.2
TARGET_MEANS, INTERVAL_MEANS = 2.0, 20.0


@dataclass(slots=True, eq=False)
class Waiter:
    """Somebody who waits; `place` is told None when they may enter, else why they waited in vain."""

    lane: Lane
    place: asyncio.Future[Why | None]
    kept: bool


class Line:
    """Places, and who waits for one. Everything here happens between two awaits; there is nothing to lock."""

    def __init__(self, knee: Knee, now: float) -> None:
        """Begin empty, with as many places as the knee says."""
        self._knee = knee
        self._waiting: dict[Lane, deque[Waiter]] = {lane: deque() for lane in LANES}
        self.inside: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._empty_at = now

    @property
    def total_inside(self) -> int:
        """Return how many have a place."""
        return sum(self.inside.values())

    @property
    def total_waiting(self) -> int:
        """Return how many wait for one."""
        return sum(map(len, self._waiting.values()))

    def enter_at_once(self, lane: Lane) -> bool:
        """Take a place when one is free and nobody waits for it."""
        if self.total_waiting or self.total_inside >= self._knee.limit:
            return False
        self._enter(lane)
        return True

    def stands(self, now: float) -> bool:
        """Say whether somebody has been waiting for a whole interval without a break: more come than can be served."""
        return self.total_waiting > 0 and now - self._empty_at >= self._interval()

    def is_pressed(self, now: float) -> bool:
        """Say whether it looks as if the line would stand: the moment to do less, before anybody is refused."""
        return self.total_waiting > 0 and now - self._empty_at >= self._interval() / 2

    def patience(self, now: float, *, overloaded: bool = False) -> float:
        """Return how long a newcomer may wait: short when the line stands, or would without the threshold."""
        if overloaded or self.stands(now):
            return max(TARGET_SECONDS_MIN, TARGET_MEANS * self._knee.mean_seconds)
        return self._interval()

    def _interval(self) -> float:
        return max(INTERVAL_SECONDS_MIN, INTERVAL_MEANS * self._knee.mean_seconds)

    def join(self, lane: Lane, now: float, *, kept: bool) -> Waiter | None:
        """Stand in line; None when it is full of others who matter as much. May send somebody else away."""
        self._knee.bound()
        full = self.total_waiting >= QUEUE_PER_PLACE * self._knee.limit
        if kept and len(self._waiting[lane]) < KEPT_WAITING_MAX:
            full = False
        if full and not self._make_room(lane):
            return None
        if not self.total_waiting:
            self._empty_at = now
        waiter = Waiter(lane, asyncio.get_running_loop().create_future(), kept)
        self._waiting[lane].append(waiter)
        return waiter

    def send_away(self, waiter: Waiter, why: Why) -> None:
        """End somebody's waiting in vain; nothing happens when it has ended already."""
        if not waiter.place.done():
            waiter.place.set_result(why)
            self._forget(waiter)

    def abandon(self, waiter: Waiter) -> None:
        """Somebody hung up while waiting; a place that was given at the same moment goes on to the next."""
        if not waiter.place.done() or waiter.place.cancelled():
            self._forget(waiter)
        elif waiter.place.result() is None:
            self.leave(waiter.lane)

    def leave(self, lane: Lane) -> None:
        """Give a place back, and give it to who waits for it."""
        self.inside[lane] -= 1
        self.call()

    def call(self) -> None:
        """Let in as many as there are places: who matters most first."""
        while self.total_waiting and self.total_inside < self._knee.limit:
            lane = min(
                (lane for lane in LANES if self._waiting[lane]),
                key=lambda lane: (-lane.priority, self.inside[lane] / lane.weight),
            )
            line = self._waiting[lane]
            waiter = line.pop() if lane.newest_first else line.popleft()
            # A waiter whose task was cancelled this very moment has a place that is done.
            if not waiter.place.done():
                self._enter(lane)
                waiter.place.set_result(None)

    def _enter(self, lane: Lane) -> None:
        self.inside[lane] += 1

    def _make_room(self, newcomer: Lane) -> bool:
        """Send away whoever matters least and waited longest; never for somebody who matters less."""
        for lane in reversed(LANES):
            if lane.priority > newcomer.priority or (lane is newcomer and not lane.newest_first):
                return False
            for waiter in self._waiting[lane]:
                if not waiter.kept and not waiter.place.done():
                    self.send_away(waiter, "full")
                    return True
        return False

    def _forget(self, waiter: Waiter) -> None:
        with suppress(ValueError):
            self._waiting[waiter.lane].remove(waiter)
