"""`doorbuster sale`: what the control room's sale pages do, for a shell and for programs.

Promises: every change has its line in the journal, with actor `cli:<user>`; a refusal is a sentence on stderr and exit
status 1; `--json` prints one JSON document and nothing else on stdout.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster import journal, money
from doorbuster.clock import SystemClock
from doorbuster.database import Database
from doorbuster.database.reach import reach_database
from doorbuster.errors import Misconfigured
from doorbuster.sale import planning
from doorbuster.sale.planning import Done, NewItem, NewSale, Refused, SaleEdit
from doorbuster.sale.sales import Sale, list_sales, sale_by_handle, sale_by_id
from doorbuster.sale.times import NotAMoment, parse_moment
from doorbuster.settings import Settings, from_environment

T = TypeVar("T")
Change = Callable[[Database, UUID], Awaitable[Done | Refused]]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Create, list, pause, resume and end flash sales.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
WhichSale = Annotated[str, typer.Argument(metavar="SALE", help="The sale's address (opening-night) or its id.")]
Reason = Annotated[str, typer.Option(help="Why; the journal keeps it.")]


@app.command()
def create(  # noqa: PLR0913 - one parameter for each option
    *,
    sku: Annotated[list[str], typer.Option(help="What to sell; repeat with --units and --price for more items.")],
    units: Annotated[list[int], typer.Option(min=1, help="How many units to take from the shop's stock.")],
    price: Annotated[list[str], typer.Option(help="The price of one unit, such as 19.99.")],
    opens: Annotated[str, typer.Option(help='"in 5 minutes", now, or 2026-11-27T15:00Z.')] = "in 5 minutes",
    closes: Annotated[str, typer.Option(help="Like --opens.")] = "in 1 day",
    limit: Annotated[int, typer.Option(help="Units that one customer may hold and buy.")] = 1,
    hold_seconds: Annotated[int, typer.Option(help="How long a claimed unit waits for its payment.")] = 300,
    network_share: Annotated[int, typer.Option(help="Per cent of an item that one network may hold unpaid.")] = 5,
    title: Annotated[str, typer.Option(help="What shoppers read first.")] = "Flash sale",
    handle: Annotated[str, typer.Option(help="The address; made from title and opening if left out.")] = "",
    description: Annotated[str, typer.Option(help="A sentence or two for the sale's page.")] = "",
    json: Json = False,
) -> None:
    """Schedule a sale; its units leave the shop's stock at once."""
    settings, now = from_environment(os.environ), SystemClock().now()
    opens_at = _moment(opens, now, "--opens")
    wish = NewSale(
        handle=handle or planning.handle_for(title, opens_at),
        title=title,
        description=description,
        opens_at=opens_at,
        closes_at=_moment(closes, now, "--closes"),
        currency=settings.currency,
        items=_items(sku, units, price, settings.currency),
        hold_seconds=hold_seconds,
        limit_per_customer=limit,
        network_share_percent=network_share,
    )
    said = ", ".join(f"{item.units} × {item.sku} at {item.price}" for item in wish.items)
    _record(settings, "sale.create", wish.handle, opens_at=wish.opens_at, items=said)
    answer = _with_database(settings, lambda database: planning.create_sale(database, wish))
    _tell(settings, "sale.create", wish.handle, answer, json)


@app.command("list")
def list_(json: Json = False) -> None:
    """List the sales, the latest opening first."""
    sales = _with_database(from_environment(os.environ), list_sales)
    if json:
        _print_json([_document(sale) for sale in sales])
        return
    table = Table("Sale", "State", "Opens", "Left", "Held", "Sold", "Units", box=None)
    table.columns[0].overflow = "fold"
    for sale in sales:
        counts = (sale.left, sale.held, sale.sold, sale.units)
        table.add_row(sale.handle, sale.state, f"{sale.opens_at:%Y-%m-%d %H:%M:%S}Z", *map(str, counts))
    Console().print(table if sales else "No sale yet: doorbuster sale create --help")


@app.command()
def show(sale: WhichSale, json: Json = False) -> None:
    """Show one sale."""
    found = _found(from_environment(os.environ), sale)
    _print_json(_document(found)) if json else _print_sale(found)


@app.command()
def pause(sale: WhichSale, reason: Reason = "", json: Json = False) -> None:
    """Stop claims for a while; what is held stays held and may be paid."""
    _change(sale, "sale.pause", planning.pause_sale, reason, json)


@app.command()
def resume(sale: WhichSale, reason: Reason = "", json: Json = False) -> None:
    """Let claims go on."""
    _change(sale, "sale.resume", planning.resume_sale, reason, json)


@app.command()
def end(
    sale: WhichSale,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False,
    json: Json = False,
) -> None:
    """End a sale for good; what is left goes back to the shop's stock."""
    if not yes:
        typer.confirm(f"End {sale} for good? Nobody can claim a unit afterwards", abort=True, err=True)
    _change(sale, "sale.end", planning.end_sale, reason, json)


@app.command()
def edit(  # noqa: PLR0913 - one parameter for each option
    sale: WhichSale,
    *,
    title: Annotated[str | None, typer.Option(help="A new title.")] = None,
    description: Annotated[str | None, typer.Option(help="A new description.")] = None,
    opens: Annotated[str | None, typer.Option(help="A new opening, only before the present one.")] = None,
    closes: Annotated[str | None, typer.Option(help="A new closing.")] = None,
    limit: Annotated[int | None, typer.Option(help="A new limit per customer.")] = None,
    hold_seconds: Annotated[int | None, typer.Option(help="A new hold time, for holds given from now on.")] = None,
    network_share: Annotated[int | None, typer.Option(help="A new share of one network, in per cent.")] = None,
    price: Annotated[list[str] | None, typer.Option(metavar="SKU=PRICE", help="A new price; may be repeated.")] = None,
    units: Annotated[list[str] | None, typer.Option(metavar="SKU=UNITS", help="More or fewer units; repeat.")] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Change a sale; holds already given keep their price and their time."""
    now = SystemClock().now()
    found = _found(from_environment(os.environ), sale)
    wish = SaleEdit(
        title=title,
        description=description,
        opens_at=_moment(opens, now, "--opens") if opens else None,
        closes_at=_moment(closes, now, "--closes") if closes else None,
        limit_per_customer=limit,
        network_share_percent=network_share,
        hold_seconds=hold_seconds,
        prices={name: _price(text, found.currency) for name, text in _pairs(price, "--price")},
        units={name: _count(text) for name, text in _pairs(units, "--units")},
    )
    _change(sale, "sale.edit", lambda database, sale_id: planning.edit_sale(database, sale_id, wish), reason, json)


def _change(name: str, verb: str, change: Change, reason: str, json: bool) -> None:
    """Write down what is about to happen, do it, and tell."""
    settings = from_environment(os.environ)
    sale = _found(settings, name)
    _record(settings, verb, sale.handle, reason=reason)
    answer = _with_database(settings, lambda database: change(database, sale.id))
    _tell(settings, verb, sale.handle, answer, json)


def _tell(settings: Settings, verb: str, handle: str, answer: Done | Refused, json: bool) -> None:
    if isinstance(answer, Done):
        _print_json(_document(answer.sale)) if json else _print_sale(answer.sale)
        return
    _record(settings, f"{verb}.refused", handle, why=" ".join(answer.mistakes.values()))
    if json:
        _print_json({"refused": dict(answer.mistakes)})
    for field, sentence in answer.mistakes.items():
        typer.secho(f"{field}: {sentence}", fg="red", err=True)
    raise typer.Exit(1)


def _record(settings: Settings, verb: str, handle: str, **detail: Any) -> None:
    actor = journal.command_line_actor()
    said = {name: value for name, value in detail.items() if value}
    with journal.open_event_log(settings.home) as log:
        subject = f"sale:{handle}"
        line = actor.line(SystemClock().now(), verb, subject, **said)
        journal.append(log, line)


def _found(settings: Settings, name: str) -> Sale:
    async def find(database: Database) -> Sale | None:
        by_id = await sale_by_id(database, UUID(name)) if _is_id(name) else None
        return by_id or await sale_by_handle(database, name)

    sale = _with_database(settings, find)
    if sale is None:
        raise Misconfigured(f"there is no sale {name!r}; `doorbuster sale list` shows them all")
    return sale


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with reach_database(settings, application="cli") as database:
            return await work(database)

    return asyncio.run(run())


def _items(skus: list[str], units: list[int], prices: list[str], currency: str) -> list[NewItem]:
    if not len(skus) == len(units) == len(prices):
        raise Misconfigured("each --sku needs its own --units and --price")
    return [
        NewItem(sku=sku, units=count, price=_price(price, currency))
        for sku, count, price in zip(skus, units, prices, strict=True)
    ]


def _price(text: str, currency: str) -> int:
    try:
        return money.parse(text, currency).amount
    except ValueError as fault:
        raise Misconfigured(f"--price: {fault}; write it like 19.99") from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise Misconfigured(f"--units: {text!r} is not a whole number")
    return int(text)


def _pairs(typed: list[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = [text.rpartition("=") for text in typed or []]
    for sku, sign, _ in pairs:
        if not (sku and sign):
            raise Misconfigured(f"{option} is written SKU=VALUE, such as {option} LAMP-01=25")
    return [(sku, value) for sku, _, value in pairs]


def _moment(text: str, now: datetime, option: str) -> datetime:
    try:
        return parse_moment(text, now)
    except NotAMoment as fault:
        raise Misconfigured(f"{option}: {fault}") from None


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _document(sale: Sale) -> dict[str, Any]:
    """Return a sale as programs read it: times in RFC 3339, money in minor units with its currency."""
    names = (
        "id",
        "handle",
        "title",
        "state",
        "opens_at",
        "closes_at",
        "hold_seconds",
        "limit_per_customer",
        "network_share_percent",
    )
    counts = {name: getattr(sale, name) for name in ("units", "held", "sold", "left")}
    items = [
        {
            "sku": item.sku,
            "title": item.title,
            "price": {"amount": item.price, "currency": sale.currency},
            **{name: getattr(item, name) for name in counts},
        }
        for item in sale.items
    ]
    return {name: getattr(sale, name) for name in names} | counts | {"items": items}


def _print_sale(sale: Sale) -> None:
    table = Table(box=None, show_header=False)
    table.add_row("Sale", f"{sale.title} ({sale.handle})")
    table.add_row("State", sale.state)
    table.add_row("Opens", f"{sale.opens_at:%Y-%m-%d %H:%M:%S} UTC")
    table.add_row("Closes", f"{sale.closes_at:%Y-%m-%d %H:%M:%S} UTC")
    table.add_row("Terms", f"{sale.limit_per_customer} for each customer, held for {sale.hold_seconds} s")
    table.add_row("Networks", f"one may hold {sale.network_share_percent} % unpaid")
    for item in sale.items:
        counts = f"{item.left} left, {item.held} held, {item.sold} sold of {item.units}"
        table.add_row(item.sku, f"{money.Money(item.price, sale.currency)}: {counts}")
    Console().print(table)


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
