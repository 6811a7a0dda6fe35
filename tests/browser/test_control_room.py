"""The control room is accessible, too: every page an operator can open, light and dark."""

import re

import pytest

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/sales",
    "/sales/new",
    "/products",
    "/orders",
    "/outbox",
    "/guard",
    "/guard/limits/hold",
    "/journal",
    "/operators",
    "/nowhere",
]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}


@pytest.mark.parametrize("look", LOOKS)
async def test_the_control_room_is_accessible(shop, open_page, violations, look):
    sale = await shop.plans_sale(opens_in_seconds=600)
    shop.runs("room", "open", sale.handle, "--reason", "a look")
    page = await open_page(bypass_csp=True, base_url=shop.control_url, **LOOKS[look])
    found = {}
    link = shop.runs("operator", "link", "--role", "owner")
    await page.goto(re.search(r"http\S+", link)[0])
    found["link"] = await violations(page)
    await page.get_by_label("Name", exact=True).fill(f"ada-{look}")
    await page.get_by_label("Password").fill("correct horse battery staple")
    await page.get_by_role("button").last.click()
    await page.wait_for_url(f"{shop.control_url}/")

    for path in (*PAGES, f"/sales/{sale.id}/room"):
        await page.goto(path)
        found[path] = await violations(page)
    assert found == {path: [] for path in found}
    # The commitment of a draw is one word of 64 characters.
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
