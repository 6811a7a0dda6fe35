"""The board of action items, what is promised, proved and rotted; and the reports."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.words import span
from doorbuster.incident import incident, items, reports
from doorbuster.incident.pages import now_of, the
from doorbuster.web.forms import Form, choice, read_form, text
from doorbuster.web.pages import moment_of, show


@dataclass(frozen=True)
class ItemForm:
    """What somebody promises."""

    what: str = text("What is to be done", most=500)
    kind: str = choice("The kind", items.KINDS)
    owner: str = text("The owner", most=100, required=False)
    due: str = text("The day", most=10, required=False)
    tracker_url: str = text("The tracker's address", most=500, required=False)
    proof: str = text("The proof", most=100, required=False)


@dataclass(frozen=True)
class DoneForm:
    """Whether it is done."""

    done: str = choice("Whether it is done", ("yes", "no"))


async def board_show(request: Request) -> Response:
    """Show every action item by what it is worth."""
    house, now = house_of(request), now_of(request)
    found = await asyncio.to_thread(items.board, house.event_log, now)
    columns = [
        ("Promised", "Nobody has done it yet.", [item for item in found if item.state == "open"]),
        ("Done, not proved", "Somebody says so; no proof failed before and passes now.",
         [item for item in found if item.state == "done" and not item.rotted]),
        ("Proved", "Its proof failed before and passes now.", [item for item in found if item.state == "verified"]),
        ("Rotted", "It was proved once; its proof fails now, or was not run for five weeks.",
         [item for item in found if item.rotted]),
    ]  # fmt: skip
    return show(
        request, "incident/board.html", operator=operator_of(request), columns=columns, moment=moment_of,
        may_operate=may(request, "operate"), today=f"{moment_of(now):%Y-%m-%d}",
    )  # fmt: skip


async def item_new(request: Request) -> Response:
    """Show the form of an action item."""
    return _form(request, await the(request), Form({"kind": "prevent"}), 200)


async def item_create(request: Request) -> Response:
    """Promise something; the same text twice is one promise."""
    it, form = await the(request), await read_form(request, ItemForm)
    if form.value is None:
        return _form(request, it, form, 422)
    wish = form.value
    kind = next(kind for kind in items.KINDS if kind == wish.kind)

    def add() -> int | str:
        return items.add(
            house_of(request).event_log, it.id, wish.what, kind, owner=wish.owner, due=wish.due,
            tracker_url=wish.tracker_url, proof=wish.proof,
        )  # fmt: skip

    made = await asyncio.to_thread(add)
    if isinstance(made, str):
        field = next((name for name in ("proof", "tracker", "date") if name in made), "what")
        names = {"proof": "proof", "tracker": "tracker_url", "date": "due"}
        return _form(request, it, form.with_mistake(names.get(field, "what"), made), 422)
    return RedirectResponse("/incidents/board", 303)


async def item_finish(request: Request) -> Response:
    """Say that an item is done, or that it is not."""
    form = await read_form(request, DoneForm)
    at = now_of(request) if form.value and form.value.done == "yes" else None
    if not await asyncio.to_thread(items.finish, house_of(request).event_log, request.path_params["item"], at):
        raise HTTPException(404, "There is no such action item.")
    return RedirectResponse("/incidents/board", 303)


async def reports_show(request: Request) -> Response:
    """Show the months, the causes and what was proved."""
    log, now = house_of(request).event_log, now_of(request)
    found = await asyncio.to_thread(incident.newest, log)
    report = reports.report_of(found, await asyncio.to_thread(items.board, log, now))
    return show(request, "incident/reports.html", operator=operator_of(request), report=report, span=span)


async def reports_csv(request: Request) -> Response:
    """Give the incidents as a table for a spreadsheet."""
    found = await asyncio.to_thread(incident.newest, house_of(request).event_log)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="incidents.csv"'}
    return Response(reports.as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


def _form(request: Request, it: incident.Incident, form: Form[ItemForm] | Form[object], code: int) -> Response:
    return show(request, "incident/item.html", code, operator=operator_of(request), it=it, form=form, kinds=items.KINDS)
