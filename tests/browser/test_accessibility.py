"""axe-core finds nothing on any kind of page, light or dark, on a phone or a desktop."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}
BROWSING = [
    "/",
    "/collections",
    "/collections/all",
    "/search?q=lamp",
    "/search?q=zzzyzzx",
    "/products/jacket",
    "/nowhere",
]
STAGES = {"before": {"opens_in_seconds": 600}, "open": {"opens_in_seconds": -1}}


@pytest.fixture(params=LOOKS)
async def page(request, open_page):
    """A page in one of the looks, into which axe-core may be put."""
    return await open_page(bypass_csp=True, **LOOKS[request.param])


async def test_browsing_is_accessible(shop, page, violations):
    found = {}
    for path in BROWSING:
        await page.goto(path)
        found[path] = await violations(page)

    assert found == {path: [] for path in BROWSING}


@pytest.mark.parametrize("stage", STAGES)
async def test_a_sale_is_accessible(shop, page, stage, violations):
    sale = await shop.plans_sale(**STAGES[stage])
    for path in (f"/sales/{sale.handle}", "/sales", "/"):
        await page.goto(path)

        assert await violations(page) == []


async def test_a_hold_is_accessible(shop, page, violations):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()
    await expect(page).to_have_url(re.compile("/holds/"))

    assert await violations(page) == []


async def test_a_unit_can_be_held_with_the_keyboard_alone(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.goto(f"/sales/{sale.handle}")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Hold one for me")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("link", name="Straight to the checkout")).to_be_visible()
