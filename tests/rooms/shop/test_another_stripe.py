"""The adapter against localstripe, a Stripe written by others, where it reaches: refunds.

It knows no Checkout Sessions, no idempotency keys and no list of events by type; for those our test gateway stands in.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from doorbuster.clock import new_id
from doorbuster.money import Money
from doorbuster.settings import from_environment
from doorbuster.shop.hosted_checkout import HostedCheckout, open_hosted_checkout
from doorbuster.shop.payments import Refunded, Refused
from tests.rooms.shop.provider import payment

KEY = "sk_test_of_a_stranger"


@pytest.fixture
async def stripe_url(tmp_path: Path) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    process = subprocess.Popen(  # noqa: ASYNC220 -- starting takes a millisecond
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as client, asyncio.timeout(30):
            while True:
                with suppress(aiohttp.ClientError):
                    async with client.get(f"{url}/v1/balance", headers={"Authorization": f"Bearer {KEY}"}) as reply:
                        if reply.status == 200:
                            break
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def gateway(stripe_url: str, tmp_path: Path) -> AsyncIterator[HostedCheckout]:
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path), "PAYMENT_URL": stripe_url, "PAYMENT_KEY": KEY})
    async with open_hosted_checkout(settings) as opened:
        yield opened


async def charged(url: str, amount: int) -> str:
    """Charge a card at localstripe; return the payment intent."""

    async def post(path: str, **form: str) -> str:
        async with client.post(url + path, data=form, headers={"Authorization": f"Bearer {KEY}"}) as reply:
            assert reply.status == 200, await reply.text()
            found: str = (await reply.json())["id"]
            return found

    async with aiohttp.ClientSession() as client:
        card = {
            "card[number]": "4242424242424242",
            "card[exp_month]": "12",
            "card[exp_year]": "2042",
            "card[cvc]": "123",
        }
        method = await post("/v1/payment_methods", type="card", **card)
        return await post(
            "/v1/payment_intents", amount=str(amount), currency="gbp", payment_method=method, confirm="true"
        )


async def test_money_goes_back_in_parts_under_our_own_name(gateway: HostedCheckout, stripe_url: str) -> None:
    paid = payment(gateway_ref=await charged(stripe_url, 1_999))
    for amount in (500, 1_499):
        refund = new_id()
        given = await gateway.refund(paid, Money(amount, "GBP"), refund)
        assert isinstance(given, Refunded)
        headers = {"Authorization": f"Bearer {KEY}"}
        url = f"{stripe_url}/v1/refunds/{given.reference}"
        async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as reply:
            found = await reply.json()
        assert (found["amount"], found["payment_intent"]) == (amount, paid.gateway_ref)
        assert found["metadata"] == {"refund_id": str(refund)}


async def test_a_charge_that_is_unknown_there_is_a_refusal(gateway: HostedCheckout) -> None:
    assert isinstance(await gateway.refund(payment(gateway_ref="pi_unknown"), Money(1, "GBP"), new_id()), Refused)
