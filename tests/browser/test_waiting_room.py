"""The waiting room in a real browser: the place is worked out in the page, the end is told in it; and accessible."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from doorbuster.room.entering import Newcomer, enter_batch
from doorbuster.room.rooms import pause_room, room_of_sale
from doorbuster.sale.sales import Sale
from tests.browser.conftest import Shop
from tests.rooms.sale.market import statement

pytestmark = pytest.mark.browser

OPENS_NOW = statement("UPDATE sales SET opens_at = now() WHERE id = :sale_id")
SOLD = statement("UPDATE stock_pools SET sold = on_hand WHERE sale_id = :sale_id")
TICKET = statement(
    "SELECT stripe, place FROM room_tickets WHERE customer_key NOT LIKE 's:crowd%' AND sale_id = :sale_id"
)
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}


@pytest.fixture(params=LOOKS)
async def page(request, open_page):
    """A page in one of the looks, into which axe-core may be put."""
    return await open_page(bypass_csp=True, **LOOKS[request.param])


async def roomy(shop: Shop, *options: str, opens_in_seconds: float, crowd: int) -> Sale:
    """Plan a sale with a waiting room and a crowd in it."""
    sale = await shop.plans_sale(opens_in_seconds=opens_in_seconds)
    await asyncio.to_thread(shop.runs, "room", "open", sale.handle, "--reason", "a browser's story", *options)
    # Most of them from one network, so that there are later bands, too.
    newcomers = [Newcomer(f"s:crowd{n}", "n:farm" if n >= 50 else None) for n in range(crowd)]
    if newcomers:
        await enter_batch(shop.database, sale.id, newcomers, 4)
    return sale


async def enter(page: Page, sale: Sale) -> None:
    await page.goto(f"/sales/{sale.handle}/room")
    while await page.get_by_role("button", name="Take a ticket").count() == 0:
        await page.wait_for_timeout(300)
        await page.goto(f"/sales/{sale.handle}/room")
    await page.get_by_role("button", name="Take a ticket").click()


async def test_the_draw_is_done_in_the_page_and_the_end_is_told_in_it(shop: Shop, page, violations) -> None:
    sale = await roomy(shop, opens_in_seconds=600, crowd=500)
    await enter(page, sale)
    await expect(page.get_by_role("heading", name="You are in the draw")).to_be_visible()
    assert await violations(page) == []
    await pause_room(shop.database, sale.id)  # so that the places stay as they are drawn
    await page.goto(f"/sales/{sale.handle}/room")
    await page.evaluate("window.notReloaded = true")
    await shop.database.execute(OPENS_NOW, sale_id=sale.id)
    await expect(page.get_by_role("heading", name="You are in line")).to_be_visible(timeout=60_000)

    room, ticket = await room_of_sale(shop.database, sale.id), await shop.database.fetch_one(TICKET, sale_id=sale.id)
    assert room is not None
    assert ticket is not None
    position = room.position(ticket["stripe"], ticket["place"])
    said = await page.locator("#ahead").inner_text()
    assert said == {0: "You are next.", 1: "One person is before you."}.get(
        position, f"{position} people are before you."
    )
    assert await violations(page) == []

    await shop.database.execute(SOLD, sale_id=sale.id)
    await expect(page.get_by_role("heading", name="Sold out")).to_be_visible(timeout=60_000)
    assert await page.evaluate("window.notReloaded")
    assert await violations(page) == []


async def test_whose_turn_it_is_comes_in_and_claims(shop: Shop, page, violations) -> None:
    sale = await roomy(shop, opens_in_seconds=-1, crowd=0)
    await enter(page, sale)
    come_in = page.get_by_role("button", name="Come in")
    await expect(come_in).to_be_visible(timeout=30_000)
    assert await violations(page) == []
    await come_in.click()
    await page.get_by_role("button", name="Hold one for me").click()
    await expect(page).to_have_url(re.compile("/holds/"))


async def test_the_sales_button_leads_who_has_no_pass_to_the_room(shop: Shop, page) -> None:
    sale = await roomy(shop, opens_in_seconds=-1, crowd=0)
    await page.wait_for_timeout(1500)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button", name="Hold one for me").click()
    await expect(page.get_by_role("heading", name="The waiting room")).to_be_visible()


async def test_the_browser_does_the_sum_by_itself(shop: Shop, page, violations) -> None:
    sale = await roomy(shop, "--proof-of-work", opens_in_seconds=600, crowd=0)
    await enter(page, sale)
    await expect(page.get_by_role("heading", name="You are in the draw")).to_be_visible(timeout=60_000)


async def test_without_script_a_letter_is_offered(shop: Shop, open_page) -> None:
    sale = await roomy(shop, "--proof-of-work", opens_in_seconds=600, crowd=0)
    page = await open_page(java_script_enabled=False)
    await enter(page, sale)
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="We have written to you")).to_be_visible()
