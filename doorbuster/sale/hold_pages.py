"""Holds as pages: the plain form that claims one, the page that shows it to its owner, and giving it back."""

from typing import Protocol, cast
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.sale import answers
from doorbuster.sale.answers import Answer
from doorbuster.sale.holds import QUANTITY_MAX, Caller, Claims, hold_of, release
from doorbuster.sale.memory import SaleMemory
from doorbuster.sale.sales import Sale
from doorbuster.settings import Settings
from doorbuster.web.networks import Networks
from doorbuster.web.pages import show
from doorbuster.web.passes import give_pass
from doorbuster.web.sessions import shopper_of, shopper_or_new

STATUS = {"NotAdmitted": 503, "NotInSale": 404, "KeyReused": 422, "NetworkFull": 429}
ATTEMPTS_MAX = 20


class SaleHouse(Protocol):
    """What these pages need of their house; `till` are the connections kept for those who buy."""

    @property
    def clock(self) -> Clock:
        """Return the time."""
        ...

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        ...

    @property
    def memory(self) -> SaleMemory:
        """Return what the worker knows of the live sales."""
        ...

    @property
    def claims(self) -> Claims:
        """Return what answers claims in batches."""
        ...

    @property
    def networks(self) -> Networks:
        """Return what tells the networks of shoppers apart."""
        ...

    @property
    def till(self) -> Database:
        """Return the connections kept for those who buy."""
        ...


def sale_house_of(request: Request) -> SaleHouse:
    """Return the house that this request came into."""
    return cast(SaleHouse, request.state.house)


async def hold_create(request: Request) -> Response:
    """Claim by the plain form: on to the hold, or to a page that says why not."""
    house = sale_house_of(request)
    sale = await house.memory.find_by_handle(request.path_params["handle"])
    if sale is None or not sale.items:
        raise HTTPException(404, "There is no sale of that name.")
    form = await request.form()
    sku = str(form.get("sku", "")) or sale.items[0].sku
    typed = str(form.get("quantity", "1")).strip()
    quantity = int(typed) if typed.isdecimal() and len(typed) <= 4 else 0
    if not 1 <= quantity <= QUANTITY_MAX:
        raise HTTPException(422, f"The quantity must be a whole number from 1 to {QUANTITY_MAX}.")
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    answer = await _claim(request, sale, sku, quantity, shopper.key)
    response = _answer(request, sale, answer)
    if isinstance(answer, answers.Held | answers.Replayed | answers.AlreadyYours):
        give_pass(response, shopper.key, house)
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    return response


async def hold_show(request: Request) -> Response:
    """Show a hold to its owner; to everybody else there is none."""
    house = sale_house_of(request)
    shopper = shopper_of(request.headers, house.settings.secret, house.settings.secure_cookies)
    hold = await hold_of(house.till, request.path_params["id"], shopper.key) if shopper else None
    if hold is None:
        raise HTTPException(404, "There is no such hold, or it is not yours.")
    return show(request, "sale/hold.html", hold=hold)


async def hold_release(request: Request) -> Response:
    """Give a hold back; its page says what became of it."""
    house = sale_house_of(request)
    hold_id: UUID = request.path_params["id"]
    shopper = shopper_of(request.headers, house.settings.secret, house.settings.secure_cookies)
    if shopper is not None:
        await release(house.till, hold_id, shopper.key)
    return RedirectResponse(f"/holds/{hold_id}", 303)


async def _claim(request: Request, sale: Sale, sku: str, quantity: int, customer_key: str) -> Answer:
    """Claim under a key made of the shopper and the sale, so that a second click without script is the same wish.

    A wish that has come to its end (given back, expired, paid) lets the next click be a new one.
    """
    house, network = sale_house_of(request), sale_house_of(request).networks.of(request.scope)
    answer: Answer = answers.KeyReused()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        caller = Caller(customer_key, f"form:{sku}:{quantity}:{attempt}", network=network)
        answer = await house.claims.claim_item(sale, sku, quantity, caller)
        if not isinstance(answer, answers.Replayed) or answer.hold.state in ("held", "paying"):
            break
    return answer


def _answer(request: Request, sale: Sale, answer: Answer) -> Response:
    match answer:
        case answers.Held(hold) | answers.Replayed(hold) | answers.AlreadyYours(hold):
            return RedirectResponse(f"/holds/{hold.id}", 303)
        case _:
            response = show(
                request, "sale/answer.html", STATUS.get(answer.name, 409), answer=answer, sale=sale, now=sale.now
            )
            if isinstance(answer, answers.NotAdmitted | answers.NetworkFull):
                response.headers["retry-after"] = str(answer.retry_after_seconds)
            return response
