"""Pictures of every kind of page, phone and desktop, light and dark, from a shop that is open.

    python tests/browser/screenshots.py http://127.0.0.1:8000 out/screenshots [one-time link of the control room]

The sales that `/sales` lists are shown as they stand; where one is open, a unit is bought of it.
"""

import sys
from itertools import product
from pathlib import Path
from shutil import which
from uuid import uuid4

from playwright.sync_api import Browser, Error, Page, sync_playwright

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
SCHEMES = ("light", "dark")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAGES = {
    "home": "/",
    "collections": "/collections",
    "search": "/search?q=chair",
    "nothing-found": "/search?q=zzzyzzx",
    "sales": "/sales",
    "not-found": "/nowhere",
    "api": "/api/v1/",
}
ROOM = (
    "",
    "sales",
    "sales/new",
    "products",
    "orders",
    "payments",
    "outbox",
    "guard",
    "guard/limits/hold",
    "journal",
    "operators",
)
ADDRESS = {
    "Full name": "Ada Lovelace",
    "Street and number": "12 St James's Square",
    "Town or city": "London",
    "Postcode": "SW1Y 4JH",
}


def main(shop: str, folder: Path, room_link: str = "") -> None:
    """Take every picture; a step that fails says so and the rest goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=QUIET)
        for size, scheme in product(SIZES, SCHEMES):
            take_all(browser, shop, folder, size, scheme)
        if room_link:
            take_room(browser, room_link, folder)


def take_all(browser: Browser, shop: str, folder: Path, size: str, scheme: str) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, base_url=shop)
    page = context.new_page()
    page.set_default_timeout(8_000)

    def take(name: str, path: str = "") -> None:
        if path:
            page.goto(path, wait_until="networkidle")
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")

    for name, path in PAGES.items():
        take(name, path)
    take("product", hrefs(page, "/", "/products/")[0])
    take("collection", hrefs(page, "/collections", "/collections/")[0])
    sales = hrefs(page, "/sales", "/sales/")
    for path in sales:
        page.goto(path)
        stage = page.locator("[data-now]").get_attribute("data-now")
        take(f"sale-{stage}")
    for path in sales:
        try:
            buy(page, path, take)
            break
        except Error as failure:
            print(f"{path} could not be bought: {failure.message.splitlines()[0]}")
    context.close()


def buy(page: Page, path: str, take) -> None:
    page.goto(path)
    page.get_by_role("button", name="Hold one for me").click()
    page.wait_for_url("**/holds/**")
    take("held")
    page.get_by_role("link", name="Straight to the checkout").click()
    take("checkout")
    page.get_by_label("E-mail").fill(f"ada-{uuid4().hex[:8]}@example.com")
    for label, text in ADDRESS.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Order and pay").click()
    take("payment")
    page.get_by_role("button", name="Pay").first.click()
    page.get_by_role("heading", name="Bought and paid").wait_for()
    take("order")


def take_room(browser: Browser, link: str, folder: Path) -> None:
    page = browser.new_context(viewport=SIZES["desktop"]).new_page()
    page.goto(link)
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button").last.click()
    page.wait_for_load_state()
    origin = "/".join(link.split("/")[:3])
    for size, scheme in product(SIZES, SCHEMES):
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=scheme)
        for name in ROOM:
            page.goto(f"{origin}/{name}")
            page.screenshot(path=folder / f"room-{name.replace('/', '-') or 'overview'}-{size}-{scheme}.png")


def hrefs(page: Page, path: str, start: str) -> list[str]:
    page.goto(path)
    found = page.locator(f"main a[href^='{start}']").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
