"""The sale's part of the JSON API: what the hot door (`door.py`) answers, written down for programs."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from doorbuster.money import Money
from doorbuster.sale import answers
from doorbuster.sale.answers import Hold
from doorbuster.sale.holds import QUANTITY_MAX
from doorbuster.sale.sales import Sale
from doorbuster.web import api, inputs, problems
from doorbuster.web.api import Amount, Endpoint
from doorbuster.web.pages import iso
from doorbuster.web.problems import ProblemType, declare


class HoldWish(inputs.Body, frozen=True, kw_only=True):
    """What to hold: so many units of an item of the sale; `price`, if given, must still be the price."""

    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] = 1
    price: Amount | None = None


class HoldAnswer(api.Answer, frozen=True, kw_only=True):
    """A hold: the units are yours until `expires_at`."""

    id: UUID
    sku: str
    quantity: int
    unit_price: Amount
    state: str
    expires_at: str


class ItemStatus(api.Answer, frozen=True, kw_only=True):
    """How one item stands."""

    sku: str
    units: int
    left: int
    held: int


class SaleStatus(api.Answer, frozen=True, kw_only=True):
    """How a sale stands, the same for everybody; `now` is the shop's clock."""

    now: str
    id: UUID
    state: str
    opens_at: str
    closes_at: str
    items: list[ItemStatus]


PROBLEMS: dict[str, ProblemType] = {
    "KeyReused": problems.KEY_REUSED,
    "NotInSale": declare("not-in-sale", 404, "The sale has no such item", "Choose one of the items of the sale."),
    "NotAdmitted": declare(
        "not-admitted", 503, "Too many are waiting for a turn",
        "Nothing was done. Try again after the time in Retry-After, with the same key.",
    ),
    "NotOpenYet": declare("not-open-yet", 409, "The sale is not open yet", "It opens at `opens_at`, for everybody."),
    "Paused": declare("paused", 409, "The sale is paused", "What is held stays held. Try again a little later."),
    "SaleOver": declare("sale-over", 409, "The sale is over", "It has ended; nothing more can be held."),
    "AlreadyYours": declare(
        "already-yours", 409, "You hold this already",
        "Another request of yours holds units of this item; `hold_id` names the hold. Pay it or give it back first.",
    ),
    "LimitReached": declare(
        "limit-reached", 409, "That is more than one customer may have",
        "`limit` is the most that one customer may have of this sale, `have` is what you have.",
    ),
    "PriceChanged": declare(
        "price-changed", 409, "The price has changed", "`price` is the price now. Nothing was done.",
    ),
    "SoldOut": declare("sold-out", 409, "Sold out", "Every unit is sold, or only `left` are left."),
    "AllHeld": declare(
        "all-held", 409, "Every unit is held",
        "Nothing is left, but units that others hold may still come back when they do not pay in time.",
    ),
    "NetworkFull": declare(
        "network-full", 429, "Much is held unpaid from your network",
        "Nothing was done. Units are left, but one network may hold only a part of them unpaid. Try again after the "
        "time in Retry-After, with the same key.",
    ),
}  # fmt: skip

NOT_OUR_PAGE = declare(
    "cross-site", 403, "This request comes from another site", "Only the shop's own pages and programs may do this."
)

ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/api/v1/sales/{id:uuid}/status",
        name="get_sale_status",
        summary="How a sale stands; public, and the same for everybody",
        tag="sales",
        answers={200: SaleStatus},
        handler=None,
        problems=(problems.NOT_FOUND,),
    ),
    Endpoint(
        method="POST",
        path="/api/v1/sales/{id:uuid}/holds",
        name="create_hold",
        summary="Hold units of an item of a sale",
        tag="sales",
        answers={201: HoldAnswer, 200: HoldAnswer},
        handler=None,
        body=HoldWish,
        keyed=True,
        problems=(problems.NOT_FOUND, NOT_OUR_PAGE, *PROBLEMS.values()),
    ),
]


@lru_cache(maxsize=256)
def _moment(moment: datetime) -> str:
    """Write a moment; the holds of a batch expire at the same one."""
    return iso(moment)


def hold_document(hold: Hold, sku: str) -> bytes:
    """Return the JSON of a hold."""
    price = Amount(hold.unit_price, hold.currency)
    return msgspec.json.encode(
        HoldAnswer(
            id=hold.id,
            sku=sku,
            quantity=hold.quantity,
            unit_price=price,
            state=hold.state,
            expires_at=_moment(hold.expires_at),
        )
    )


def status_document(sale: Sale) -> bytes:
    """Return the JSON of a sale's status without its `now`, which the door puts first at the time of the answer."""
    items = [ItemStatus(sku=item.sku, units=item.units, left=item.left, held=item.held) for item in sale.items]
    facts = {
        "id": sale.id,
        "state": sale.state,
        "opens_at": iso(sale.opens_at),
        "closes_at": iso(sale.closes_at),
        "items": items,
    }
    return msgspec.json.encode(facts)[1:]


def told(answer: answers.Answer) -> tuple[str, dict[str, Any]]:
    """Return the sentence and the facts of a refusal."""
    match answer:
        case answers.NotOpenYet(opens_at):
            return f"The sale opens at {iso(opens_at)}.", {"opens_at": iso(opens_at)}
        case answers.AlreadyYours(hold):
            return "You hold this item already.", {"hold_id": hold.id, "expires_at": iso(hold.expires_at)}
        case answers.LimitReached(limit, have):
            return f"One customer may have {limit} of this sale; you have {have}.", {"limit": limit, "have": have}
        case answers.PriceChanged(price, currency):
            now = Money(price, currency)
            return f"The price is {now} now.", {"price": {"amount": price, "currency": currency}}
        case answers.SoldOut(0):
            return "Every unit is sold.", {"left": 0}
        case answers.AllHeld(0):
            return "Every unit is held by somebody just now; some may come back.", {"left": 0}
        case answers.SoldOut(left) | answers.AllHeld(left):
            return f"Only {left} left, fewer than you asked for.", {"left": left}
        case answers.NetworkFull():
            return "Units are left, but as much as one network may hold unpaid is held from yours just now.", {}
        case _:
            return PROBLEMS[answer.name].meaning, {}
