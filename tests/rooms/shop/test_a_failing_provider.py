"""The real test gateway fails, is slow, and is well again: meanwhile calls are refused here, and retries are few."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from doorbuster.clock import new_id
from doorbuster.downstream import CALLS, RETRIES, RETRIES_MIN, RETRY_SHARE
from doorbuster.errors import GatewayFault, Throttled
from doorbuster.jobs.mail import Mailer
from doorbuster.money import Money
from doorbuster.shop.hosted_checkout import HostedCheckout, open_hosted_checkout
from doorbuster.shop.order_jobs import OrderJobs
from doorbuster.shop.payments import Event
from doorbuster.shop.returning import RefundAsked, ask_refund
from doorbuster.shop.settling import ask_about_quiet_payments
from doorbuster.web.pages import Pages
from tests.rooms.shop.books import Books
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider, payment, provider_at


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def impatient(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HostedCheckout]:
    """The way to the provider that waits a fifth of a second for an answer."""
    monkeypatch.setattr("doorbuster.shop.hosted_checkout.ATTEMPT_SECONDS", 0.2)
    async with open_hosted_checkout(provider.settings) as gateway:
        yield gateway


@dataclass
class Outcomes:
    """What became of calls; `refused` holds the seconds that each refusal took."""

    answered: int = 0
    failed: int = 0
    refused: list[float] = field(default_factory=list)

    async def of(self, call: Callable[[], Awaitable[Any]]) -> None:
        started = time.perf_counter()
        try:
            await call()
            self.answered += 1
        except Throttled:
            self.refused.append(time.perf_counter() - started)
        except GatewayFault:
            self.failed += 1


async def calls(gateway: HostedCheckout, count: int, at_once: int = 1) -> Outcomes:
    """Open so many payment pages."""
    outcomes = Outcomes()
    for _ in range(count // at_once):
        await asyncio.gather(*[outcomes.of(lambda: gateway.open_checkout(payment())) for _ in range(at_once)])
    return outcomes


async def throttled(provider: Provider, gateway: HostedCheckout) -> None:
    """Let the provider fail until calls are refused."""
    await provider.misbehave("failing_api")
    await calls(gateway, 40, at_once=20)


def counted(outcome: str) -> float:
    return CALLS.values[("payments", outcome)]


@pytest.mark.parametrize("behaviour", ["failing_api", "busy_api", "slow_api"])
async def test_a_failing_provider_is_left_in_peace_and_used_again_when_it_is_well(
    provider: Provider, impatient: HostedCheckout, behaviour: str
) -> None:
    assert (await calls(impatient, 10)).answered == 10
    await provider.misbehave(behaviour)
    await calls(impatient, 60, at_once=20)

    away = await calls(impatient, 500)
    assert len(away.refused) > 490
    assert statistics.median(away.refused) < 0.001

    await provider.misbehave("")
    async with asyncio.timeout(5):
        while (await calls(impatient, 20)).answered < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_retries_keep_to_their_budget(provider: Provider, impatient: HostedCheckout) -> None:
    sent, retried = counted("answered") + counted("failed"), RETRIES.values[("payments", "sent")]
    for _ in range(10):
        await provider.misbehave("")
        await calls(impatient, 5)
        await provider.misbehave("failing_api")
        await calls(impatient, 2)

    retries = RETRIES.values[("payments", "sent")] - retried
    first = counted("answered") + counted("failed") - sent - retries
    assert 0 < retries <= RETRIES_MIN + RETRY_SHARE * first
    assert RETRIES.values[("payments", "over_budget")] > 0


async def test_a_refusal_is_an_answer_and_throttles_nobody(provider: Provider) -> None:
    for _ in range(30):
        await provider.gateway.refund(payment(gateway_ref="pi_unknown"), Money(1, "GBP"), new_id())

    assert (await calls(provider.gateway, 30)).answered == 30


async def test_what_the_provider_tells_by_itself_is_always_heard(provider: Provider, impatient: HostedCheckout) -> None:
    page = await impatient.open_checkout(payment())
    await throttled(provider, impatient)

    await provider.choose(page.url, "approve")

    (told,) = provider.told()
    assert isinstance(told, Event)


async def tried_again(jobs: OrderJobs, refund: dict[str, Any]) -> None:
    """Try a few times: on a slow machine a second is over soon, and the next one is a probe again."""
    for _ in range(5):
        with suppress(GatewayFault):
            await jobs.refund(refund)


async def test_a_refund_waits_until_the_provider_is_well(scene: Scene, provider: Provider, tmp_path: Path) -> None:
    await scene.open_sale()
    books = Books(scene, provider)
    order = await books.paid()
    asked = await ask_refund(scene.database, order.order_id, None, "as you wish", False)
    assert isinstance(asked, RefundAsked)
    mailer, pages = Mailer(scene.database, None, "shop@x.test"), Pages(provider.settings)
    jobs = OrderJobs(scene.database, provider.gateway, mailer, pages, provider.settings, books.tell)
    refund = {"refund_id": str(await scene.value("SELECT id FROM refunds"))}
    await throttled(provider, provider.gateway)

    await asyncio.sleep(1)
    with pytest.raises(GatewayFault):
        await jobs.refund(refund)  # as the probe
    with pytest.raises(Throttled):
        await tried_again(jobs, refund)
    assert await scene.value("SELECT state FROM refunds") == "due"

    await provider.misbehave("")
    await asyncio.sleep(1)
    await jobs.refund(refund)
    assert await scene.value("SELECT state FROM refunds") == "done"


async def test_whoever_asks_about_payments_leaves_the_rest_for_later(scene: Scene, provider: Provider) -> None:
    await scene.open_sale()
    await scene.ordered()
    await scene.sql("UPDATE payments SET created_at = now() - interval '1 minute'")
    await throttled(provider, provider.gateway)

    assert await ask_about_quiet_payments(scene.database, provider.gateway) == 1
    assert await scene.value("SELECT state FROM payments") == "pending"
