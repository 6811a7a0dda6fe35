"""The data plane's composition root: one worker that serves shoppers. It knows every room of its plane."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Scope

from doorbuster.accounts.tokens import internal_token
from doorbuster.clock import SystemClock
from doorbuster.database import Database, open_database
from doorbuster.errors import DatabaseFault
from doorbuster.guard.admission import Admission
from doorbuster.guard.rate_limit import OVERSHOOT, RateLimit
from doorbuster.guard.refused import Look
from doorbuster.guard.rehearsal import Rehearsals, decode
from doorbuster.room.entering import Entrance
from doorbuster.room.flood import Flood
from doorbuster.room.gate import RoomGate
from doorbuster.room.memory import REFRESH_SECONDS as ROOM_REFRESH_SECONDS
from doorbuster.room.memory import RoomMemory
from doorbuster.room.signing import Signer
from doorbuster.routes import data_plane_routes
from doorbuster.sale.answers import Answer
from doorbuster.sale.door import Door
from doorbuster.sale.holds import ANSWERS, Claims
from doorbuster.sale.memory import REFRESH_SECONDS, SaleMemory
from doorbuster.sale.sale_page import render_sale_page
from doorbuster.sale.sales import Sale
from doorbuster.sale.window import Window
from doorbuster.serving import Post, background, serve
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.payments import Gateway
from doorbuster.shop.placing import Placing
from doorbuster.shop.settling import Settling
from doorbuster.watch.pusher import push_metrics
from doorbuster.watch.requests import CountRequests
from doorbuster.watch.traces import traces_of
from doorbuster.watch.visitors import Lookout, who_of
from doorbuster.web.app import build_app
from doorbuster.web.brownout import Ladder
from doorbuster.web.headers import data_headers, security_headers
from doorbuster.web.networks import Networks
from doorbuster.web.pages import House, Pages
from doorbuster.web.shared_cache import SharedCache

TILL_CONNECTIONS = 3
"""Kept for holds, orders and payments: the crowd that looks around cannot take them from those who pay."""
REFRESH_SECONDS_MIN = 0.05


@dataclass(frozen=True, kw_only=True)
class ShopHouse(House):
    """What the handlers of the data plane may reach; rooms name what they need of it by Protocols.

    `database` is for looking around, `till` for the way from the hold to the paid order.
    """

    till: Database
    memory: SaleMemory
    networks: Networks
    claims: Claims
    rooms: RoomMemory
    entrance: Entrance
    signer: Signer
    flood: Flood
    placing: Placing
    settling: Settling
    gateway: Gateway
    ladder: Ladder


async def run_worker(post: Post) -> None:
    """Serve shoppers until told to stop."""
    settings = from_environment(os.environ)
    async with (
        _open(settings, post.name, settings.connections_per_worker - TILL_CONNECTIONS) as database,
        _open(settings, post.name, TILL_CONNECTIONS) as till,
        open_hosted_checkout(settings) as gateway,
    ):
        house = _house(settings, database, till, gateway)
        window = _window(house)
        with suppress(DatabaseFault):
            await house.rooms.refresh()
            await window.refresh()
        look = _look(house)
        routes = data_plane_routes()  # once: who counts requests by route knows routes by who they are
        gate = _gate(house, look, routes)
        app = _guarded(_app(house, window, gate), house, look, gate)
        rehearsals = Rehearsals(app.recent, gate.recent, lambda: app.part, house.clock)
        house.flood.fix(app.policy.work)
        lookout = Lookout(house.clock)
        pusher = _pusher(post, house, app, rehearsals, lookout)
        sharing = [_sharing(app, house)] if settings.valkey_url else []
        rooms = _keep_rooms(house.rooms)
        beats = [
            pusher,
            gate.run(),
            rehearsals.run(),
            app.callers.run(),
            _keep_fresh(window, house.claims.exhausted),
            rooms,
        ]
        async with background(*beats, *sharing):
            with traces_of(settings, post.name) as traced:
                await serve(traced(_counted(app, routes, house.networks, lookout)), post)


def _open(settings: Settings, name: str, connections: int) -> AbstractAsyncContextManager[Database]:
    return open_database(
        settings.database_url or "",
        connections=connections,
        application=name,
        statement_timeout_ms=settings.statement_timeout_ms,
    )


def _counted(app: ASGIApp, routes: Sequence[BaseRoute], networks: Networks, lookout: Lookout) -> CountRequests:
    """Count every answer, and note for whom it was."""

    def see(scope: Scope) -> Callable[[bool], None]:
        number = lookout.came(who_of(scope, networks))
        return lambda hurt: lookout.went(number, hurt)

    return CountRequests(app, routes, see=see)


def _pusher(
    post: Post, house: ShopHouse, guard: RateLimit, rehearsals: Rehearsals, lookout: Lookout
) -> Coroutine[Any, Any, None]:
    """Push metrics and what was tried; hear the policy and what to try."""

    def hear(document: bytes) -> None:
        news = decode(document)
        guard.obey(news.policy)
        house.flood.fix(news.policy.work)
        rehearsals.hear(news.questions)

    token = internal_token(house.settings.secret)
    return push_metrics(
        post.name, house.settings.control_url, token, hear=hear, say=lambda: rehearsals.answers, lookout=lookout
    )


def _house(settings: Settings, database: Database, till: Database, gateway: Gateway) -> ShopHouse:
    clock = SystemClock()
    return ShopHouse(
        database=database,
        clock=clock,
        settings=settings,
        pages=Pages(settings),
        till=till,
        memory=SaleMemory(till, clock),
        claims=Claims(till),
        rooms=RoomMemory(till, data_headers(settings), lambda: ANSWERS.values[("NotAdmitted",)]),
        entrance=Entrance(till, random.Random()),  # noqa: S311 - which stripe one registers in decides nothing
        signer=Signer(settings.secret, settings.secure_cookies),
        flood=Flood(clock, min(1.0, OVERSHOOT / settings.workers)),
        networks=Networks(settings.trusted_proxies, settings.secret),
        placing=Placing(till, gateway.name),
        settling=Settling(till),
        gateway=gateway,
        ladder=Ladder(),
    )


def _window(house: ShopHouse) -> Window:
    def draw_refusal(sale: Sale, answer: Answer) -> bytes:
        return house.pages.render("sale/answer.html", answer=answer, sale=sale, now=sale.now).encode()

    return Window(
        house.memory,
        lambda sale: render_sale_page(house.pages, sale, has_room=house.rooms.has_room(sale.id)),
        draw_refusal,
        page_headers=security_headers(house.settings),
        data_headers=data_headers(house.settings),
        has_room=house.rooms.has_room,
    )


def _app(house: ShopHouse, window: Window, gate: Admission) -> ASGIApp:
    """Return the waiting rooms' gate, then the hot door, then what may be kept, then the gate to all that is routed."""
    cache = SharedCache(gate, house.clock)
    door = Door(cache, window, house.claims, house.settings, house.networks, clock=house.clock)
    return RoomGate(door, house.rooms, house.signer, house.settings, clock=house.clock)


def _gate(house: ShopHouse, look: Look, routes: list[BaseRoute]) -> Admission:
    """Return the routed application, with the gate before it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, House]]:
        yield {"house": house}

    routed = build_app(routes, settings=house.settings, lifespan=lifespan)
    return Admission(
        routed, house.settings, look, house.ladder, clock=house.clock, chance=random.Random(),  # noqa: S311
        ceiling=house.settings.connections_per_worker,
    )  # fmt: skip


def _look(house: ShopHouse) -> Look:
    drawn = house.pages.render("guard/refused.html").encode()
    return Look(drawn, security_headers(house.settings), data_headers(house.settings))


def _guarded(app: ASGIApp, house: ShopHouse, look: Look, gate: Admission) -> RateLimit:
    """Return the application with the rate limits before it."""
    return RateLimit(
        app, house.networks, house.settings, look, clock=house.clock, chance=random.Random(), others=[gate]  # noqa: S311
    )  # fmt: skip


async def _sharing(guard: RateLimit, house: ShopHouse) -> None:
    """Share rate limits through the store; only who has one spends the eighth of a second that its library takes."""
    from doorbuster.guard.sharing import Sharing

    await Sharing(guard, house.settings.valkey_url, house.settings.secret, house.clock).run()


async def _keep_fresh(window: Window, exhausted: asyncio.Event) -> None:
    """Read the live sales again and again, and at once when an item has nothing left.

    When PostgreSQL is away, what was read expires by itself.
    """
    while True:
        await asyncio.sleep(REFRESH_SECONDS_MIN)
        with suppress(TimeoutError):
            await asyncio.wait_for(exhausted.wait(), REFRESH_SECONDS - REFRESH_SECONDS_MIN)
        exhausted.clear()
        with suppress(DatabaseFault):
            await window.refresh()


async def _keep_rooms(rooms: RoomMemory) -> None:
    """Read the waiting rooms again and again; when PostgreSQL is away, they stay as they were."""
    while True:
        await asyncio.sleep(ROOM_REFRESH_SECONDS)
        with suppress(DatabaseFault):
            await rooms.refresh()
