"""Pause, resume, end: each is asked once more, with a reason, before it happens."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import Handler, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.recording import record, record_refusal
from doorbuster.control.sales import sale_or_404
from doorbuster.database import Database
from doorbuster.sale.planning import Done, Refused, end_sale, pause_sale, resume_sale
from doorbuster.sale.sales import Sale
from doorbuster.web.forms import Form, read_form, text
from doorbuster.web.pages import show


@dataclass(frozen=True)
class Reason:
    """Why."""

    reason: str = text("A reason", most=500)


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing an operator may do to a sale, and what it says before it does it."""

    verb: str
    title: str
    button: str
    effects: tuple[str, ...]
    act: Callable[[Database, UUID], Awaitable[Done | Refused]]
    final: bool = False


PAUSE = Lever(
    "sale.pause",
    "Pause this sale?",
    "Pause the sale",
    (
        "Nobody can claim a unit until you resume it; shoppers are told so.",
        "Units already held stay held, and may be paid.",
        "The closing time does not move.",
    ),
    pause_sale,
)
RESUMPTION = Lever(
    "sale.resume",
    "Resume this sale?",
    "Resume the sale",
    ("Shoppers can claim units again at once.", "The closing time has not moved."),
    resume_sale,
)
END = Lever(
    "sale.end",
    "End this sale for good?",
    "End the sale for good",
    (
        "Nobody can claim a unit any more. This cannot be undone.",
        "Units already held may still be paid until their time is up.",
        "What is left then goes back to the shop's stock.",
    ),
    end_sale,
    final=True,
)


def lever_show(lever: Lever) -> Handler:
    """Return the page that says what the lever does and asks why."""

    async def show_lever(request: Request) -> Response:
        sale = await sale_or_404(house_of(request).database, request.path_params["id"])
        return _show(request, lever, sale, Form(), 200)

    return show_lever


def lever_pull(lever: Lever) -> Handler:
    """Return the handler that writes it down and does it."""

    async def pull_lever(request: Request) -> Response:
        database = house_of(request).database
        sale = await sale_or_404(database, request.path_params["id"])
        form = await read_form(request, Reason)
        if form.value is None:
            return _show(request, lever, sale, form, 422)
        line = await record(request, lever.verb, f"sale:{sale.handle}", reason=form.value.reason)
        answer = await lever.act(database, sale.id)
        match answer:
            case Done():
                return RedirectResponse(f"/sales/{sale.id}", 303)
            case Refused(mistakes):
                why = " ".join(mistakes.values())
                await record_refusal(request, line, why)
                refused = form.with_mistake("reason", f"It was not done: {why}.")
                return _show(request, lever, sale, refused, 409)
            case impossible:
                assert_never(impossible)

    return pull_lever


def _show(request: Request, lever: Lever, sale: Sale, form: Form[Reason], status: int) -> Response:
    return show(
        request,
        "control/lever.html",
        status=status,
        operator=operator_of(request),
        lever=lever,
        sale=sale,
        form=form,
    )
