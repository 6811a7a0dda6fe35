"""The two ways to buy: the JSON API as the pages' scripts use it, and plain forms as a browser without JavaScript does.

Promises: both know only what a shopper can know: the sale's page, the answers, the forms they were shown.
Never: decides what to do next; that is the shopper.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Protocol
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import msgspec

from doorbuster.drill.browser import Browser
from doorbuster.drill.client import Reply
from doorbuster.drill.plan import SaleFacts

ADDRESS = {"name": "Robin Drill", "line1": "1 Rehearsal Row", "city": "Leeds", "postcode": "LS1 4AP", "country": "GB"}
ORDER_URL = re.compile(r"/orders/([0-9a-f-]{36})")
HOLD_URL = re.compile(r"/holds/([0-9a-f-]{36})")


@dataclass(slots=True)
class Purchase:
    """An order on its way to being paid; a form shopper learns its id and secret when the payment page is done."""

    hold_id: str
    key: str
    payment_url: str
    order_id: str = ""
    secret: str = ""
    number: int = 0
    total: int = 0

    def learn_from(self, url: str) -> None:
        """Take the order's id and secret out of its secret link."""
        if found := ORDER_URL.search(url):
            self.order_id = found[1]
            self.secret = parse_qs(urlsplit(url).query).get("secret", [self.secret])[0]


class Way(Protocol):
    """How one shopper claims and orders."""

    async def claim(self, planned: float, key: str) -> Reply:
        """Ask for one unit."""
        ...

    def held(self, reply: Reply) -> str:
        """Return the id of the hold that a claim's answer acknowledges, or an empty text."""
        ...

    async def order(self, planned: float, hold_id: str, key: str) -> Reply:
        """Turn a hold into an order."""
        ...

    def ordered(self, reply: Reply, hold_id: str, key: str) -> Purchase | None:
        """Return the order that an answer acknowledges."""
        ...


class ApiWay:
    """`POST /api/v1/sales/{id}/holds`, then `POST /api/v1/orders`."""

    def __init__(self, browser: Browser, shop: str, sale: SaleFacts, email: str) -> None:
        """Prepare the bodies, which are the same for every try."""
        self._browser, self._shop, self._email = browser, shop, email
        self._claim_url = f"{shop}/api/v1/sales/{sale.id}/holds"
        self._claim_body = msgspec.json.encode({"sku": sale.sku, "quantity": 1})

    async def claim(self, planned: float, key: str) -> Reply:
        """Ask for one unit."""
        return await self._browser.ask(
            "hold", "POST", self._claim_url, planned=planned, body=self._claim_body, type="application/json", key=key
        )

    async def claim_and_hang_up(self, planned: float, key: str) -> None:
        """Ask for one unit and lose the connection before the answer."""
        await self._browser.ask_and_hang_up(
            "hold", "POST", self._claim_url, planned=planned, body=self._claim_body, type="application/json", key=key
        )

    def held(self, reply: Reply) -> str:
        """Return the hold's id from a 201 or a replayed 200."""
        return msgspec.json.decode(reply.body, type=_Held).id if reply.status in (200, 201) else ""

    async def order(self, planned: float, hold_id: str, key: str) -> Reply:
        """Turn the hold into an order."""
        payment = {"method": "hosted"}
        wish = {"hold_id": hold_id, "email": self._email, "shipping_address": ADDRESS, "payment": payment}
        return await self._browser.ask(
            "order", "POST", f"{self._shop}/api/v1/orders", planned=planned, body=msgspec.json.encode(wish),
            type="application/json", key=key,
        )  # fmt: skip

    def ordered(self, reply: Reply, hold_id: str, key: str) -> Purchase | None:
        """Return the order from a 201 or a replayed 200."""
        if reply.status not in (200, 201):
            return None
        order = msgspec.json.decode(reply.body, type=_Ordered)
        url = order.payment.redirect_url or ""
        return Purchase(hold_id, key, url, order.id, order.secret, order.number, order.total.amount)


class FormWay:
    """The sale page's form, then the checkout's, filled in by the names of their fields."""

    def __init__(self, browser: Browser, shop: str, sale: SaleFacts, email: str) -> None:
        """Know the sale page's form by heart, as everybody gets the same bytes."""
        self._browser, self._shop = browser, shop
        self._claim_url = f"{shop}/sales/{sale.handle}/holds"
        self._claim_body = urlencode({"sku": sale.sku, "quantity": 1})
        self._fields = {**ADDRESS, "email": email}

    async def claim(self, planned: float, key: str) -> Reply:
        """Press the sale page's button; without JavaScript the key is the shop's business."""
        del key
        return await self._post("hold", self._claim_url, self._claim_body, planned)

    def held(self, reply: Reply) -> str:
        """Return the hold's id from the redirect to its page."""
        found = HOLD_URL.search(reply.header(b"location")) if reply.status == 303 else None
        return found[1] if found else ""

    async def order(self, planned: float, hold_id: str, key: str) -> Reply:
        """Open the checkout, fill in what it asks for, send it."""
        del key
        address = f"{self._shop}/checkout?hold={hold_id}"
        page = await self._browser.ask("checkout", "GET", address, planned=planned, accept="text/html")
        form = next((form for form in forms_of(page.body.decode()) if form.action.endswith("/orders")), None)
        if form is None:
            return page
        fields = {name: self._answer_to(name, value) for name, value in form.fields.items()}
        return await self._post("order", urljoin(address, form.action), urlencode(fields), self._browser.now())

    def ordered(self, reply: Reply, hold_id: str, key: str) -> Purchase | None:
        """Return the order whose payment page the shop sent us to."""
        if reply.status != 303:
            return None
        purchase = Purchase(hold_id, key, reply.header(b"location"))
        purchase.learn_from(purchase.payment_url)
        if purchase.order_id:
            # On to the order's own page, which says that paying is not possible just now and has a button for later.
            purchase.payment_url = ""
        return purchase

    def _answer_to(self, name: str, given: str) -> str:
        return given or next((value for field, value in self._fields.items() if name.endswith(field)), "")

    async def _post(self, step: str, url: str, body: str, planned: float) -> Reply:
        kind = "application/x-www-form-urlencoded"
        return await self._browser.ask(step, "POST", url, planned=planned, body=body, type=kind, accept="text/html")


def payment_page(reply: Reply) -> str:
    """Return where an order is paid, of its new attempt's document; empty while the provider gives no page."""
    return msgspec.json.decode(reply.body, type=_Ordered).payment.redirect_url or ""


def is_paid(reply: Reply, purchase: Purchase) -> bool:
    """Read an order's document: note its number and total, and say whether it is paid."""
    order = msgspec.json.decode(reply.body, type=_Ordered)
    purchase.number, purchase.total = order.number, order.total.amount
    return order.state == "paid"


class _Held(msgspec.Struct):
    id: str


class _Payment(msgspec.Struct):
    redirect_url: str | None = None


class _Money(msgspec.Struct):
    amount: int = 0


class _Ordered(msgspec.Struct):
    id: str = ""
    number: int = 0
    state: str = ""
    total: _Money = msgspec.field(default_factory=_Money)
    secret: str = ""
    payment: _Payment = msgspec.field(default_factory=_Payment)


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes and what its fields hold before anybody types."""

    action: str
    fields: dict[str, str]


def forms_of(page: str) -> list[Form]:
    """Return the forms of an HTML page with the fields a browser would send."""
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), {}))
        elif self.forms and tag in ("input", "textarea") and given.get("name"):
            if given.get("type") not in ("radio", "checkbox") or any(name == "checked" for name, _ in attrs):
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif self.forms and tag == "select":
            self._select = given.get("name", "")
        elif self.forms and tag == "option" and self._select and any(name == "selected" for name, _ in attrs):
            self.forms[-1].fields[self._select] = given.get("value", "")
