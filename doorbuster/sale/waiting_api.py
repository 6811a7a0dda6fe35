"""The waiting list for programs: take a place, look at it, leave it. Whoever has a place's secret owns it."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.sale.hold_api import NOT_OUR_PAGE
from doorbuster.sale.hold_api import PROBLEMS as HOLD_PROBLEMS
from doorbuster.sale.hold_pages import sale_house_of
from doorbuster.sale.holds import NETWORK_RETRY_AFTER_SECONDS, QUANTITY_MAX
from doorbuster.sale.waiting import Joined, NotJoined, Place, PlaceWish, join_line, leave_line, place_of
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Answer, Endpoint, answer
from doorbuster.web.inputs import Body, Query
from doorbuster.web.mailboxes import is_email
from doorbuster.web.pages import iso
from doorbuster.web.problems import ProblemType, Refused, declare, problem
from doorbuster.web.sessions import shopper_or_new


class WaitingBody(Body, frozen=True):
    """What to wait for; `email` gets a mail when it is your turn."""

    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] = 1
    email: Annotated[str, Meta(max_length=254)] | None = None


class SecretQuery(Query, frozen=True):
    """What proves that the place is yours."""

    secret: Annotated[str, Meta(min_length=1, max_length=100)]


class WaitingPlace(Answer, frozen=True):
    """A place in line; `state` is waiting, offered, taken, lapsed, left or closed, `ahead` counts to 1000."""

    id: UUID
    secret: str
    sku: str
    quantity: int
    state: str
    ahead: int
    hold_id: UUID | None
    offered_until: str | None


PROBLEMS: dict[str, ProblemType] = {
    **{
        name: HOLD_PROBLEMS[name]
        for name in ("NotInSale", "SaleOver", "NotOpenYet", "LimitReached", "SoldOut", "NetworkFull")
    },
    "AlreadyYours": HOLD_PROBLEMS["AlreadyYours"],
    "KeyReused": problems.KEY_REUSED,
    "InLine": declare("in-line", 409, "You are in line already", "`waiting_id` names your place; leave it first."),
    "StillLeft": declare("still-left", 409, "There are units left", "Nobody waits: hold one instead."),
    "LineFull": declare("line-full", 409, "The line is full", "More wait than there could ever be units."),
}


async def waiting_create(request: Request, *, body: WaitingBody, key: str) -> Response:
    """Take a place at the end of an item's line."""
    house = sale_house_of(request)
    sale = await house.memory.find_by_id(request.path_params["id"])
    if sale is None:
        raise Refused(problems.NOT_FOUND, "There is no sale with this id.")
    if body.email is not None and not is_email(body.email):
        raise Refused(problems.INVALID_BODY, "That is no e-mail address.", at="email")
    item = next((each for each in sale.items if each.sku == body.sku), None)
    if item is None:
        raise Refused(PROBLEMS["NotInSale"], "The sale does not have this item.")
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    wish = PlaceWish(
        sale_id=sale.id,
        variant_id=item.variant_id,
        quantity=body.quantity,
        customer_key=shopper.key,
        idempotency_key=key,
        email=body.email,
        network=house.networks.of(request.scope),
    )
    match await join_line(house.till, wish):
        case Joined(waiting_id, secret, replayed):
            headers = {"set-cookie": shopper.cookie} if shopper.cookie else {}
            place = await place_of(house.till, waiting_id, secret)
            assert place is not None
            return answer(_document(place), 200 if replayed else 201, headers)
        case NotJoined(why, place_had, hold_id, limit, has):
            facts: dict[str, Any] = {"limit": limit, "have": has} if why == "LimitReached" else {}
            facts |= {"hold_id": str(hold_id)} if hold_id else {}
            facts |= {"waiting_id": str(place_had.waiting_id), "secret": place_had.secret} if place_had else {}
            wait = NETWORK_RETRY_AFTER_SECONDS if why == "NetworkFull" else None
            return problem(PROBLEMS[why], PROBLEMS[why].meaning, retry_after_seconds=wait, **facts)


async def waiting_show(request: Request, *, query: SecretQuery) -> Response:
    """Show a place in line."""
    place = await place_of(sale_house_of(request).till, request.path_params["id"], query.secret)
    if place is None:
        raise Refused(problems.NOT_FOUND, "There is no such place in line, or the secret is wrong.")
    return answer(_document(place))


async def waiting_delete(request: Request, *, query: SecretQuery, key: str) -> Response:
    """Leave the line, or give back what was offered."""
    del key  # whoever has left has left: the same request again changes nothing
    house = sale_house_of(request)
    await leave_line(house.till, request.path_params["id"], query.secret)
    return await waiting_show(request, query=query)


def _document(place: Place) -> WaitingPlace:
    return WaitingPlace(
        id=place.id,
        secret=place.secret,
        sku=place.sku,
        quantity=place.quantity,
        state=place.state,
        ahead=place.ahead,
        hold_id=place.hold_id,
        offered_until=iso(place.expires_at) if place.state == "offered" and place.expires_at else None,
    )


ENDPOINTS = [
    Endpoint(
        method="POST",
        path=f"{PREFIX}/sales/{{id:uuid}}/waiting",
        name="create_waiting",
        summary="Wait in line for units that others hold",
        tag="sales",
        answers={201: WaitingPlace, 200: WaitingPlace},
        handler=waiting_create,
        body=WaitingBody,
        keyed=True,
        problems=(problems.NOT_FOUND, NOT_OUR_PAGE, *PROBLEMS.values()),
    ),
    Endpoint(
        method="GET",
        path=f"{PREFIX}/waiting/{{id:uuid}}",
        name="get_waiting",
        summary="A place in line",
        tag="sales",
        answers={200: WaitingPlace},
        handler=waiting_show,
        query=SecretQuery,
        problems=(problems.NOT_FOUND,),
    ),
    Endpoint(
        method="DELETE",
        path=f"{PREFIX}/waiting/{{id:uuid}}",
        name="delete_waiting",
        summary="Leave the line, or give back what was offered",
        tag="sales",
        answers={200: WaitingPlace},
        handler=waiting_delete,
        query=SecretQuery,
        keyed=True,
        problems=(problems.NOT_FOUND,),
    ),
]
