"""Everything works where no script runs: the same forms, the same answers, a page instead of a fragment."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(open_page):
    """A phone whose browser runs no scripts."""
    return await open_page(java_script_enabled=False)


async def test_a_click_holds_a_unit(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.goto(f"/sales/{sale.handle}")

    await page.get_by_role("button").click()

    await expect(page).to_have_url(re.compile("/holds/"))
    await expect(page.get_by_role("link", name="Straight to the checkout")).to_be_visible()


async def test_a_second_click_leads_to_the_same_hold(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()
    first = page.url

    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()

    assert page.url == first


async def test_who_is_too_early_is_told_when(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=600)
    await page.goto(f"/sales/{sale.handle}")

    await page.get_by_role("button").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Not yet")
    await expect(page.locator("time").first).to_have_attribute("datetime", re.compile("Z$"))


async def test_who_gives_it_back_is_told_so_and_the_unit_is_free(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1, units=1)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()

    await page.get_by_role("button", name="I changed my mind").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Given back")


async def test_a_search_without_a_match_still_shows_a_way_on(shop, page):
    await page.goto("/search?q=zzzyzzx")

    await expect(page.get_by_role("heading", name="We looked behind everything")).to_be_visible()
    await expect(page.get_by_role("link", name="Everything good")).to_be_visible()
