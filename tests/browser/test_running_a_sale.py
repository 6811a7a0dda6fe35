"""The control room as a merchant meets it, in a real browser before a real shop of its own."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from doorbuster.database import Database
from doorbuster.sale.sales import list_sales
from tests.browser.conftest import PHONE
from tests.cast import RunningShop, eventually
from tests.rooms.sale.market import Counter, product

pytestmark = pytest.mark.browser

PASSWORD = "quiet unusual battery"


@pytest.fixture
def up(tmp_path: Path, database_url: str) -> Iterator[RunningShop]:
    """A shop opened by `doorbuster up` on the test's own database."""
    shop = RunningShop.open(tmp_path / "home", DATABASE_URL=database_url)
    yield shop
    shop.close()


@pytest.fixture
async def page(browser: Browser, up: RunningShop) -> AsyncIterator[Page]:
    """A phone whose owner has just used the link that `up` printed."""
    context = await browser.new_context(viewport=PHONE, base_url=up.control_url)
    opened = await context.new_page()
    eventually(lambda: up.has_said("/links/"), "the link is printed")
    link = re.search(r"https?://\S+/links/\S+", up.words)
    assert link is not None
    await opened.goto(link[0])
    await opened.get_by_label("Name").fill("ada")
    await opened.get_by_label("Password").fill(PASSWORD)
    await opened.get_by_role("button", name="Save and come in").click()
    await expect(opened.get_by_text("Customers are")).to_be_visible()
    yield opened
    await context.close()


async def test_a_merchant_schedules_a_sale_watches_it_sell_and_stops_it(page: Page, database: Database):
    await product(database, units=50)
    await page.goto("/products")
    await page.get_by_role("link", name="Put on sale").click()
    await page.get_by_label("Units", exact=True).fill("10")
    await page.get_by_label("Price in GBP").fill("9.99")
    await page.get_by_label("Title", exact=True).fill("Lamps at noon")
    await page.get_by_label("Opens (UTC)").fill("2026-01-01T12:00")
    await page.get_by_label("Closes (UTC)").fill("2036-01-01T12:00")
    await page.get_by_role("button", name="Look it over").click()
    await page.get_by_role("button", name="Schedule the sale").click()
    await expect(page.get_by_role("heading", name="Lamps at noon")).to_be_visible()

    (sale,) = await list_sales(database)
    await page.evaluate("window.stays = true")
    await Counter(database, sale).ask("bob")
    await expect(page.get_by_text("1 held", exact=False).first).to_be_visible()
    assert await page.evaluate("window.stays"), "the page was reloaded instead of changed in place"

    await page.get_by_role("link", name="Pause…").click()
    await page.get_by_label("Why?").fill("wrong price")
    await page.get_by_role("button", name="Pause the sale").click()
    await expect(page.get_by_text("paused").first).to_be_visible()
    await page.goto("/journal")
    await expect(page.get_by_text("“wrong price”")).to_be_visible()


async def test_the_pages_fit_a_phone(page: Page, database: Database):
    await product(database, units=50)
    for path in (
        "/",
        "/sales",
        "/sales/new?sku=LAMP",
        "/orders",
        "/outbox",
        "/guard",
        "/products",
        "/journal",
        "/operators",
    ):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


async def test_the_overview_works_without_scripts(browser: Browser, up: RunningShop, page: Page):
    context = await browser.new_context(base_url=up.control_url, java_script_enabled=False)
    plain = await context.new_page()
    await plain.goto("/log-in")
    await plain.get_by_label("Name").fill("ada")
    await plain.get_by_label("Password").fill(PASSWORD)
    await plain.get_by_role("button", name="Log in").click()
    await plain.get_by_role("link", name="refresh").click()
    await expect(plain.get_by_text("Customers are")).to_be_visible()
    await context.close()
