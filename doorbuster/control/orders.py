"""Orders: find one, and read it whole."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.database import QueryFile, Row, Runner, build_all
from doorbuster.money import Money
from doorbuster.shop.addresses import countries
from doorbuster.shop.orders import Order, order_by_id
from doorbuster.web.mailboxes import email_key
from doorbuster.web.pages import show

SQL = QueryFile("doorbuster.control", "orders.sql")

PAGE_ORDERS = 50
STATES = ("awaiting_payment", "paid", "fulfilled", "cancelled", "refunded")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in the list."""

    id: UUID
    number: int
    email: str
    state: str
    total_amount: int
    currency: str
    placed_at: datetime

    @property
    def total(self) -> Money:
        """Return what the order costs."""
        return Money(self.total_amount, self.currency)


@dataclass(frozen=True, slots=True)
class Search:
    """What a merchant looks for; the first of number, e-mail, sale and state that was typed counts."""

    q: str
    state: str
    sale: UUID | None
    before: UUID | None


async def orders_index(request: Request) -> Response:
    """Show orders, the newest first or those looked for."""
    asked = request.query_params
    words, state = asked.get("q", "").strip()[:254], asked.get("state", "")
    search = Search(words, state, id_in(asked.get("sale", "")), id_in(asked.get("before", "")))
    found = await find_orders(house_of(request).database, search)
    return show(
        request,
        "control/orders.html",
        operator=operator_of(request),
        orders=found,
        search=search,
        states=STATES,
        more=next_page(request, str(found[-1].id)) if len(found) == PAGE_ORDERS else None,
    )


async def order_show(request: Request) -> Response:
    """Show an order whole."""
    database = house_of(request).database
    order = await order_or_404(database, request.path_params["id"])
    return show(
        request,
        "control/order.html",
        operator=operator_of(request),
        order=order,
        country=countries().get(order.address.country, order.address.country),
        payments=await database.fetch(SQL.payments_of_order, order_id=order.id),
        refunds=await database.fetch(SQL.refunds_of_order, order_id=order.id),
        may_sell=may(request, "sell"),
    )


async def find_orders(database: Runner, search: Search) -> list[OrderRow]:
    """Return at most fifty orders, newest first."""
    return build_all(await _rows(database, search), OrderRow)


async def order_or_404(database: Runner, order_id: UUID) -> Order:
    """Return the order, or answer that there is none."""
    order = await order_by_id(database, order_id)
    if order is None:
        raise HTTPException(404, "There is no such order.")
    return order


async def _rows(database: Runner, search: Search) -> list[Row]:
    page = {"before": search.before, "most": PAGE_ORDERS}
    number = search.q.lstrip("#")
    if number.isdecimal() and len(number) < 18:
        return await database.fetch(SQL.order_numbered, number=int(number))
    if search.q:
        return await database.fetch(SQL.orders_of_email, email_key=email_key(search.q), **page)
    if search.sale:
        return await database.fetch(SQL.orders_of_sale, sale_id=search.sale, **page)
    if search.state in STATES:
        return await database.fetch(SQL.orders_in_state, state=search.state, **page)
    return await database.fetch(SQL.newest_orders, **page)
