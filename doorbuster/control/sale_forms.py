"""What a merchant types to schedule or change a sale, as it is read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from doorbuster import money
from doorbuster.control.products import Ware
from doorbuster.sale.planning import NewItem, NewSale, Refused, SaleEdit, handle_for
from doorbuster.sale.sales import Sale
from doorbuster.web.forms import Form, check, moment, text, whole

ITEMS_MAX = 10


@dataclass(frozen=True)
class SaleForm:
    """The sale itself."""

    title: str = text("Title", most=200)
    description: str = text("Description", most=2_000, required=False)
    opens_at: datetime = moment("Opens")  # noqa: RUF009 - declares, as the others do
    closes_at: datetime = moment("Closes")  # noqa: RUF009
    limit_per_customer: int = whole("Limit per customer", 1, 10_000, default=1)
    hold_seconds: int = whole("Hold time", 5, 86_400, default=300)
    network_share_percent: int = whole("Share of one network", 1, 100, default=5)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the form as it was typed."""

    number: int
    sku: str
    units: str
    price: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The form, and its items when nothing is wrong with any."""

    form: Form[SaleForm]
    items: tuple[NewItem, ...]


def items_typed(typed: Mapping[str, str]) -> list[Item]:
    """Return the rows that name a SKU, in order, at most ten."""
    rows = (
        Item(number, typed[f"sku.{number}"], typed.get(f"units.{number}", ""), typed.get(f"price.{number}", ""))
        for number in range(ITEMS_MAX)
        if typed.get(f"sku.{number}")
    )
    return list(rows)


def with_item(typed: Mapping[str, str], ware: Ware, currency: str) -> dict[str, str]:
    """Return what was typed with one more row for the ware: its price as it is, and no units yet."""
    taken = {item.number for item in items_typed(typed)}
    free = next((number for number in range(ITEMS_MAX) if number not in taken), None)
    if free is None or ware.sku in (item.sku for item in items_typed(typed)):
        return dict(typed)
    price = decimal(ware.price, currency) if ware.price is not None else ""
    return {**typed, f"sku.{free}": ware.sku, f"units.{free}": "", f"price.{free}": price}


def without_item(typed: Mapping[str, str], number: str) -> dict[str, str]:
    """Return what was typed without one row."""
    gone = {f"sku.{number}", f"units.{number}", f"price.{number}"}
    return {name: value for name, value in typed.items() if name not in gone}


def check_sale(typed: Mapping[str, str], currency: str) -> Checked:
    """Check everything that can be checked without the database."""
    form = check(typed, SaleForm)
    items = []
    rows = items_typed(typed)
    if not rows:
        form = form.with_mistake("q", "Choose at least one product to put on sale.")
    for row in rows:
        mistakes, item = _item(row, currency)
        for name, sentence in mistakes.items():
            form = form.with_mistake(name, sentence)
        items += [item] if item else []
    if form.value and form.value.closes_at <= form.value.opens_at:
        form = form.with_mistake("closes_at", "The sale must close after it opens.")
    return Checked(form, tuple(items))


def new_sale(value: SaleForm, items: Sequence[NewItem], currency: str) -> NewSale:
    """Return what the engine is asked to schedule."""
    return NewSale(
        handle=handle_for(value.title, value.opens_at),
        title=value.title,
        description=value.description,
        opens_at=value.opens_at,
        closes_at=value.closes_at,
        currency=currency,
        items=items,
        hold_seconds=value.hold_seconds,
        limit_per_customer=value.limit_per_customer,
        network_share_percent=value.network_share_percent,
    )


def sale_edit(value: SaleForm, items: Sequence[NewItem], sale: Sale) -> SaleEdit:
    """Return what the engine is asked to change: only what differs."""
    prices = {item.sku: item.price for item in sale.items}
    units = {item.sku: item.units for item in sale.items}
    return SaleEdit(
        title=value.title if value.title != sale.title else None,
        description=value.description if value.description != sale.description else None,
        opens_at=value.opens_at if _minute(value.opens_at) != _minute(sale.opens_at) else None,
        closes_at=value.closes_at if _minute(value.closes_at) != _minute(sale.closes_at) else None,
        hold_seconds=value.hold_seconds if value.hold_seconds != sale.hold_seconds else None,
        limit_per_customer=value.limit_per_customer if value.limit_per_customer != sale.limit_per_customer else None,
        network_share_percent=(
            value.network_share_percent if value.network_share_percent != sale.network_share_percent else None
        ),
        prices={item.sku: item.price for item in items if prices.get(item.sku) != item.price},
        units={item.sku: item.units for item in items if units.get(item.sku) != item.units},
    )


def typed_of(sale: Sale) -> dict[str, str]:
    """Return a sale as a merchant would have typed it."""
    typed = {
        "title": sale.title,
        "description": sale.description,
        "opens_at": _local(sale.opens_at),
        "closes_at": _local(sale.closes_at),
        "limit_per_customer": str(sale.limit_per_customer),
        "hold_seconds": str(sale.hold_seconds),
        "network_share_percent": str(sale.network_share_percent),
    }
    for number, item in enumerate(sale.items[:ITEMS_MAX]):
        typed[f"sku.{number}"] = item.sku
        typed[f"units.{number}"] = str(item.units)
        typed[f"price.{number}"] = decimal(item.price, sale.currency)
    return typed


def refused(form: Form[SaleForm], answer: Refused) -> Form[SaleForm]:
    """Return the form with the engine's mistakes beside the fields they belong to."""
    rows = items_typed(form.typed)
    for name, sentence in answer.mistakes.items():
        row = next((row.number for row in rows if row.sku in sentence), rows[0].number if rows else 0)
        place = {"units": f"units.{row}", "price": f"price.{row}", "sku": "q", "handle": "title", "sale": "title"}
        form = form.with_mistake(place.get(name, name), sentence[:1].upper() + sentence[1:] + ".")
    return form


def decimal(amount: int, currency: str) -> str:
    """Write minor units as a merchant types them: 1999 pence is 19.99."""
    digits = money.exponent(currency)
    return f"{amount // 10**digits}.{amount % 10**digits:0{digits}}" if digits else str(amount)


def _item(row: Item, currency: str) -> tuple[dict[str, str], NewItem | None]:
    mistakes = {}
    if not row.units.isdecimal() or not 1 <= int(row.units) <= 10**9:
        mistakes[f"units.{row.number}"] = f"Units of {row.sku} must be a whole number from 1."
    try:
        price = money.parse(row.price, currency).amount
    except ValueError:
        price = -1
    if price < 0:
        mistakes[f"price.{row.number}"] = f"The price of {row.sku} should look like 19.99."
    return mistakes, None if mistakes else NewItem(sku=row.sku, units=int(row.units), price=price)


def _local(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def _minute(moment: datetime) -> datetime:
    """Cut to the minute: a form shows no seconds, so a time that differs by them only was not changed."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
