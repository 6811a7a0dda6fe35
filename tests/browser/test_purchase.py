"""From the click to the paid order, as people with different browsers and hands do it."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

ADDRESS = {
    "E-mail": "ada@example.com",
    "Full name": "Ada Lovelace",
    "Street and number": "12 St James's Square",
    "Town or city": "London",
    "Postcode": "SW1Y 4JH",
}


async def fill_in(page):
    for label, text in ADDRESS.items():
        await page.get_by_label(label).fill(text)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_unit_is_held_ordered_and_paid(shop, open_page, scripts):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    page = await open_page(java_script_enabled=scripts)

    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()
    await page.get_by_role("link", name="Straight to the checkout").click()
    await fill_in(page)
    await page.get_by_role("button", name="Order and pay").click()
    await page.get_by_role("button", name="Pay £").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Bought and paid. Thank you!")
    await expect(page.get_by_text("1 × The lamp")).to_be_visible()


async def test_a_unit_is_bought_with_the_keyboard_alone(shop, open_page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    page = await open_page()

    async def reach(target):
        for _ in range(40):
            if await target.count() and await target.evaluate("element => element === document.activeElement"):
                return
            await page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")

    await page.goto(f"/sales/{sale.handle}")
    await reach(page.get_by_role("button", name="Hold one for me"))
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/holds/"))
    await reach(page.get_by_role("link", name="Straight to the checkout"))
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/checkout"))
    for label, text in ADDRESS.items():
        await reach(page.get_by_label(label))
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await reach(page.get_by_role("button", name="Pay £"))
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text("Bought and paid. Thank you!")


async def test_what_was_typed_is_still_there_after_a_mistake(shop, open_page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    page = await open_page()
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()
    await page.get_by_role("link", name="Straight to the checkout").click()
    await fill_in(page)
    await page.get_by_label("E-mail").fill("ada at example")

    await page.get_by_role("button", name="Order and pay").click()

    await expect(page.get_by_role("alert")).to_contain_text("One thing needs mending.")
    await expect(page.get_by_label("E-mail")).to_have_value("ada at example")
    await expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")


async def test_a_jacket_goes_into_the_cart_and_is_ordered(shop, open_page):
    page = await open_page()
    await page.goto("/products/jacket")
    await page.get_by_role("radio", name=re.compile("^L")).check()
    await page.get_by_role("button", name="Add to cart").click()

    await page.get_by_role("link", name="To the checkout").click()
    await fill_in(page)
    await page.get_by_role("button", name="Order and pay").click()
    await page.get_by_role("button", name="Pay £").click()

    await expect(page.get_by_text("1 × The jacket")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_step_is_accessible(shop, open_page, violations, scheme):
    page = await open_page(color_scheme=scheme, bypass_csp=True)
    found = {}
    await page.goto("/products/jacket")
    await page.get_by_role("button", name="Add to cart").click()
    found["cart"] = await violations(page)
    await page.get_by_role("link", name="To the checkout").click()
    found["checkout"] = await violations(page)
    await page.get_by_role("button", name="Order and pay").click()
    found["mistakes"] = await violations(page)
    await fill_in(page)
    await page.get_by_role("button", name="Order and pay").click()
    found["payment"] = await violations(page)
    await page.get_by_role("button", name="Decline").click()
    found["declined"] = await violations(page)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("button", name="Pay £").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bought and paid. Thank you!")
    found["order"] = await violations(page)

    assert found == {step: [] for step in found}
