"""Payments: where the books and the gateway disagree, and refunds that it refused; each waits for a person."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.control.orders import order_or_404
from doorbuster.control.recording import record, record_refusal
from doorbuster.database import QueryFile, Row
from doorbuster.shop.discrepancies import close_discrepancy
from doorbuster.shop.returning import retry_refund
from doorbuster.web.forms import Form, read_form, text
from doorbuster.web.pages import show

SQL = QueryFile("doorbuster.control", "payments.sql")

PAGE_DISCREPANCIES = 50
WORDS = {
    "charged_not_booked": "Charged, but not booked",
    "charged_for_nobody": "Charged for nobody",
    "charged_another_amount": "Charged another amount",
    "booked_not_charged": "Booked, but not charged",
    "refunded_elsewhere": "Refunded at the provider",
    "refunded_too_much": "Refunded more than was left",
    "disputed": "Disputed",
    "dispute_lost": "Dispute lost",
}
"""What each kind of disagreement is called."""


@dataclass(frozen=True)
class Closing:
    """How a disagreement was dealt with."""

    reason: str = text("What was done", most=500)


async def payments_index(request: Request) -> Response:
    """Show what waits for a person, and when the books were last compared with the gateway."""
    database = house_of(request).database
    before = id_in(request.query_params.get("before", ""))
    closed = await database.fetch(SQL.closed_discrepancies, before=before, most=PAGE_DISCREPANCIES)
    return show(
        request,
        "control/payments.html",
        operator=operator_of(request),
        may_sell=may(request, "sell"),
        reconciliations=await database.fetch(SQL.reconciliations),
        open=await database.fetch(SQL.open_discrepancies),
        refunds=await database.fetch(SQL.failed_refunds),
        closed=closed,
        words=WORDS,
        more=next_page(request, str(closed[-1]["id"])) if len(closed) == PAGE_DISCREPANCIES else None,
    )


async def closing_show(request: Request) -> Response:
    """Ask how a disagreement was dealt with."""
    return _ask(request, await _discrepancy_or_404(request), Form(), 200)


async def closing_create(request: Request) -> Response:
    """Close a disagreement."""
    found = await _discrepancy_or_404(request)
    form = await read_form(request, Closing)
    if form.value is None:
        return _ask(request, found, form, 422)
    subject = f"payment:{found['reference']}"
    line = await record(request, "payment.close", subject, kind=found["kind"], reason=form.value.reason)
    database, by = house_of(request).database, operator_of(request).name
    if not await close_discrepancy(database, found["id"], by, form.value.reason):
        await record_refusal(request, line, "it was closed already")
    return RedirectResponse("/payments", 303)


async def refund_retry(request: Request) -> Response:
    """Have a refund that the gateway refused tried again; pressed twice it is tried once."""
    database = house_of(request).database
    order = await order_or_404(database, request.path_params["id"])
    line = await record(request, "refund.retry", f"order:{order.number}")
    if not await retry_refund(database, order.id, request.path_params["refund_id"]):
        await record_refusal(request, line, "it is not a refused refund of this order any more")
    return RedirectResponse(f"/orders/{order.id}", 303)


async def _discrepancy_or_404(request: Request) -> Row:
    found = await house_of(request).database.fetch_one(SQL.discrepancy, id=request.path_params["id"])
    if found is None:
        raise HTTPException(404, "There is no such disagreement.")
    return found


def _ask(request: Request, found: Row, form: Form[Closing], status: int) -> Response:
    operator = operator_of(request)
    return show(
        request, "control/payment_closing.html", status=status, operator=operator, found=found, words=WORDS, form=form
    )
