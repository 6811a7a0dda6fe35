"""The waiting list in a real browser: joined, seen moving, taken by itself when the turn comes; and accessible."""

import re

import pytest
from playwright.async_api import Page, expect

from doorbuster.sale.expiry import sweep
from tests.browser.conftest import Shop

pytestmark = pytest.mark.browser

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}


@pytest.fixture(params=LOOKS)
async def page(request, open_page):
    """A page in one of the looks, into which axe-core may be put."""
    return await open_page(bypass_csp=True, **LOOKS[request.param])


async def hold(page: Page, handle: str) -> None:
    await page.goto(f"/sales/{handle}")
    await page.get_by_role("button", name="Hold one for me").click()
    await expect(page).to_have_url(re.compile("/holds/"))


async def test_waiting_is_accessible_and_the_turn_comes_by_itself(shop: Shop, page, open_page, violations) -> None:
    sale = await shop.plans_sale(opens_in_seconds=-1, units=1)
    owner = await open_page()
    await hold(owner, sale.handle)
    await page.goto(f"/sales/{sale.handle}/waiting")
    assert await violations(page) == []
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Wait in line").click()
    await expect(page.get_by_role("heading", name="You are next in line")).to_be_visible()
    assert await violations(page) == []

    await owner.get_by_role("button", name=re.compile("changed my mind")).click()
    turn = page.get_by_role("heading", name="It is your turn")
    while not await turn.is_visible():
        await sweep(shop.database)  # as the job worker does, which does not run here
        await page.wait_for_timeout(300)
    assert await violations(page) == []
    await page.get_by_role("button", name="Take it").click()
    await expect(page.get_by_role("link", name="Straight to the checkout")).to_be_visible()


async def test_the_page_of_a_coming_sale_offers_a_mail_and_is_accessible(shop: Shop, page, violations) -> None:
    sale = await shop.plans_sale(opens_in_seconds=600)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("link", name="Tell me when it opens").click()
    assert await violations(page) == []
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Write to me").click()
    await expect(page.get_by_role("heading", name="We will write")).to_be_visible()
    assert await violations(page) == []
