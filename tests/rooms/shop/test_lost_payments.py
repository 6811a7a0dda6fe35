"""Payments nobody told us about: found by asking, closed before an order is cancelled, refunded once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorbuster.jobs.mail import Mailer
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import release
from doorbuster.shop.answers import PlacedOrder
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.order_jobs import OrderJobs
from doorbuster.shop.returning import cancel_order
from doorbuster.shop.settling import ask_about_quiet_payments, cancel_expired_orders, payment_of, settle_payments
from doorbuster.web.pages import Pages
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import NOBODY_THERE, Provider, provider_at

AN_HOUR_AGO = "UPDATE orders SET placed_at = now() - interval '1 hour', units_until = now() - interval '1 second'"
QUIET = "UPDATE payments SET created_at = now() - interval '1 minute'"
OVER = "UPDATE holds SET expires_at = now() - interval '1 second'"


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_at(tmp_path) as opened:
        await opened.misbehave("no_delivery")
        yield opened


async def page_of(scene: Scene, provider: Provider, order: PlacedOrder) -> str:
    payment = await payment_of(scene.database, order.payment_id)
    assert payment is not None
    return (await provider.gateway.open_checkout(payment)).url


async def expire(scene: Scene) -> None:
    for statement in (OVER, AN_HOUR_AGO):
        await scene.sql(statement)
    await sweep(scene.database)


def jobs(scene: Scene, provider: Provider, told: list[Any]) -> OrderJobs:
    async def tell(*line: Any) -> None:
        told.append(line)

    mailer = Mailer(scene.database, None, "shop@example.com")
    return OrderJobs(scene.database, provider.gateway, mailer, Pages(provider.settings), provider.settings, tell)


async def test_a_payment_whose_callback_got_lost_is_found_while_the_units_are_kept(
    scene: Scene, provider: Provider
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await provider.choose(await page_of(scene, provider, order), "approve")
    assert await ask_about_quiet_payments(scene.database, provider.gateway) == 0
    await scene.sql(QUIET)
    assert await ask_about_quiet_payments(scene.database, provider.gateway) == 1
    assert await scene.value("SELECT state FROM orders") == "paid"
    await scene.books_balance()


async def test_an_unpaid_order_is_cancelled_when_its_units_are_gone_and_its_page_takes_no_money_any_more(
    scene: Scene, provider: Provider
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    page = await page_of(scene, provider, order)
    assert await cancel_expired_orders(scene.database, provider.gateway) == 0
    await expire(scene)
    assert await cancel_expired_orders(scene.database, provider.gateway) == 1
    assert await scene.value("SELECT cancel_reason FROM orders") == "not_paid_in_time"
    await provider.choose(page, "approve")
    payment = await payment_of(scene.database, order.payment_id)
    assert payment is not None
    assert (await provider.gateway.close_checkout(payment)).kind == "expired"
    await scene.books_balance()


async def test_an_unpaid_order_is_not_even_looked_at_while_its_units_are_kept(scene: Scene, provider: Provider) -> None:
    await scene.open_sale()
    await scene.ordered()

    assert await scene.value("SELECT units_until = (SELECT expires_at FROM holds) FROM orders")
    assert await scene.value("SELECT coalesce(units_until, placed_at) > now() FROM orders")


async def test_whoever_gives_the_unit_back_after_a_failed_payment_has_the_order_cancelled_at_once(
    scene: Scene, provider: Provider
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    payment = await payment_of(scene.database, order.payment_id)
    assert payment is not None
    await settle_payments(scene.database, [await provider.gateway.close_checkout(payment)])
    await scene.sql("UPDATE orders SET placed_at = now() - interval '1 minute'")
    hold_id, owner = await scene.value("SELECT id FROM holds"), await scene.value("SELECT customer_key FROM holds")

    assert await release(scene.database, hold_id, owner)
    assert await cancel_expired_orders(scene.database, provider.gateway) == 1


async def test_money_found_at_the_last_moment_buys_the_unit_instead_of_cancelling(
    scene: Scene, provider: Provider
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await provider.choose(await page_of(scene, provider, order), "approve")
    await expire(scene)
    await cancel_expired_orders(scene.database, provider.gateway)
    assert await scene.value("SELECT state FROM orders") == "paid"
    assert await scene.pool() == (5, 0, 1)
    await scene.books_balance()


async def test_a_gateway_that_is_away_cancels_nothing(scene: Scene, provider: Provider) -> None:
    await scene.open_sale()
    await scene.ordered()
    await expire(scene)
    async with open_hosted_checkout(replace(provider.settings, payment_url=NOBODY_THERE)) as away:
        await cancel_expired_orders(scene.database, away)
    assert await scene.value("SELECT state FROM orders") == "awaiting_payment"


async def test_a_cancelled_order_gets_its_money_back_once_and_a_mail_that_says_so(
    scene: Scene, provider: Provider
) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await provider.choose(await page_of(scene, provider, order), "approve")
    payment = await payment_of(scene.database, order.payment_id)
    assert payment is not None
    await settle_payments(scene.database, [await provider.gateway.close_checkout(payment)])
    await cancel_order(scene.database, order.order_id, "wrong colour")
    work, refund = jobs(scene, provider, []), {"refund_id": str(await scene.value("SELECT id FROM refunds"))}
    for _ in range(2):
        await work.refund(refund)
        await work.order_refunded(refund | {"order_id": str(order.order_id)})
    assert await scene.value("SELECT state FROM orders") == "refunded"
    assert await scene.value("SELECT refunded_amount FROM payments") == order.total.amount
    assert await scene.value("SELECT count(*) FROM mails") == 1
    assert str(order.total) in await scene.value("SELECT text_body FROM mails")
    await scene.books_balance()


async def test_every_mail_can_be_written(scene: Scene, provider: Provider) -> None:
    await scene.open_sale()
    order = await scene.ordered(email="o'hara@example.com")
    await scene.sql("UPDATE order_lines SET title = 'Salt & <Pepper>'")
    work, payload = jobs(scene, provider, []), {"order_id": str(order.order_id)}
    await work.order_paid(payload)
    await work.order_fulfilled(payload)
    await scene.sql("UPDATE orders SET cancel_reason = 'paid_too_late'")
    await work.order_cancelled(payload)
    bodies = await scene.sql("SELECT text_body, html_body FROM mails")
    assert len(bodies) == 3
    for body in bodies:
        assert "Salt & <Pepper>" in body["text_body"]
        assert "Salt &amp; &lt;Pepper&gt;" in body["html_body"]
        assert order.secret in body["text_body"]


async def test_money_of_another_amount_is_told_to_the_operators(scene: Scene, provider: Provider) -> None:
    told: list[Any] = []
    await jobs(scene, provider, told).payment_mismatch({"payment_id": "1", "amount": 1, "expected": 2})
    assert told == [("payment.mismatch", "payment:1", {"payment_id": "1", "amount": 1, "expected": 2})]
