"""A callback is confirmed only when it is committed: anything else has the provider deliver it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from doorbuster.clock import Clock, SystemClock
from doorbuster.database import Database, open_database
from doorbuster.shop.callbacks import callback_receive
from doorbuster.shop.hosted_checkout import HostedCheckout
from doorbuster.shop.settling import Settling, payment_of
from tests.rooms.shop.books import Books
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider, eventually, provider_at


@dataclass(frozen=True)
class Till:
    """What the callback's handler reaches of the shop."""

    database: Database
    gateway: HostedCheckout
    settling: Settling
    clock: Clock


@pytest.fixture
async def gone(database_url: str) -> Database:
    """A database to which every connection has been closed."""
    async with open_database(database_url, connections=1, application="gone") as database:
        pass
    return database


@pytest.fixture
async def books(scene: Scene, tmp_path: Path) -> AsyncIterator[Books]:
    await scene.open_sale()
    async with provider_at(tmp_path) as provider:
        yield Books(scene, provider)


async def delivered(provider: Provider, database: Database) -> tuple[int, str]:
    """Deliver the provider's last callback to a shop that stands on this database; return its answer."""
    till = Till(database, provider.gateway, Settling(database), SystemClock())

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        yield {"house": till}

    app = Starlette(routes=[Route("/{gateway}", callback_receive, methods=["POST"])], lifespan=lifespan)
    headers, body = provider.door.calls[-1]
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/hosted",
        "headers": raw,
        "query_string": b"",
        "state": {"house": till},
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode().strip()


async def test_a_callback_that_took_effect_is_confirmed(books: Books) -> None:
    await books.charge(await books.scene.ordered())
    await eventually(lambda: books.provider.door.calls)
    assert await delivered(books.provider, books.scene.database) == (200, "settled")
    assert await delivered(books.provider, books.scene.database) == (200, "duplicate")


async def test_a_callback_that_the_database_did_not_take_is_not_confirmed(books: Books, gone: Database) -> None:
    order = await books.scene.ordered()
    await books.charge(order)
    await eventually(lambda: books.provider.door.calls)
    assert (await delivered(books.provider, gone))[0] == 503
    assert await delivered(books.provider, books.scene.database) == (200, "settled")


async def test_news_of_a_refund_is_kept_for_the_job_worker_or_not_confirmed(books: Books, gone: Database) -> None:
    order = await books.paid()
    assert await payment_of(books.scene.database, order.payment_id) is not None
    charge = await books.scene.value("SELECT gateway_ref FROM payments")
    before = len(books.provider.door.calls)
    await books.provider.command("/v1/refunds", payment_intent=charge, amount="100")
    await eventually(lambda: len(books.provider.door.calls) > before)
    assert (await delivered(books.provider, gone))[0] == 503
    assert await delivered(books.provider, books.scene.database) == (200, "kept")
    assert await books.scene.value("SELECT count(*) FROM outbox WHERE kind = 'provider_news'") == 1


async def test_a_forged_callback_is_refused_before_anything_is_asked(books: Books, gone: Database) -> None:
    await books.charge(await books.scene.ordered())
    await eventually(lambda: books.provider.door.calls)
    headers, body = books.provider.door.calls[-1]
    books.provider.door.calls[-1] = (headers, body + b" ")
    assert (await delivered(books.provider, gone))[0] == 400
