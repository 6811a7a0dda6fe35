"""The adapter against the real test gateway: what is paid, declined, lost, doubled, forged."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorbuster.errors import GatewayFault
from doorbuster.money import Money
from doorbuster.shop.payments import Event, Refused, StillOpen
from tests.rooms.shop.provider import Provider, eventually, payment, provider_at


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_at(tmp_path) as opened:
        yield opened


async def test_the_same_payment_finds_the_same_page(provider: Provider) -> None:
    wanted = payment()
    pages = await asyncio.gather(*[provider.gateway.open_checkout(wanted) for _ in range(3)])
    assert len({page.url for page in pages}) == 1


async def test_the_shop_knows_before_the_shopper_is_back(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    status, back = await provider.choose(page.url, "approve")
    assert status == 303
    assert back.endswith(f"/orders/{wanted.order_id}?secret={wanted.order_secret}")
    (told,) = provider.told()
    assert isinstance(told, Event)
    assert (told.kind, told.payment_id, told.amount) == ("captured", wanted.id, wanted.amount)


async def test_a_declined_card_may_be_followed_by_another_one_on_the_same_page(provider: Provider) -> None:
    page = await provider.gateway.open_checkout(payment())
    await provider.choose(page.url, "decline")
    await provider.choose(page.url, "approve")
    assert [told.kind for told in provider.told() if isinstance(told, Event)] == ["failed", "captured"]


async def test_a_page_that_was_left_takes_no_money_any_more(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    await provider.choose(page.url, "cancel")
    await provider.choose(page.url, "approve")
    asked = await provider.gateway.ask(wanted)
    assert isinstance(asked, Event)
    assert asked.kind == "expired"


async def test_a_callback_is_delivered_until_it_is_confirmed(provider: Provider) -> None:
    provider.door.answers = [500, 503]
    page = await provider.gateway.open_checkout(payment())
    await provider.choose(page.url, "approve")
    await eventually(lambda: len(provider.door.calls) == 3)
    assert len({told.id for told in provider.told() if isinstance(told, Event)}) == 1


async def test_a_payment_whose_callback_got_lost_is_found_by_asking(provider: Provider) -> None:
    await provider.misbehave("no_delivery")
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    assert isinstance(await provider.gateway.ask(wanted), StillOpen)
    await provider.choose(page.url, "approve")
    asked = await provider.gateway.ask(wanted)
    assert isinstance(asked, Event)
    assert (asked.kind, asked.amount) == ("captured", wanted.amount)
    assert provider.door.calls == []


async def test_closing_a_page_that_was_paid_tells_of_the_money(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    await provider.choose(page.url, "approve")
    assert (await provider.gateway.close_checkout(wanted)).kind == "captured"


async def test_a_closed_page_cannot_be_paid(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    assert (await provider.gateway.close_checkout(wanted)).kind == "expired"
    await provider.choose(page.url, "approve")
    assert provider.door.calls == []


async def test_a_refund_asked_for_twice_goes_back_once(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    await provider.choose(page.url, "approve")
    (told,) = provider.told()
    assert isinstance(told, Event)
    paid = replace(wanted, gateway_ref=told.gateway_ref)
    first = await provider.gateway.refund(paid, Money(1_999, "GBP"), "refund-1")
    assert await provider.gateway.refund(paid, Money(1_999, "GBP"), "refund-1") == first
    with pytest.raises(GatewayFault, match="more than was charged"):
        await provider.gateway.refund(paid, Money(1, "GBP"), "refund-2")


async def test_a_gateway_that_is_away_is_a_fault_and_not_an_answer(tmp_path: Path) -> None:
    async with provider_at(tmp_path) as provider:
        gateway = provider.gateway
        gateway._base_url = "http://127.0.0.1:9"
        with pytest.raises(GatewayFault):
            await gateway.open_checkout(payment())


async def test_sessions_and_undelivered_events_survive_a_restart(tmp_path: Path) -> None:
    wanted = payment()
    async with provider_at(tmp_path) as provider:
        provider.door.answers = [500] * 100
        page = await provider.gateway.open_checkout(wanted)
        choosing = asyncio.create_task(provider.choose(page.url, "approve"))
        await eventually(lambda: provider.door.calls)
        choosing.cancel()
    async with provider_at(tmp_path) as provider:
        await eventually(lambda: provider.door.calls)
        (told, *_) = provider.told()
    assert isinstance(told, Event)
    assert told.payment_id == wanted.id


async def test_forged_changed_and_old_callbacks_are_refused(provider: Provider) -> None:
    page = await provider.gateway.open_checkout(payment())
    await provider.choose(page.url, "approve")
    headers, body = provider.door.calls[0]
    verify, now = provider.gateway.verify_callback, datetime.now(UTC)
    assert isinstance(verify(headers, body, now), Event)
    stamp, _, proof = headers["stripe-signature"].partition(",")
    for forged in ("", "t=,v1=", f"{stamp},v1=00", f"{stamp},v1=", f"t=1,{proof}", f"t=²,{proof}", "é", proof):
        assert isinstance(verify({"stripe-signature": forged}, body, now), Refused)
    assert isinstance(verify(headers, body.replace(b"1999", b"1"), now), Refused)
    assert isinstance(verify(headers, body, now + timedelta(minutes=6)), Refused)
    assert isinstance(verify({}, body, now), Refused)


async def test_nobody_uses_the_gateways_api_without_its_key(provider: Provider) -> None:
    url = f"{provider.settings.gateway_url}/v1/checkout/sessions"
    for key in ("", "Bearer ", "Bearer wrong", "Bearer é"):
        async with provider.client.post(url, data={"mode": "payment"}, headers={"Authorization": key}) as reply:
            assert reply.status == 401
