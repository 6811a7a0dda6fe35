"""Another system is told what becomes of orders: signed, under one id, again until it says yes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from doorbuster.clock import SystemClock
from doorbuster.errors import Misconfigured, Throttled
from doorbuster.jobs.worker import relay
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.returning import cancel_order
from doorbuster.shop.webhooks import TYPES, WebhookNotTaken, Webhooks, receivers_of
from tests.rooms.shop.conftest import Scene, event

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "webhooks.md"
QUEUED = "SELECT convert_from(payload, 'UTF8') FROM pgqueuer WHERE entrypoint = 'webhook' ORDER BY id"


@dataclass
class Receiver:
    """A real server; `answers` are the statuses it gives, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"location": "/elsewhere"} if status == 302 else {})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taker = Receiver()
    app = web.Application()
    app.router.add_post("/hook", taker.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taker
    await runner.cleanup()


def settings(tmp_path: Path, url: str, secret: str = "a-secret-of-the-warehouse") -> Settings:
    return from_environment({"DOORBUSTER_HOME": str(tmp_path), "WEBHOOK_URL": url, "WEBHOOK_SECRET": secret})


def is_genuine() -> Any:
    """The guide's own example, as its reader would use it."""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names["is_genuine"]


async def payloads(scene: Scene, told: Settings) -> list[dict[str, Any]]:
    await relay(scene.database, tuple(TYPES), tuple(receivers_of(told, SystemClock())))
    return [msgspec.json.decode(row[0]) for row in await scene.sql(QUEUED)]


async def payload_of_an_order(scene: Scene, told: Settings) -> dict[str, Any]:
    """What is to be told of an order that somebody has placed and paid."""
    await scene.open_sale()
    await scene.told(event(await scene.ordered()))
    (payload,) = await payloads(scene, told)
    return payload


async def test_a_paid_order_is_told_with_a_signature_that_the_guides_example_believes(
    scene: Scene, tmp_path: Path, receiver: Receiver
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    (payload,) = await payloads(scene, settings(tmp_path, receiver.url))
    await Webhooks(scene.database, SystemClock(), settings(tmp_path, receiver.url)).deliver(payload)
    ((headers, body),) = receiver.got
    told = msgspec.json.decode(body)
    assert (told["type"], told["data"]["number"], told["data"]["total"]) == ("order.paid", order.number, 1_394)
    headers = {name.lower(): value for name, value in headers.items()}
    genuine = is_genuine()
    assert genuine(headers, body, "a-secret-of-the-warehouse")
    assert not genuine(headers, body + b" ", "a-secret-of-the-warehouse")
    assert not genuine(headers, body, "another")
    assert b"example.com" not in body, "nobody is told whom it is about"


async def test_a_second_delivery_has_the_same_id(scene: Scene, tmp_path: Path, receiver: Receiver) -> None:
    payload = await payload_of_an_order(scene, settings(tmp_path, receiver.url))
    receiver.answers = [500]
    webhooks = Webhooks(scene.database, SystemClock(), settings(tmp_path, receiver.url))
    with pytest.raises(WebhookNotTaken, match="answered 500"):
        await webhooks.deliver(payload)
    await webhooks.deliver(payload)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.parametrize("status", [302, 404, 503])
async def test_anything_but_a_yes_is_delivered_again(
    scene: Scene, tmp_path: Path, receiver: Receiver, status: int
) -> None:
    payload = await payload_of_an_order(scene, settings(tmp_path, receiver.url))
    receiver.answers = [status]
    with pytest.raises(WebhookNotTaken):
        await Webhooks(scene.database, SystemClock(), settings(tmp_path, receiver.url)).deliver(payload)
    assert len(receiver.got) == 1, "a redirect is not followed"


async def test_a_receiver_that_is_away_is_no_yes(scene: Scene, tmp_path: Path) -> None:
    away = settings(tmp_path, "http://127.0.0.1:9/hook")
    payload = await payload_of_an_order(scene, away)
    with pytest.raises(WebhookNotTaken):
        await Webhooks(scene.database, SystemClock(), away).deliver(payload)


async def test_while_the_secret_is_being_replaced_both_signatures_come_along(
    scene: Scene, tmp_path: Path, receiver: Receiver
) -> None:
    payload = await payload_of_an_order(scene, settings(tmp_path, receiver.url))
    await Webhooks(scene.database, SystemClock(), settings(tmp_path, receiver.url, "new, old")).deliver(payload)
    ((headers, body),) = receiver.got
    genuine, headers = is_genuine(), {name.lower(): value for name, value in headers.items()}
    assert genuine(headers, body, "old")
    assert genuine(headers, body, "new")


async def test_every_change_is_told_once_and_the_rest_of_the_work_is_done_beside_it(
    scene: Scene, tmp_path: Path
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    await cancel_order(scene.database, order.order_id, "no")
    told = [payload["told"] for payload in await payloads(scene, settings(tmp_path, "https://warehouse.example/"))]
    assert told == ["order_paid", "order_cancelled"]
    kinds = [row[0] for row in await scene.sql("SELECT entrypoint FROM pgqueuer WHERE entrypoint <> 'webhook'")]
    assert sorted(kinds) == ["order_cancelled", "order_paid", "refund"]


async def test_without_an_address_nobody_is_told(scene: Scene, tmp_path: Path) -> None:
    await scene.open_sale()
    await scene.told(event(await scene.ordered()))
    nobody = settings(tmp_path, "")
    assert await payloads(scene, nobody) == []
    await Webhooks(scene.database, SystemClock(), nobody).deliver({"told": "order_paid", "receiver": "gone"})


@pytest.mark.parametrize(
    ("urls", "secrets", "complaint"),
    [
        ("https://a.example/ https://a.example/", "", "each of them once"),
        (" ".join(f"https://{n}.example/" for n in range(9)), "", "up to 8 addresses"),
        ("https://a.example/ https://b.example/", "one for both", "a secret for each of 2 addresses"),
        ("https://a.example/ https://b.example/", "first;", "a secret for each of 2 addresses"),
    ],
)
def test_a_slip_in_the_addresses_is_told_with_its_mend(tmp_path: Path, urls: str, secrets: str, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        settings(tmp_path, urls, secrets)


async def test_each_of_several_receivers_is_told_with_a_secret_of_its_own(
    scene: Scene, tmp_path: Path, receiver: Receiver
) -> None:
    await scene.open_sale()
    await scene.told(event(await scene.ordered()))
    both = settings(tmp_path, f"{receiver.url} {receiver.url}?b", "of the warehouse;of the accounts, an old one")
    webhooks = Webhooks(scene.database, SystemClock(), both)
    for payload in await payloads(scene, both):
        await webhooks.deliver(payload)

    genuine = is_genuine()
    got = [({name.lower(): value for name, value in headers.items()}, body) for headers, body in receiver.got]
    secrets = ("of the warehouse", "of the accounts", "an old one")
    believed = [[genuine(headers, body, secret) for headers, body in got] for secret in secrets]
    assert believed == [[True, False], [False, True], [False, True]]


async def test_a_receiver_that_fails_keeps_no_other_from_being_told(
    scene: Scene, tmp_path: Path, receiver: Receiver
) -> None:
    await scene.open_sale()
    await scene.told(event(await scene.ordered()))
    both = settings(tmp_path, f"http://127.0.0.1:9/hook {receiver.url}", "a;b")
    to_the_failing, to_the_well = await payloads(scene, both)
    webhooks = Webhooks(scene.database, SystemClock(), both)
    for _ in range(60):
        with pytest.raises((WebhookNotTaken, Throttled)):
            await webhooks.deliver(to_the_failing)

    for _ in range(60):
        await webhooks.deliver(to_the_well)
    assert len(receiver.got) == 60


def test_an_address_in_the_open_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="https"):
        settings(tmp_path, "http://warehouse.example/hook")


async def test_a_receiver_that_fails_is_left_in_peace_and_one_that_says_no_is_not(
    scene: Scene, receiver: Receiver, tmp_path: Path
) -> None:
    payload = await payload_of_an_order(scene, settings(tmp_path, receiver.url))
    webhooks = Webhooks(scene.database, SystemClock(), settings(tmp_path, receiver.url))
    receiver.answers = [410] * 30 + [503] * 60

    for _ in range(30):
        with pytest.raises(WebhookNotTaken, match="410"):
            await webhooks.deliver(payload)
    throttled = 0
    for _ in range(60):
        try:
            with pytest.raises(WebhookNotTaken, match="503"):
                await webhooks.deliver(payload)
        except Throttled:
            throttled += 1
    assert throttled > 10
    assert len(receiver.got) == 90 - throttled
