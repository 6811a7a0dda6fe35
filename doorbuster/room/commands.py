"""`doorbuster room`: open, steer and close the waiting room of a sale, and check its draw.

Promises: every change has its line in the journal, with actor `cli:<user>` and reason, before it is made; a refusal is
a sentence on stderr and exit status 1; `--json` prints one JSON document and nothing else on stdout.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster import journal
from doorbuster.clock import SystemClock
from doorbuster.database import Database
from doorbuster.database.reach import reach_database
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.room import rooms
from doorbuster.room.flood import BITS
from doorbuster.room.rooms import BEACON_CHARACTERS_MAX, NewRoom, Order, Room
from doorbuster.sale.sales import Sale, sale_by_handle, sale_by_id
from doorbuster.settings import Settings, from_environment

T = TypeVar("T")
ORDERS: dict[str, Order] = {"lottery": "lottery", "first_come": "first_come"}

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Waiting rooms: who may claim in a sale, when.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
WhichSale = Annotated[str, typer.Argument(metavar="SALE", help="The sale's address (opening-night) or its id.")]
Reason = Annotated[str, typer.Option(help="Why; the journal keeps it.")]
Beacon = Annotated[str, typer.Option(help="A public text that goes into the draw's seed.")]


@app.command("open")
def open_(
    sale: WhichSale,
    *,
    reason: Reason,
    order: Annotated[str, typer.Option(help="lottery: drawn at the opening; first_come: as they come.")] = "lottery",
    rate: Annotated[float | None, typer.Option(help="At most so many admissions a second.")] = None,
    beacon: Beacon = "",
    proof_of_work: Annotated[bool, typer.Option(help="A ticket costs a browser a sum, or a letter.")] = False,
) -> None:
    """Open a waiting room before a sale; a closed one goes on where it stopped."""
    if order not in ORDERS:
        raise Misconfigured(f"--order {order!r} is neither lottery nor first_come")
    bits = BITS if proof_of_work else 0
    wish = NewRoom(order=ORDERS[order], rate_max=_rate(rate), beacon=_beacon(beacon), work_bits=bits)
    _change(
        sale,
        "room.open",
        lambda database, sale_id: rooms.open_room(database, sale_id, wish),
        refusal="its room is open already",
        reason=reason,
        order=order,
        rate=rate,
        beacon=beacon,
        proof_of_work=proof_of_work,
    )


@app.command()
def close(sale: WhichSale, *, reason: Reason) -> None:
    """Close the room: everybody may claim, as without one."""
    _change(sale, "room.close", rooms.close_room, refusal="it has no open room", reason=reason)


@app.command()
def pause(sale: WhichSale, *, reason: Reason) -> None:
    """Let nobody in for a while; places are kept, and who is in goes on."""
    _change(sale, "room.pause", rooms.pause_room, refusal="it has no open room, or that is paused", reason=reason)


@app.command()
def resume(sale: WhichSale, *, reason: Reason) -> None:
    """Let people in again."""
    _change(sale, "room.resume", rooms.resume_room, refusal="its room is not paused", reason=reason)


@app.command()
def rate(
    sale: WhichSale,
    per_second: Annotated[float, typer.Argument(help="At most so many admissions a second; 0 lifts the ceiling.")],
    *,
    reason: Reason,
) -> None:
    """Set a ceiling above the rate that checkout is measured to take."""
    ceiling = _rate(per_second or None)
    _change(
        sale,
        "room.rate",
        lambda database, sale_id: rooms.set_room_rate(database, sale_id, ceiling),
        refusal="it has no open room",
        reason=reason,
        rate=ceiling,
    )


@app.command()
def beacon(
    sale: WhichSale, text: Annotated[str, typer.Argument(help="What nobody could know.")], *, reason: Reason
) -> None:
    """Put a public text into the draw to come, such as the numbers of a public lottery."""
    given = _beacon(text)
    _change(
        sale,
        "room.beacon",
        lambda database, sale_id: rooms.set_room_beacon(database, sale_id, given),
        refusal="it has no open room, or the draw has been",
        reason=reason,
        beacon=given,
    )


@app.command("list")
def list_(json: Json = False) -> None:
    """List the open rooms."""
    found = _with_database(from_environment(os.environ), rooms.live_rooms)
    if json:
        _print_json([_document(room) for room in found])
        return
    table = Table("Sale", "Phase", "Order", "Called", "Waiting", "Admitted", "Rate", "Ceiling", box=None)
    for room in found:
        phase = f"{room.phase}, paused" if room.paused else room.phase
        # Before the draw tickets have no order, so nobody waits at a place yet.
        waiting = "-" if room.phase == "registering" and not room.tail else room.tail - room.serving
        counts = (room.serving, waiting, room.admitted)
        ceiling = "none" if room.rate_max is None else f"{room.rate_max:g}/s"
        table.add_row(room.handle, phase, room.entry_order, *map(str, counts), f"{room.rate:.1f}/s", ceiling)
    Console().print(table if found else "No room is open: doorbuster room open --help")


@app.command("verify-draw")
def verify_draw(sale: WhichSale, json: Json = False) -> None:
    """Draw again from what is published, go through every ticket, and say whether all is as it was drawn."""
    settings = from_environment(os.environ)
    found = _found(settings, sale)

    async def check(database: Database) -> tuple[Room | None, list[str]]:
        room = await rooms.room_of_sale(database, found.id)
        return room, await rooms.mistakes_of_draw(database, room) if room else ["This sale has no waiting room."]

    room, mistakes = _with_database(settings, check)
    if json:
        _print_json({"sale": found.handle, "holds": not mistakes, "mistakes": mistakes})
    for mistake in mistakes:
        typer.secho(mistake, fg="red", err=True)
    if mistakes or room is None:
        raise typer.Exit(1)
    if not json:
        typer.echo(f"The draw of {found.handle} holds: {room.cohort} tickets, each position once.")


def _change(
    name: str, verb: str, change: Callable[[Database, UUID], Awaitable[bool]], *, refusal: str, **detail: Any
) -> None:
    """Write down what is about to happen, do it, and say so."""
    settings = from_environment(os.environ)
    sale = _found(settings, name)
    _record(settings, verb, sale.handle, detail)
    if not _with_database(settings, lambda database: change(database, sale.id)):
        _record(settings, f"{verb}.refused", sale.handle, {"why": refusal})
        raise DoorbusterError(f"{sale.handle}: {refusal}")
    typer.echo(f"{verb.removeprefix('room.')}: {sale.handle}")


def _record(settings: Settings, verb: str, handle: str, detail: dict[str, Any]) -> None:
    actor = journal.command_line_actor()
    said = {name: value for name, value in detail.items() if value}
    with journal.open_event_log(settings.home) as log:
        subject = f"sale:{handle}"
        line = actor.line(SystemClock().now(), verb, subject, **said)
        journal.append(log, line)


def _found(settings: Settings, name: str) -> Sale:
    async def find(database: Database) -> Sale | None:
        by_handle = await sale_by_handle(database, name)
        return by_handle or (await sale_by_id(database, UUID(name)) if _is_id(name) else None)

    sale = _with_database(settings, find)
    if sale is None:
        raise Misconfigured(f"there is no sale {name!r}; `doorbuster sale list` shows them all")
    return sale


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with reach_database(settings, application="cli") as database:
            return await work(database)

    return asyncio.run(run())


def _rate(per_second: float | None) -> float | None:
    if per_second is not None and not 0.01 <= per_second <= 100_000:
        raise Misconfigured("the rate must be from 0.01 to 100000 admissions a second")
    return per_second


def _beacon(text: str) -> str:
    if len(text) > BEACON_CHARACTERS_MAX or "\0" in text:
        raise Misconfigured(f"the public text must be at most {BEACON_CHARACTERS_MAX} characters")
    return text


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _document(room: Room) -> dict[str, Any]:
    """Return a room as programs read it."""
    names = (
        "sale_id",
        "handle",
        "phase",
        "paused",
        "serving",
        "tail",
        "cohort",
        "admitted",
        "rate",
        "pace",
        "rate_max",
    )
    document = {name: getattr(room, name) for name in names}
    return document | {"order": room.entry_order, "commitment": room.commitment.hex()}


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
