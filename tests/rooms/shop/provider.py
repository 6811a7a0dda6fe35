"""The real test gateway and a shop's door that only writes down what it is told, both on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from doorbuster.clock import new_id, new_secret
from doorbuster.money import Money
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.hosted_checkout import HostedCheckout, open_hosted_checkout
from doorbuster.shop.payments import Event, Ignored, News, Payment, Refused
from doorbuster.test_gateway.serve import open_gateway

NOBODY_THERE = "http://127.0.0.1:9"


@dataclass
class Door:
    """Takes callbacks; `answers` are the statuses it gives, then 200 for ever."""

    answers: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        self.calls.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        status = self.answers.pop(0) if self.answers else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


@dataclass
class Provider:
    """Everything a test of payments needs."""

    settings: Settings
    gateway: HostedCheckout
    door: Door
    client: aiohttp.ClientSession

    async def choose(self, url: str, outcome: str) -> tuple[int, str]:
        """Press a button on the hosted page."""
        async with self.client.post(url, data={"outcome": outcome}, allow_redirects=False) as reply:
            return reply.status, reply.headers.get("location", "")

    async def misbehave(self, behaviour: str) -> None:
        await self.command("/test/behaviour", behaviour=behaviour)

    async def command(self, path: str, **form: str) -> None:
        """Do at the provider what its own people do."""
        headers = {"Authorization": f"Bearer {self.settings.gateway_key}"}
        async with self.client.post(self.settings.gateway_url + path, data=form, headers=headers) as reply:
            assert reply.status == 200, await reply.text()

    def told(self) -> list[Event | News | Ignored | Refused]:
        """Return what the callbacks say, as the adapter reads them."""
        now = datetime.now(UTC)
        return [self.gateway.verify_callback(headers, body, now) for headers, body in self.door.calls]


@asynccontextmanager
async def provider_at(home: Path) -> AsyncIterator[Provider]:
    door = Door()
    with _listening() as shop_socket, _listening() as gateway_socket:
        environment = {"DOORBUSTER_HOME": str(home), "PORT": _port(shop_socket), "GATEWAY_PORT": _port(gateway_socket)}
        settings = from_environment(environment)
        async with (
            open_gateway(
                home,
                api_key=settings.gateway_key,
                callback_secret=settings.gateway_callback_secrets[0],
                callback_url=f"{settings.shop_url}/payments/callbacks/hosted",
                base_url=settings.gateway_url,
            ) as app,
            serving(app, gateway_socket),
            serving(door, shop_socket),
            open_hosted_checkout(settings) as gateway,
            aiohttp.ClientSession() as client,
        ):
            yield Provider(settings, gateway, door, client)


@asynccontextmanager
async def serving(app: Any, listening: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def eventually(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def payment(**changes: Any) -> Payment:
    plain = Payment(
        id=new_id(),
        order_id=new_id(),
        order_number=1001,
        order_secret=new_secret(),
        email="ada@example.com",
        amount=Money(1_999, "GBP"),
    )
    return replace(plain, **changes)


def _listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _port(listening: socket.socket) -> str:
    return str(listening.getsockname()[1])
