"""The control room is accessible, too: every page an operator can open, light and dark."""

import re

import pytest
from playwright.async_api import expect

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
    "/alerts",
    "/database",
    "/audit",
    "/on-call",
    "/on-call/rotations/database",
    "/on-call/policies/missing_index",
    "/on-call/stand-ins",
    "/journal",
    "/operators",
    "/nowhere",
]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
}
SPOIL = (
    "document.querySelector('#verdict').dataset.mark = 'as it was'; document.querySelector('h1').dataset.mark = 'mine'"
)


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


async def test_a_manager_looks_on_from_a_phone_and_the_page_keeps_itself_up_to_date(shop, open_page, violations):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    owner = await open_page(base_url=shop.control_url)
    await owner.goto(re.search(r"http\S+", shop.runs("operator", "link", "--role", "owner"))[0])
    await owner.get_by_label("Name", exact=True).fill("olga")
    await owner.get_by_label("Password").fill("correct horse battery staple")
    await owner.get_by_role("button").last.click()
    await owner.wait_for_url(f"{shop.control_url}/")
    await owner.goto("/operators")
    await owner.get_by_label("Whom it is for").fill("The board")
    await owner.get_by_role("button", name="Make a link").click()
    link = await owner.locator(".secret").inner_text()

    phone = await open_page(bypass_csp=True, base_url=shop.control_url)
    found = {}
    for path in (link, "/sales", f"/sales/{sale.id}", "/"):
        await phone.goto(path)
        found[path] = await violations(phone)
        wide = await phone.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    assert found == {path: [] for path in found}

    await phone.evaluate(SPOIL)
    await expect(phone.locator("#verdict")).not_to_have_attribute("data-mark", "as it was", timeout=20_000)
    await expect(phone.locator("h1")).to_have_attribute("data-mark", "mine")
