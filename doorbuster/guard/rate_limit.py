"""Rate limits by client and by network, in raw ASGI, before routing, body and session.

A client is a signed shopper cookie, or an address without one; a network is an IPv4 /24 or an IPv6 /48. Both bounds
hold: the client's keeps one person from taking everybody's turn, the network's catches whoever makes ever new clients.
Many buyers behind one address each have their own turn and are slowed together only far above what people do: whoever
comes without a cookie and is refused is given one, so that the next time is their own.

A customer who asks again before the time that was told waits anew, so that hammering gains nothing and patience always
gets in. An address is not held to that: behind it others may have asked.

Answers of the API carry the RateLimit fields (draft-ietf-httpapi-ratelimit-headers), refusals also Retry-After, with up
to 30 % added by chance, so that those who were refused together do not come back together.
"""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.guard import policy as policies
from doorbuster.guard.callers import Callers
from doorbuster.guard.classes import CLASSES, RouteClass, class_of
from doorbuster.guard.gcra import Meter, Rate, Verdict
from doorbuster.guard.policy import DEFAULTS, Limit, Policy, rates_of
from doorbuster.guard.recent import Recent
from doorbuster.guard.refusals import Refusal, Why, id_of, who_of
from doorbuster.guard.refused import Look, Told, is_api
from doorbuster.guard.rehearsal import REFUSED
from doorbuster.settings import Settings
from doorbuster.web.headers import headers_of
from doorbuster.web.networks import Networks
from doorbuster.web.problems import declare
from doorbuster.web.sessions import mint, shopper_of_cookie

POLICY_FILE = "policy.json"
JITTER = 0.3
CUSTOMER, ADDRESS, NETWORK = "s:", "a:", "n:"
"""How the keys of callers begin, by what they are known by."""
KINDS = {name: number for number, name in enumerate(CLASSES)}
OVERSHOOT = 2.0
"""Of several workers each lets this share of the whole pass, because a caller's connections are not spread evenly."""

TOO_MANY = declare(
    "too-many-requests", 429, "Too many requests at once",
    "Nothing was done. Come back after the time in Retry-After; `refusal` is an id that operators can look up.",
)  # fmt: skip
ASKED = metrics.counter(
    "doorbuster_guard_requests_total",
    "Requests by class and verdict: passed, refused, would_refuse (a dry run) or unknown (no public address).",
    ("class", "verdict"),
)


class Obedient(Protocol):
    """A part of the guard that a policy has words for."""

    def obey(self, policy: Policy) -> None:
        """Take a policy."""
        ...


@dataclass(slots=True)
class _Meters:
    limit: Limit
    client: Meter[str]
    network: Meter[str]


class RateLimit:
    """Stands before everything and refuses callers who send more than the policy allows."""

    def __init__(
        self,
        app: ASGIApp,
        networks: Networks,
        settings: Settings,
        look: Look,
        *,
        clock: Clock,
        chance: random.Random,
        others: Sequence[Obedient] = (),
    ) -> None:
        """Begin with the policy that lies in the home folder, or the one that the shop comes with.

        `others` obey each policy, too.
        """
        self._others, self.callers = others, Callers(clock)
        self._app, self._networks, self._look = app, networks, look
        self._secret, self._secure = settings.secret, settings.secure_cookies
        self._clock, self._chance = clock, chance
        self._alone = self.part = min(1.0, OVERSHOOT / settings.workers)
        self.recent = Recent(clock.monotonic())
        self._meters: dict[RouteClass, _Meters] = {}
        self.obey(DEFAULTS)
        with suppress(OSError, msgspec.DecodeError):
            self.hear((settings.home / POLICY_FILE).read_bytes())

    def obey(self, policy: Policy) -> None:
        """Take a policy; what was counted stays counted."""
        self.policy = policy
        for other in self._others:
            other.obey(policy)
        for name in CLASSES:
            self._set_rates(name, policy.limits.get(name, DEFAULTS.limits[name]))

    def share(self, *, together: bool) -> None:
        """Let a caller have the whole limit when all workers count together, and a part of it when each is alone."""
        part = 1.0 if together else self._alone
        if part != self.part:
            self.part = part
            self.obey(self.policy)

    def count_for_sharing(self) -> None:
        """Remember what is counted, so that it can be told to other workers."""
        for _, meter in self.meters():
            meter.count_for_sharing()

    def meters(self) -> Iterator[tuple[str, Meter[str]]]:
        """Yield every meter under a name of its own."""
        for name, meters in self._meters.items():
            yield f"{name}:client", meters.client
            yield f"{name}:network", meters.network

    def _set_rates(self, name: RouteClass, limit: Limit) -> None:
        client, network = rates_of(limit, self.part)
        if name not in self._meters:
            self._meters[name] = _Meters(limit, Meter(client), Meter(network))
        meters = self._meters[name]
        meters.limit, meters.client.rate, meters.network.rate = limit, client, network

    def hear(self, document: bytes) -> None:
        """Take a policy as the control plane sends it."""
        self.obey(policies.decode(document))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; the class of the request and its caller go along as `guard` in the scope."""
        name = class_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
            return
        network, client = self._networks.of(scope), self._client(scope)
        scope["guard"] = name, client
        self.callers.count(client)
        if network is None:
            ASKED.add(name, "unknown")
            await self._app(scope, receive, send)
            return
        meters, now = self._meters[name], self._clock.monotonic()
        own, shared = meters.client.ask(client, now), meters.network.ask(network, now)
        if (own.passes and shared.passes) or not meters.limit.enforced:
            passes = own.passes and shared.passes
            self.recent.remember(now, KINDS[name], client, network)
            if passes:
                meters.client.count(client, now)
                meters.network.count(network, now)
            ASKED.add(name, "passed" if passes else "would_refuse")
            await self._app(scope, receive, self._told(send, name, meters, own) if is_api(scope) else send)
            return
        if not own.passes and client.startswith(CUSTOMER):
            meters.client.hold_back(client, now)
            own = meters.client.ask(client, now)
        self.recent.remember(now, KINDS[name] + REFUSED, client, network)
        ASKED.add(name, "refused")
        await self._refuse(scope, send, name, network if own.passes else client, own if not own.passes else shared)

    def _client(self, scope: Scope) -> str:
        cookie = headers_of(scope).get(b"cookie")
        shopper = shopper_of_cookie(cookie.decode("latin-1"), self._secret, self._secure) if cookie else None
        return shopper.key if shopper else self._networks.client_of(scope)

    def _told(self, send: Send, name: RouteClass, meters: _Meters, own: Verdict) -> Send:
        """Add the RateLimit fields to the answer."""
        fields = _fields(name, meters.client.rate, own)

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *fields]
            await send(message)

        return send_with_fields

    async def _refuse(self, scope: Scope, send: Send, name: RouteClass, key: str, verdict: Verdict) -> None:
        meters = self._meters[name]
        of_network = key.startswith(NETWORK)
        why: Why = "network" if of_network else "client"
        refusal = Refusal(self._clock.now(), name, why, self.policy.version, who_of(key))
        whose = "one network" if of_network else "one visitor"
        told = Told(
            TOO_MANY,
            f"More requests came at once than {whose} may send.",
            max(1, math.ceil(verdict.wait_seconds * (1 + self._chance.uniform(0, JITTER)))),
            id_of(refusal, self._secret),
        )
        fields = _fields(name, (meters.network if of_network else meters.client).rate, verdict)
        if key.startswith(ADDRESS):
            key_sent = headers_of(scope).get(b"idempotency-key", b"").decode("latin-1")
            fields.append((b"set-cookie", (mint(self._secret, self._secure, key_sent or None).cookie or "").encode()))
        await self._look.answer(scope, send, told, fields)


def _fields(name: RouteClass, rate: Rate, verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """Return RateLimit-Policy and RateLimit: the burst in the time in which it fills again, and what is left of it."""
    window = max(1, math.ceil(rate.burst / rate.per_second))
    reset = max(0, math.ceil(verdict.wait_seconds))
    return [
        (b"ratelimit-policy", f'"{name}";q={rate.burst};w={window}'.encode()),
        (b"ratelimit", f'"{name}";r={verdict.remaining};t={reset}'.encode()),
    ]
