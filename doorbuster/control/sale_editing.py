"""Schedule a sale, and change one.

Scheduling is one form that comes back after each step (look for a product, add it, take one out, look it over) with
everything that was typed; only the last step, `create`, changes anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.control.products import find_wares, wares_by_sku
from doorbuster.control.recording import record, record_refusal
from doorbuster.control.sale_forms import (
    SaleForm,
    check_sale,
    items_typed,
    new_sale,
    refused,
    sale_edit,
    typed_of,
    with_item,
    without_item,
)
from doorbuster.control.sales import sale_or_404
from doorbuster.sale.planning import Done, NewItem, Refused, SaleEdit, create_sale, edit_sale, handle_for
from doorbuster.sale.sales import Sale
from doorbuster.web.forms import Form
from doorbuster.web.pages import show


async def sale_new(request: Request) -> Response:
    """Show the empty form, with the product that was chosen on the products page."""
    house = house_of(request)
    soon = (house.clock.now() + timedelta(minutes=70)).replace(minute=0)
    typed = {
        "opens_at": soon.strftime("%Y-%m-%dT%H:%M"),
        "closes_at": (soon + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "limit_per_customer": "1",
        "hold_seconds": "300",
        "network_share_percent": "5",
    }
    for sku in request.query_params.getlist("sku")[:10]:
        typed = await _with_sku(request, typed, sku)
    return await _show_new(request, Form(typed), 200)


async def sale_create(request: Request) -> Response:
    """Take the form one step further; `step` says which."""
    typed = await _typed(request)
    step, _, value = typed.pop("step", "search").partition(":")
    if step == "add":
        return await _show_new(request, Form(await _with_sku(request, typed, value)), 200)
    if step == "remove":
        return await _show_new(request, Form(without_item(typed, value)), 200)
    if step == "search":
        return await _show_new(request, Form(typed), 200)
    checked = check_sale(typed, house_of(request).settings.currency)
    if checked.form.mistakes or checked.form.value is None:
        return await _show_new(request, checked.form, 422)
    if step == "preview":
        return await _show_preview(request, checked.form, checked.form.value)
    return await _create(request, typed)


async def sale_edit_show(request: Request) -> Response:
    """Show a sale in the form, with what each change does to a live one."""
    sale = await sale_or_404(house_of(request).database, request.path_params["id"])
    return _show_edit(request, sale, Form(typed_of(sale)), 200)


async def sale_update(request: Request) -> Response:
    """Change a sale."""
    house = house_of(request)
    sale = await sale_or_404(house.database, request.path_params["id"])
    typed = {**typed_of(sale), **await _typed(request)}
    checked = check_sale(typed, sale.currency)
    form = checked.form if typed.get("reason") else checked.form.with_mistake("reason", "A reason is needed.")
    if form.mistakes or checked.form.value is None:
        return _show_edit(request, sale, form, 422)
    edit = sale_edit(checked.form.value, checked.items, sale)
    subject, reason = f"sale:{sale.handle}", typed.get("reason", "")
    line = await record(request, "sale.edit", subject, reason=reason, change=_said(edit))
    answer = await edit_sale(house.database, sale.id, edit)
    match answer:
        case Done():
            return RedirectResponse(f"/sales/{sale.id}", 303)
        case Refused():
            await record_refusal(request, line, " ".join(answer.mistakes.values()))
            return _show_edit(request, sale, refused(checked.form, answer), 409)
        case impossible:
            assert_never(impossible)


async def _create(request: Request, typed: Mapping[str, str]) -> Response:
    house = house_of(request)
    currency = house.settings.currency
    checked = check_sale(typed, currency)
    assert checked.form.value is not None
    wish = new_sale(checked.form.value, checked.items, currency)
    said = _items_said(wish.items)
    line = await record(request, "sale.create", f"sale:{wish.handle}", opens_at=wish.opens_at, items=said)
    answer = await create_sale(house.database, wish)
    match answer:
        case Done(sale):
            return RedirectResponse(f"/sales/{sale.id}", 303)
        case Refused():
            await record_refusal(request, line, " ".join(answer.mistakes.values()))
            return await _show_new(request, refused(checked.form, answer), 409)
        case impossible:
            assert_never(impossible)


async def _with_sku(request: Request, typed: Mapping[str, str], sku: str) -> dict[str, str]:
    house = house_of(request)
    found = await wares_by_sku(house.database, [sku], house.settings.currency)
    return with_item(typed, found[sku], house.settings.currency) if sku in found else dict(typed)


async def _typed(request: Request) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=100) as data:
        return {name: value.strip()[:4_000] for name, value in data.items() if isinstance(value, str)}


async def _show_new(request: Request, form: Form[SaleForm], status: int) -> Response:
    house = house_of(request)
    words = form.typed.get("q", "").strip()
    rows = items_typed(form.typed)
    return show(
        request,
        "control/sale_new.html",
        status=status,
        operator=operator_of(request),
        form=form,
        items=rows,
        wares=await wares_by_sku(house.database, [row.sku for row in rows], house.settings.currency),
        found=await find_wares(house.database, words, house.settings.currency) if words else [],
        words=words,
        currency=house.settings.currency,
        now=house.clock.now(),
    )


async def _show_preview(request: Request, form: Form[SaleForm], value: SaleForm) -> Response:
    house = house_of(request)
    currency = house.settings.currency
    checked = check_sale(form.typed, currency)
    return show(
        request,
        "control/sale_preview.html",
        operator=operator_of(request),
        form=form,
        value=value,
        handle=handle_for(value.title, value.opens_at),
        items=checked.items,
        wares=await wares_by_sku(house.database, [item.sku for item in checked.items], currency),
        currency=currency,
        shop_url=house.settings.shop_url,
    )


def _show_edit(request: Request, sale: Sale, form: Form[SaleForm], status: int) -> Response:
    return show(
        request,
        "control/sale_edit.html",
        status=status,
        operator=operator_of(request),
        sale=sale,
        form=form,
        items=items_typed(form.typed),
        currency=sale.currency,
    )


def _said(edit: SaleEdit) -> str:
    """Write what an edit changes, for the journal."""
    said = {name: value for name, value in asdict(edit).items() if value not in (None, {})}
    return ", ".join(f"{name} → {value}" for name, value in said.items()) or "nothing"


def _items_said(items: Sequence[NewItem]) -> str:
    return ", ".join(f"{item.units} × {item.sku} at {item.price}" for item in items)
