"""Runs the test gateway: opens its file and its way to the shop, and closes both in good order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from doorbuster.test_gateway.app import App
from doorbuster.test_gateway.delivery import AT_ONCE_MAX, Delivery
from doorbuster.test_gateway.store import Store


@asynccontextmanager
async def open_gateway(
    home: Path, *, api_key: str, callback_secret: str, callback_url: str, base_url: str
) -> AsyncIterator[App]:
    """Open the gateway for the block: an ASGI application that delivers its events to `callback_url`.

    `home` is the existing folder for its file; `base_url` is where shoppers reach it.
    """
    store = Store(home / "test_gateway.sqlite")
    connector = aiohttp.TCPConnector(limit=AT_ONCE_MAX, keepalive_timeout=15.0)
    async with aiohttp.ClientSession(connector=connector) as client:
        delivery = Delivery(store, client, callback_url, callback_secret)
        delivery.resume()
        try:
            yield App(store, delivery, api_key, base_url)
        finally:
            await delivery.close()
            await store.close()
