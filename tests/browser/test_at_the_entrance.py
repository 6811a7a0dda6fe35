"""The pages between a shopper and a sale are accessible and fit: the sum, the letter, one's place, a refusal."""

import asyncio
import os

import pytest
from playwright.async_api import Page, expect

from doorbuster.room.rooms import NewRoom, open_room
from doorbuster.room.signing import Signer
from doorbuster.settings import from_environment
from tests.browser.conftest import Shop

pytestmark = pytest.mark.browser

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(params=LOOKS)
async def page(request, open_page):
    """A page in one of the looks, into which axe-core may be put; nobody does its sums."""
    opened = await open_page(bypass_csp=True, **LOOKS[request.param])
    await opened.route("**/room_work*", lambda route: route.abort())
    return opened


@pytest.fixture
def faults(violations):
    """What is wrong with the look of a page."""

    async def find(page: Page) -> list[str]:
        return await violations(page) + ([] if await page.evaluate(FITS) else ["wider than the screen"])

    return find


async def entered(page: Page, path: str) -> None:
    """Go to a room that was just opened: each worker hears of it within a second."""
    await page.goto(path)
    async with asyncio.timeout(60):
        while await page.get_by_role("button", name="Take a ticket").count() == 0:
            await page.wait_for_timeout(200)
            await page.goto(path)


async def test_the_sum_the_letter_and_its_link_are_accessible(shop: Shop, page, faults) -> None:
    sale = await shop.plans_sale(opens_in_seconds=600)
    await open_room(shop.database, sale.id, NewRoom(work_bits=16))
    found = {}
    await entered(page, f"/sales/{sale.handle}/room")
    found["room"] = await faults(page)
    await page.get_by_role("button", name="Take a ticket").click()
    await expect(page.get_by_role("heading", name="One moment")).to_be_visible()
    found["sum"] = await faults(page)

    await page.get_by_label("E-mail").fill("ada@nowhere")
    await page.locator("form.fields").evaluate("form => { form.noValidate = true; }")
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("link", name="E-mail should look like")).to_be_visible()
    found["mistake"] = await faults(page)
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="We have written to you")).to_be_visible()
    found["sent"] = await faults(page)

    settings = from_environment(shop.environment)
    signer = Signer(settings.secret, settings.secure_cookies)
    for name, proof in (("proof", signer.proof_text(sale.id, "m" * 32, 4e9)), ("a bad proof", "nonsense")):
        await page.goto(f"/sales/{sale.handle}/room/proof?proof={proof}")
        found[name] = await faults(page)
    assert found == {name: [] for name in found}


async def test_a_place_its_link_and_the_draw_are_accessible(shop: Shop, page, faults) -> None:
    sale = await shop.plans_sale(opens_in_seconds=600)
    await open_room(shop.database, sale.id, NewRoom())
    found = {}
    await entered(page, f"/sales/{sale.handle}/room")
    await page.get_by_role("button", name="Take a ticket").click()
    await expect(page.get_by_role("heading", name="You are in the draw")).to_be_visible()
    found["registered"] = await faults(page)
    for name, path in (("draw", "draw"), ("a bad link", "link?place=nonsense")):
        await page.goto(f"/sales/{sale.handle}/room/{path}")
        found[name] = await faults(page)
    await page.goto(f"/sales/{sale.handle}/room")
    await page.get_by_role("link", name="Link to your place").click()
    await expect(page.get_by_role("heading", name="Go on in this browser")).to_be_visible()
    found["link"] = await faults(page)
    assert found == {name: [] for name in found}


async def test_a_refusal_is_accessible(shop: Shop, page, faults) -> None:
    await asyncio.to_thread(shop.runs, "lane", "close", "search", "--reason", "a look", "--for", "10m")
    try:
        reply = None
        async with asyncio.timeout(60):
            while reply is None or reply.status != 503:
                reply = await page.goto(f"/search?q={os.urandom(4).hex()}")
        assert await faults(page) == []
    finally:
        await asyncio.to_thread(shop.runs, "lane", "open", "search")
