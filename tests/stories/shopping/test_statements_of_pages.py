"""How often the shop's pages ask the database: within the budget of their routes, however much they show."""

import asyncio
import re

import aiohttp
import pytest

from doorbuster.review.routes import METRIC, MORE, STATEMENTS_MAX
from tests.stories.shopping.conftest import Shop

LINE = re.compile(rf"^{METRIC}_(bucket|count)\{{(.*)\}} (\d+)", re.MULTILINE)
PAGES = ("/", "/products", "/search?q=lamp", "/cart", "/collections/none", "/products/none")


async def told(shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    """Requests by route as the processes tell, and how many of them were within the route's budget."""
    async with aiohttp.ClientSession() as client, client.get(f"{shop.running.control_url}/metrics") as reply:
        text = await reply.text()
    asked: dict[str, int] = {}
    within: dict[str, int] = {}
    for kind, labels, value in LINE.findall(text):
        named = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        route = named["route"]
        if named["plane"] == "shop" and kind == "count":
            asked[route] = int(value)
        elif named["plane"] == "shop" and float(named["le"]) == MORE.get(route, STATEMENTS_MAX):
            within[route] = int(value)
    return asked, within


async def test_no_page_asks_the_database_more_often_than_its_route_may(shop: Shop) -> None:
    async with aiohttp.ClientSession(shop.url) as visitor:
        for page in PAGES:
            async with visitor.get(page) as reply:
                assert reply.status in {200, 404}, page
    asked: dict[str, int] = {}
    within: dict[str, int] = {}
    for _ in range(20):  # until the processes have told
        asked, within = await told(shop)
        if "/" in asked:
            break
        await asyncio.sleep(0.5)

    assert "/" in asked
    assert asked == pytest.approx(within), {
        route: count for route, count in asked.items() if within.get(route) != count
    }
