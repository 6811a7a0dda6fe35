"""The gate before the routed application: as many requests inside as the database does best, the rest told no at once.

Promises: in raw ASGI, before routing and session; a request takes a place only when its body is here, so that slow
senders hold none; whoever bears a pass is never refused for load; a refusal is decided from local memory.
Never: touches callbacks, health, or what a page is made of, nor what is answered from memory: those pass before it.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.database.deadline import DEADLINE
from doorbuster.guard.classes import RouteClass
from doorbuster.guard.knee import Knee
from doorbuster.guard.lanes import CHECKOUT, LANES, Lane, lane_of
from doorbuster.guard.line import Line
from doorbuster.guard.policy import DEFAULTS, Policy
from doorbuster.guard.recent import Recent
from doorbuster.guard.refusals import Refusal, Why, id_of, who_of
from doorbuster.guard.refused import Look, Told
from doorbuster.guard.rehearsal import KEPT
from doorbuster.guard.rehearsal import REFUSED as WAS_REFUSED
from doorbuster.guard.threshold import LOOK_SECONDS, Threshold, level_of
from doorbuster.place import PLACE
from doorbuster.settings import Settings
from doorbuster.web.brownout import Ladder
from doorbuster.web.headers import headers_of
from doorbuster.web.limits import BODY_BYTES_MAX
from doorbuster.web.passes import has_pass
from doorbuster.web.problems import BUSY

KINDS = {lane.name: number for number, lane in enumerate(LANES)}
LAG_SECONDS = 0.02
LAG_LOOKS = 5
"""The loop counts as lagging when even the best of this many timers in a look came late."""
RETRY_SECONDS: dict[Why, float] = {"shed": 5.0, "full": 3.0, "late": 3.0, "closed": 30.0}
SENTENCES: dict[Why, str] = {
    "shed": "More people are here than the shop can serve this second.",
    "full": "More people are here than the shop can serve this second.",
    "late": "The shop is so busy that your page was not ready in time.",
    "closed": "This part of the shop is closed for a while, so that everybody can pay.",
}

ADMITTED = metrics.counter("doorbuster_gate_admitted_total", "Requests let through to the database.", ("lane",))
REFUSED = metrics.counter("doorbuster_gate_refused_total", "Requests refused for load.", ("lane", "why"))
WAITED = metrics.histogram("doorbuster_gate_wait_seconds", "Time in line, of those who waited in vain, too.", ("lane",))
LIMIT = metrics.gauge("doorbuster_gate_limit", "How many requests may be inside at once.")
INSIDE = metrics.gauge("doorbuster_gate_inside", "How many requests are inside.")
WAITING = metrics.gauge("doorbuster_gate_waiting", "How many requests wait in line.")
LEVEL = metrics.gauge("doorbuster_gate_threshold", "Requests below this level are refused; 0 refuses nobody.")


@dataclass(slots=True)
class _Request:
    """One request on its way through the gate."""

    route_class: RouteClass
    key: str
    lane: Lane
    level: int
    kept: bool


class Admission:
    """Stands before the routed application."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        look: Look,
        ladder: Ladder,
        *,
        clock: Clock,
        chance: random.Random,
        ceiling: int,
    ) -> None:
        """Begin with an empty line; `ceiling` places at most, because there are no more connections."""
        self.ladder = ladder
        self._app, self._look, self._clock, self._chance = app, look, clock, chance
        self._secret, self._secure = settings.secret, settings.secure_cookies
        now = clock.monotonic()
        self.knee = Knee(ceiling, now)
        self.line, self.threshold = Line(self.knee, now), Threshold()
        self.recent = Recent(now)
        self.lagging = False
        self.obey(DEFAULTS)

    def obey(self, policy: Policy) -> None:
        """Take a policy: whether to refuse at all, and which lanes are closed."""
        self.ladder.fix(policy.brownout)
        self._on, self._closed, self._policy_version = policy.gate, policy.closed, policy.version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        guard = scope.get("guard")
        if guard is None or not self._on:
            await self._app(scope, receive, send)
            return
        request = self._request(scope, *guard)
        why = self._refusal_at_once(request)
        kind = KINDS[request.lane.name] + KEPT * request.kept + WAS_REFUSED * (why is not None)
        self.recent.remember(self._clock.monotonic(), kind, request.key)
        if why:
            await self._refuse(scope, send, request, why)
            return
        if scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
            receive = await _read_ahead(receive)
        started = self._clock.monotonic()
        if not self.line.enter_at_once(request.lane) and (why := await self._wait(request, started)):
            WAITED.observe(self._clock.monotonic() - started, request.lane.name)
            await self._refuse(scope, send, request, why)
            return
        await self._serve(scope, receive, send, request.lane, started)

    async def run(self) -> None:
        """Learn, and set the threshold, again and again."""
        while True:
            self.lagging = await _least_lag(LOOK_SECONDS) > LAG_SECONDS
            self.look()

    def look(self) -> None:
        """Learn from the last quarter second."""
        now = self._clock.monotonic()
        self.knee.tick(now)
        pressed = self.line.is_pressed(now) or self.threshold.level > 0
        self.ladder.look(now, pressed=pressed)
        self.threshold.look(standing=self.line.stands(now), lagging=self.lagging)
        self.line.call()
        LIMIT.set(self.knee.limit)
        INSIDE.set(self.line.total_inside)
        WAITING.set(self.line.total_waiting)
        LEVEL.set(self.threshold.level)

    def _request(self, scope: Scope, route_class: RouteClass, key: str) -> _Request:
        headers = headers_of(scope)
        lane = lane_of(route_class, scope["path"], headers)
        now = self._clock.now().timestamp()
        cookie = headers.get(b"cookie", b"").decode("latin-1")
        kept = lane is CHECKOUT and has_pass(cookie, key, now, self._secret, self._secure)
        return _Request(route_class, key, lane, level_of(lane, key, now), kept)

    def _refusal_at_once(self, request: _Request) -> Why | None:
        """Decide before anything of the body is read."""
        stays = self.threshold.arrive(request.level)
        if request.kept:
            return None
        if request.lane.name in self._closed:
            return "closed"
        return None if stays else "shed"

    async def _wait(self, request: _Request, now: float) -> Why | None:
        """Wait in line; return why it was in vain."""
        waiter = self.line.join(request.lane, now, kept=request.kept)
        if waiter is None:
            return "full"
        overloaded = self.threshold.level > 0
        buying = request.lane is CHECKOUT
        patience = request.lane.deadline_seconds if buying else self.line.patience(now, overloaded=overloaded)
        timer = asyncio.get_running_loop().call_later(patience, self.line.send_away, waiter, "late")
        try:
            return await waiter.place
        except asyncio.CancelledError:
            self.line.abandon(waiter)
            raise
        finally:
            timer.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send, lane: Lane, started: float) -> None:
        entered = self._clock.monotonic()
        WAITED.observe(entered - started, lane.name)
        ADMITTED.add(lane.name)
        inside = True

        def leave(status: int) -> None:
            nonlocal inside
            if not inside:
                return
            inside, now = False, self._clock.monotonic()
            if status == 503:
                self.knee.cut(now)
            else:
                self.knee.finish(lane, now - entered)
                self.threshold.finish()
            self.line.leave(lane)

        token, held = DEADLINE.set(started + lane.deadline_seconds), PLACE.set(lambda: leave(200))
        try:
            await self._app(scope, receive, _noticing(send, leave))
        finally:
            DEADLINE.reset(token)
            PLACE.reset(held)
            leave(500)

    async def _refuse(self, scope: Scope, send: Send, request: _Request, why: Why) -> None:
        REFUSED.add(request.lane.name, why)
        refusal = Refusal(
            self._clock.now(), request.route_class, why, self._policy_version, who_of(request.key),
            request.level, self.threshold.level,
        )  # fmt: skip
        seconds = max(1, round(RETRY_SECONDS[why] * self._chance.uniform(1.0, 2.0)))
        await self._look.answer(scope, send, Told(BUSY, SENTENCES[why], seconds, id_of(refusal, self._secret)), [])


def _noticing(send: Send, leave: Callable[[int], None]) -> Send:
    """Tell `leave` the status when the answer begins: what is left of it is the network's, not the database's."""

    async def send_and_leave(message: Message) -> None:
        if message["type"] == "http.response.start":
            leave(message["status"])
        await send(message)

    return send_and_leave


async def _read_ahead(receive: Receive) -> Receive:
    """Take in the body, as much of it as is ever allowed, and return where it can be read from again."""
    taken: list[Message] = []
    length = 0
    while length <= BODY_BYTES_MAX:
        message = await receive()
        taken.append(message)
        length += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    taken.reverse()

    async def again() -> Message:
        return taken.pop() if taken else await receive()

    return again


async def _least_lag(seconds: float) -> float:
    """Sleep in short steps and return how late the most punctual of them was."""
    step, least = seconds / LAG_LOOKS, float("inf")
    loop = asyncio.get_running_loop()
    for _ in range(LAG_LOOKS):
        started = loop.time()
        await asyncio.sleep(step)
        least = min(least, loop.time() - started - step)
    return least
