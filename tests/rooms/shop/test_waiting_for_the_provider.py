"""While the provider makes us wait, nobody else waits: no connection, no transaction and no lock is held across it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from doorbuster.database import open_database
from doorbuster.jobs.mail import Mailer
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.order_jobs import OrderJobs
from doorbuster.shop.payments import Gateway
from doorbuster.shop.returning import RefundAsked, ask_refund
from doorbuster.shop.settling import ask_about_quiet_payments, cancel_expired_orders
from doorbuster.web.pages import Pages
from tests.rooms.shop.books import Books
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider, provider_at

BUSY = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'waits' AND state <> 'idle'
"""
NOT_LOCKED = "SELECT 1 FROM orders FOR UPDATE NOWAIT"
APPLICATION = "waits"


@dataclass
class SlowRoad:
    """A road to the provider that lets nothing through until `open` is set; `reached`: somebody waits on it."""

    host: str
    port: int
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.set()
        await self.open.wait()
        onward_reader, onward_writer = await asyncio.open_connection(self.host, self.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(reader, onward_writer))
            group.create_task(_carry(onward_reader, writer))


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65_536):
        sink.write(chunk)
    sink.close()


@asynccontextmanager
async def slow_road(provider: Provider) -> AsyncIterator[tuple[SlowRoad, Gateway]]:
    road = SlowRoad("127.0.0.1", provider.settings.gateway_port)
    server = await asyncio.start_server(road.lead, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with open_hosted_checkout(replace(provider.settings, payment_url=url)) as gateway:
        yield road, gateway
    server.close()


async def quiet_payment(books: Books) -> None:
    await books.scene.ordered()
    await books.scene.sql("UPDATE payments SET created_at = now() - interval '1 minute'")


async def expired_order(books: Books) -> None:
    await books.scene.ordered()
    await books.scene.sql(
        "UPDATE orders SET placed_at = now() - interval '1 day', units_until = now() - interval '1 hour'"
    )
    await books.scene.sql("UPDATE holds SET expires_at = now() - interval '1 day'")
    await books.scene.sql("SELECT expire_holds(10, NULL)")


async def due_refund(books: Books) -> None:
    order = await books.paid()
    assert isinstance(await ask_refund(books.scene.database, order.order_id, None, "as you wish", False), RefundAsked)


async def charged(books: Books) -> None:
    await books.charge(await books.scene.ordered())


async def refund(database: Any, gateway: Gateway, books: Books) -> None:
    settings = books.provider.settings
    jobs = OrderJobs(database, gateway, Mailer(database, None, "shop@x.test"), Pages(settings), settings, books.tell)
    await jobs.refund({"refund_id": str(await books.scene.value("SELECT id FROM refunds"))})


async def reconcile(database: Any, gateway: Gateway, books: Books) -> None:
    slow = Books(replace(books.scene, database=database), replace(books.provider, gateway=gateway))
    await slow.reconcile()


CASES: dict[str, tuple[Callable[[Books], Awaitable[None]], Callable[..., Awaitable[Any]], str, str]] = {
    "asking about a payment": (
        quiet_payment,
        lambda database, gateway, _: ask_about_quiet_payments(database, gateway),
        "SELECT state FROM payments",
        "pending",
    ),
    "ending an unpaid order": (
        expired_order,
        lambda database, gateway, _: cancel_expired_orders(database, gateway),
        "SELECT state FROM orders",
        "cancelled",
    ),
    "giving money back": (due_refund, refund, "SELECT state FROM refunds", "done"),
    "reconciling": (charged, reconcile, "SELECT state FROM orders", "paid"),
}


@pytest.fixture
async def books(scene: Scene, tmp_path: Path) -> AsyncIterator[Books]:
    await scene.open_sale()
    async with provider_at(tmp_path) as provider:
        await provider.misbehave("no_delivery")
        yield Books(scene, provider)


@pytest.mark.parametrize("case", CASES)
async def test_the_only_connection_is_free_while_the_provider_is_asked(books: Books, case: str) -> None:
    prepare, act, question, outcome = CASES[case]
    await prepare(books)
    async with (
        open_database(books.scene.url, connections=1, application=APPLICATION) as database,
        slow_road(books.provider) as (road, gateway),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(act(database, gateway, books))
        await road.reached.wait()
        assert await books.scene.value(BUSY) == 0
        assert await books.scene.value(NOT_LOCKED) == 1
        road.open.set()
    assert await books.scene.value(question) == outcome
