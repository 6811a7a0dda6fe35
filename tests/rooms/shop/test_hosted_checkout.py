"""The adapter against the real test gateway: what is paid, declined, lost, doubled, forged."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorbuster.clock import new_id
from doorbuster.errors import GatewayFault
from doorbuster.money import Money
from doorbuster.settings import from_environment
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.payments import Event, Refused, StillOpen
from tests.rooms.shop.provider import NOBODY_THERE, Provider, eventually, payment, provider_at


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


async def test_money_that_is_on_its_way_is_no_money_yet_and_counts_when_it_arrives(provider: Provider) -> None:
    wanted = payment()
    page = await provider.gateway.open_checkout(wanted)
    await provider.choose(page.url, "transfer")
    assert isinstance(await provider.gateway.ask(wanted), StillOpen)
    with pytest.raises(GatewayFault):
        await provider.gateway.close_checkout(wanted)
    await provider.choose(page.url, "arrive")
    assert [type(told).__name__ for told in provider.told()] == ["Ignored", "Event"]
    asked = await provider.gateway.ask(wanted)
    assert isinstance(asked, Event)
    assert asked.kind == "captured"


async def test_a_refund_that_the_provider_could_not_answer_is_a_fault_and_no_refusal(provider: Provider) -> None:
    await provider.misbehave("failing_api")
    with pytest.raises(GatewayFault):
        await provider.gateway.refund(payment(gateway_ref="pi_1"), Money(1, "GBP"), new_id())


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
    refund = new_id()
    first = await provider.gateway.refund(paid, Money(1_999, "GBP"), refund)
    assert await provider.gateway.refund(paid, Money(1_999, "GBP"), refund) == first
    assert await provider.gateway.refund(paid, Money(1, "GBP"), new_id()) == Refused("that is more than was charged")


async def test_a_gateway_that_is_away_is_a_fault_and_not_an_answer(tmp_path: Path) -> None:
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path), "PAYMENT_URL": NOBODY_THERE})
    async with open_hosted_checkout(settings) as gateway:
        with pytest.raises(GatewayFault):
            await gateway.open_checkout(payment())


@pytest.mark.parametrize("behaviour", ["failing_api", "busy_api"])
async def test_a_gateway_that_answers_with_errors_is_a_fault_and_not_an_answer(
    provider: Provider, behaviour: str
) -> None:
    await provider.misbehave(behaviour)
    with pytest.raises(GatewayFault):
        await provider.gateway.open_checkout(payment())
    await provider.misbehave("")
    assert await provider.gateway.open_checkout(payment())


async def test_another_payment_under_a_used_key_is_refused(provider: Provider) -> None:
    wanted = payment()
    await provider.gateway.open_checkout(wanted)
    with pytest.raises(GatewayFault, match="used for another request"):
        await provider.gateway.open_checkout(replace(wanted, amount=Money(1, "GBP")))


async def test_what_happened_at_the_gateway_can_be_listed_page_by_page(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorbuster.shop.hosted_checkout.EVENTS_PAGE", 2)
    await provider.misbehave("no_delivery")
    paid = [payment() for _ in range(3)]
    for each in paid:
        await provider.choose((await provider.gateway.open_checkout(each)).url, "approve")
    now = datetime.now(UTC)
    window = (now - timedelta(minutes=1), now + timedelta(minutes=1))
    first = await provider.gateway.occurred(*window)
    rest = await provider.gateway.occurred(*window, after=first.next)
    assert [event.payment_id for event in (*first.events, *rest.events)] == [each.id for each in reversed(paid)]
    assert rest.next is None
    assert not (await provider.gateway.occurred(now - timedelta(hours=2), now - timedelta(hours=1))).events


async def test_while_a_secret_is_being_replaced_both_are_believed(provider: Provider) -> None:
    page = await provider.gateway.open_checkout(payment())
    await provider.choose(page.url, "approve")
    headers, body = provider.door.calls[0]
    old = provider.settings.gateway_callback_secrets[0]
    for secrets, believed in ((f"whsec_new,{old}", True), ("whsec_new", False)):
        settings = replace(provider.settings, payment_callback_secret=secrets)
        async with open_hosted_checkout(settings) as gateway:
            assert isinstance(gateway.verify_callback(headers, body, datetime.now(UTC)), Event) is believed


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
