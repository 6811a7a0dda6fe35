"""The sale page in a browser: light, alive, and honest about every unit."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser
CARRIER = {"X-Forwarded-For": "81.2.69.7"}


async def test_a_sale_page_is_three_requests_and_fifty_kilobytes(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=600)
    sizes = {}

    async def weigh(response):
        sizes[response.url] = (await response.request.sizes())["responseBodySize"]

    page.on("response", weigh)

    await page.goto(f"/sales/{sale.handle}", wait_until="load")

    assert len(sizes) <= 3
    assert sum(sizes.values()) <= 50_000


async def test_the_opening_second_arrives_without_a_reload(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=4)
    await page.goto(f"/sales/{sale.handle}")
    button = page.get_by_role("button")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_role("timer").first).to_be_visible()

    await expect(button).to_have_attribute("aria-disabled", "false", timeout=15_000)

    await expect(button).to_have_text("Hold one for me")
    await expect(page.get_by_role("status")).to_have_text("It is open. Go!")


async def test_whose_network_holds_its_share_is_told_so_while_the_page_goes_on_asking(
    shop, page, open_page, complaints
):
    sale = await shop.plans_sale(opens_in_seconds=-5, units=20)
    other = await open_page(extra_http_headers=CARRIER)
    await other.goto(f"/sales/{sale.handle}")
    await other.get_by_role("button", name="Hold one for me").click()
    await expect(other).to_have_url(re.compile("/holds/"))

    await page.set_extra_http_headers(CARRIER)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button", name="Hold one for me").click()

    await expect(page.get_by_role("status")).to_contain_text(
        "as much as one network may hold unpaid is held from yours"
    )
    await expect(page.get_by_role("status")).to_contain_text("Still asking for you.")
    complaints[:] = [words for words in complaints if "429" not in words]


async def test_one_click_holds_a_unit_and_leads_to_the_checkout(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.goto(f"/sales/{sale.handle}")

    await page.get_by_role("button").click()

    await expect(page).to_have_url(re.compile(r"/holds/[0-9a-f-]{36}$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is yours for")
    checkout = await page.get_by_role("link", name="Straight to the checkout").get_attribute("href")
    assert checkout == f"/checkout?hold={urlsplit(page.url).path.removeprefix('/holds/')}"


async def test_clicking_many_times_is_one_wish(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1, limit=3)
    await page.goto(f"/sales/{sale.handle}")
    keys = set()
    page.on("request", lambda request: request.method == "POST" and keys.add(request.headers["idempotency-key"]))

    await page.evaluate("for (let i = 0; i < 5; i++) document.querySelector('form button').click()")

    await expect(page).to_have_url(re.compile("/holds/"))
    assert len(keys) == 1
    assert await _held(shop, sale) == 1


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(shop, page, complaints):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    keys = []

    async def lose_the_first_answer(route):
        keys.append(route.request.headers["idempotency-key"])
        response = await route.fetch()
        await (route.abort() if len(keys) == 1 else route.fulfill(response=response))

    await page.route("**/api/v1/sales/*/holds", lose_the_first_answer)
    await page.goto(f"/sales/{sale.handle}")
    await page.get_by_role("button").click()

    await expect(page).to_have_url(re.compile("/holds/"), timeout=15_000)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert complaints.pop() == "Failed to load resource: net::ERR_FAILED"
    assert await _held(shop, sale) == 1


async def test_who_comes_when_all_are_held_is_told_so_and_may_try_again(shop, page, open_page):
    sale = await shop.plans_sale(opens_in_seconds=-1, units=1)
    other = await open_page()
    await other.goto(f"/sales/{sale.handle}")
    await page.goto(f"/sales/{sale.handle}")
    await other.get_by_role("button").click()
    await expect(other).to_have_url(re.compile("/holds/"))

    await expect(page.get_by_text("Every unit is in somebody’s hands right now.")).to_be_visible(timeout=20_000)

    await expect(page.get_by_role("button")).to_have_attribute("aria-disabled", "false")


async def test_who_asks_for_more_than_is_left_is_told_how_many_there_are(shop, page, complaints):
    sale = await shop.plans_sale(opens_in_seconds=-1, units=1, limit=3)
    await page.goto(f"/sales/{sale.handle}")

    await page.get_by_label("How many?").select_option("3")
    await page.get_by_role("button").click()

    await expect(page.get_by_role("status")).to_have_text("Only 1 left, fewer than you asked for.")
    await expect(page.get_by_role("button")).to_have_attribute("aria-disabled", "false")
    assert "409" in complaints.pop()


async def test_a_hidden_page_asks_for_nothing(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)
    await page.add_init_script("Object.defineProperty(document, 'hidden', { value: true })")
    asked = []
    page.on("request", lambda request: "/status" in request.url and asked.append(request.url))

    await page.goto(f"/sales/{sale.handle}")
    await page.wait_for_timeout(4_000)

    assert asked == []


async def test_nothing_moves_when_the_sale_opens(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=4)
    await page.goto(f"/sales/{sale.handle}")
    before = await page.get_by_role("button").bounding_box()

    await expect(page.get_by_role("button")).to_have_attribute("aria-disabled", "false", timeout=15_000)

    assert await page.get_by_role("button").bounding_box() == before


async def test_the_button_is_above_a_phones_fold(shop, page):
    sale = await shop.plans_sale(opens_in_seconds=-1)

    await page.goto(f"/sales/{sale.handle}")

    box = await page.get_by_role("button").bounding_box()
    assert box["y"] + box["height"] <= page.viewport_size["height"]


async def _held(shop, sale):
    from doorbuster.sale.sales import sale_by_id

    return (await sale_by_id(shop.database, sale.id)).held
