"""A shopper with an ordinary browser: keeps cookies, fills in forms, has no JavaScript."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import aiohttp

ADDRESS = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postcode": "SW1Y 4LB"}


@dataclass
class Page:
    """What the browser shows."""

    status: int
    url: str
    html: str

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.html, re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""

    @property
    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def value(self, name: str) -> str:
        """Return what a field of the page's forms has in it."""
        tag = next(tag for tag in re.findall(r"<input[^>]*>", self.html) if f'name="{name}"' in tag)
        found = re.search(r'value="([^"]*)"', tag)
        return unescape(found[1]) if found else ""


@dataclass
class Visitor:
    """One person at one browser; `email` is what they type."""

    shop_url: str
    email: str
    browser: aiohttp.ClientSession = field(init=False)

    async def __aenter__(self) -> "Visitor":
        self.browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.browser.close()

    async def goes_to(self, path: str) -> Page:
        async with self.browser.get(urljoin(self.shop_url, path)) as reply:
            return Page(reply.status, str(reply.url), await reply.text())

    async def sends(self, path: str, fields: Mapping[str, str], *, follow: bool = True) -> Page:
        """Send a form; without `follow`, `url` is where the answer points to."""
        url = urljoin(self.shop_url, path)
        headers = {"Sec-Fetch-Site": "same-origin"}
        async with self.browser.post(url, data=fields, headers=headers, allow_redirects=follow) as reply:
            shown = str(reply.url) if follow else urljoin(url, reply.headers.get("location", ""))
            return Page(reply.status, shown, await reply.text())

    async def holds(self, sale: str) -> Page:
        """Hold a lamp of the sale, and return the page on which it is ordered."""
        hold = await self.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        return await self.goes_to("/checkout?hold=" + hold.url.rpartition("/")[2])

    async def orders(self, checkout: Page, **changes: str) -> Page:
        """Fill in the checkout and press the button; return where one is sent to pay."""
        about = "hold" if 'name="hold"' in checkout.html else "cart"
        typed = {**ADDRESS, "email": self.email, "country": "GB", "line2": "", about: checkout.value(about)}
        return await self.sends("/orders", {**typed, **changes}, follow=False)

    async def pays(self, payment_page: str, outcome: str) -> Page:
        """Press a button on the payment page, and come back to the shop."""
        async with self.browser.post(payment_page, data={"outcome": outcome}) as reply:
            return Page(reply.status, str(reply.url), await reply.text())
