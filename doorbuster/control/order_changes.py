"""Send, cancel and refund an order: each on a page of its own that says what will happen, and asks why."""

from dataclasses import dataclass
from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster import money
from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.control.orders import order_or_404
from doorbuster.control.recording import record, record_refusal
from doorbuster.journal import Line
from doorbuster.shop.orders import Order
from doorbuster.shop.returning import (
    Cancelled,
    Fulfilled,
    NotPossible,
    RefundAsked,
    TooMuch,
    ask_refund,
    cancel_order,
    fulfil_order,
)
from doorbuster.web.forms import Form, read_form, text, tick
from doorbuster.web.pages import show


@dataclass(frozen=True)
class Fulfilment:
    """That the parcel left."""

    tracking: str = text("Tracking number", most=200, required=False)


@dataclass(frozen=True)
class Cancellation:
    """Why an order is cancelled; the shopper reads it."""

    reason: str = text("A reason", most=500)


@dataclass(frozen=True)
class Refund:
    """How much goes back; an empty amount means all that is left."""

    reason: str = text("A reason", most=500)
    amount: str = text("Amount", most=30, required=False)
    restock: bool = tick()


async def fulfilment_show(request: Request) -> Response:
    """Ask for the tracking number."""
    return await _ask(request, "control/order_fulfilment.html")


async def fulfilment_create(request: Request) -> Response:
    """Mark the order as sent."""
    database = house_of(request).database
    order = await order_or_404(database, request.path_params["id"])
    form = await read_form(request, Fulfilment)
    if form.value is None:
        return _again(request, "control/order_fulfilment.html", order, form, 422)
    line = await record(request, "order.fulfil", f"order:{order.number}", tracking=form.value.tracking)
    answer = await fulfil_order(database, order.id, form.value.tracking or None)
    match answer:
        case Fulfilled():
            return _back(order)
        case NotPossible(state):
            refused = form.with_mistake("tracking", await _refuse(request, line, state))
            return _again(request, "control/order_fulfilment.html", order, refused, 409)
        case impossible:
            assert_never(impossible)


async def cancellation_show(request: Request) -> Response:
    """Say what cancelling does, and ask why."""
    return await _ask(request, "control/order_cancellation.html")


async def cancellation_create(request: Request) -> Response:
    """Cancel the order."""
    database = house_of(request).database
    order = await order_or_404(database, request.path_params["id"])
    form = await read_form(request, Cancellation)
    if form.value is None:
        return _again(request, "control/order_cancellation.html", order, form, 422)
    line = await record(request, "order.cancel", f"order:{order.number}", reason=form.value.reason)
    answer = await cancel_order(database, order.id, form.value.reason)
    match answer:
        case Cancelled():
            return _back(order)
        case NotPossible(state):
            refused = form.with_mistake("reason", await _refuse(request, line, state))
            return _again(request, "control/order_cancellation.html", order, refused, 409)
        case impossible:
            assert_never(impossible)


async def refund_show(request: Request) -> Response:
    """Ask how much and why."""
    return await _ask(request, "control/order_refund.html")


async def refund_create(request: Request) -> Response:
    """Ask the job worker to give money back."""
    database = house_of(request).database
    order = await order_or_404(database, request.path_params["id"])
    form = _with_amount_checked(await read_form(request, Refund), order)
    if form.value is None or form.mistakes:
        return _again(request, "control/order_refund.html", order, form, 422)
    value, amount = form.value, _amount(form.value.amount, order)
    said = form.value.amount or "all that is left"
    line = await record(request, "order.refund", f"order:{order.number}", reason=value.reason, amount=said)
    answer = await ask_refund(database, order.id, amount, value.reason, value.restock)
    match answer:
        case RefundAsked():
            return _back(order)
        case TooMuch(remaining):
            most = f"At most {money.Money(remaining, order.total.currency)} can still be given back."
            await record_refusal(request, line, most)
            return _again(request, "control/order_refund.html", order, form.with_mistake("amount", most), 409)
        case NotPossible(state):
            refused = form.with_mistake("reason", await _refuse(request, line, state))
            return _again(request, "control/order_refund.html", order, refused, 409)
        case impossible:
            assert_never(impossible)


def _with_amount_checked(form: Form[Refund], order: Order) -> Form[Refund]:
    typed = form.typed.get("amount", "").strip()
    if not typed:
        return form
    try:
        fine = money.parse(typed, order.total.currency).amount > 0
    except ValueError:
        fine = False
    return form if fine else form.with_mistake("amount", "The amount should look like 19.99; leave it empty for all.")


def _amount(typed: str, order: Order) -> int | None:
    return money.parse(typed, order.total.currency).amount if typed else None


async def _refuse(request: Request, line: Line, state: str) -> str:
    why = f"It was not done: the order is {state.replace('_', ' ')}."
    if state == "nothing_captured":
        why = "It was not done: no money was taken for this order, or all of it went back."
    await record_refusal(request, line, why)
    return why


async def _ask(request: Request, template: str) -> Response:
    order = await order_or_404(house_of(request).database, request.path_params["id"])
    return _again(request, template, order, Form(), 200)


def _again(
    request: Request,
    template: str,
    order: Order,
    form: Form[Fulfilment] | Form[Cancellation] | Form[Refund],
    status: int,
) -> Response:
    return show(request, template, status=status, operator=operator_of(request), order=order, form=form)


def _back(order: Order) -> Response:
    return RedirectResponse(f"/orders/{order.id}", 303)
