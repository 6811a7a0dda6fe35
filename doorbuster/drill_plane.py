"""Composition root of `doorbuster drill`: hands the drill, which knows no room of the shop, a sale to rehearse with."""

import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console

from doorbuster.clock import SystemClock, new_secret
from doorbuster.database import Database, QueryFile
from doorbuster.database.pool import open_database
from doorbuster.drill import commands, playing, reading, target, verdict
from doorbuster.drill.chaos import cycles as cycling
from doorbuster.drill.chaos import report as chaos_report
from doorbuster.drill.chaos.house import opened
from doorbuster.drill.faults.known import CHAOS
from doorbuster.drill.ground import CannotHere
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.playing import Options
from doorbuster.drill.scenario import Given, Scenario
from doorbuster.errors import Misconfigured
from doorbuster.room.rooms import NewRoom, open_room
from doorbuster.sale.planning import NewItem, NewSale, Refused, create_sale, end_sale
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.returning import cancel_order
from doorbuster.stock.pools import adjust_stock, pool_of_variant

SQL = QueryFile("doorbuster.drill", "stock.sql")
SALE_LASTS = timedelta(hours=1)
OUT = commands.OUT

app = commands.app


class Stage:
    """Sets up the drill's sale in the shop's database and strikes it afterwards."""

    def __init__(self, currency: str) -> None:
        """Sell in this currency."""
        self._currency = currency

    async def open_sale(self, database: Database, given: Given, opens_at: float) -> SaleFacts:
        """Receive the units the drill will sell, so that the shop's own stock is untouched, and schedule the sale."""
        goods = await database.fetch_one(SQL.drill_goods, currency=self._currency)
        if goods is None:
            raise Misconfigured("the shop has no product to sell; import a catalogue first, or leave --url out")
        pool = await pool_of_variant(database, goods["variant_id"])
        wanted = (pool.on_hand if pool else 0) + given.units
        await adjust_stock(database, goods["variant_id"], wanted, "received for a drill")
        opening = datetime.fromtimestamp(opens_at, UTC)
        made = await create_sale(
            database,
            NewSale(
                handle=f"drill-{new_secret(16).lower().replace('_', '').replace('-', '')[:12]}",
                title=f"Drill: {goods['title']}"[:120], opens_at=opening, closes_at=opening + SALE_LASTS,
                currency=self._currency, hold_seconds=given.hold_seconds, limit_per_customer=given.limit_per_customer,
                items=[NewItem(sku=goods["sku"], units=given.units, price=goods["amount"])],
            ),
        )  # fmt: skip
        if isinstance(made, Refused):
            raise Misconfigured(f"the drill's sale was refused: {'; '.join(made.mistakes.values())}")
        if given.room:
            await open_room(database, made.sale.id, NewRoom(order=given.room, rate_max=given.room_rate or None))
        return SaleFacts(
            id=str(made.sale.id), handle=made.sale.handle, sku=goods["sku"], opens_at=opens_at, units=given.units,
            hold_seconds=given.hold_seconds, product=goods["product"], collection=goods["collection"],
        )  # fmt: skip

    async def strike(self, database: Database, sale_id: UUID) -> None:
        """End the sale; what is left goes back to the shop's stock."""
        await end_sale(database, sale_id)


@app.command(commands.PLAY, hidden=True)
def play(  # noqa: PLR0913, PLR0917 -- one parameter for each option
    name: Annotated[str, typer.Argument(help="A drill's name, or a scenario file.")],
    shoppers: Annotated[int | None, typer.Option(min=1, help="How many come, or how many at a time.")] = None,
    units: Annotated[int | None, typer.Option(min=1, help="How many units are on sale.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="Over how many seconds the shoppers come.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Web workers of a shop started for the drill.")] = 1,
    clients: Annotated[int, typer.Option(min=1, help="Processes the crowd is shared between.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed makes the same crowd.")] = 1,
    url: Annotated[str | None, typer.Option(help="The shop; by default the one that runs here.")] = None,
    own: Annotated[bool, typer.Option("--own-shop", help="Open a shop for the drill, even where one runs.")] = False,
    trace: Annotated[str, typer.Option(help="A recorded trace to take the arrivals' shape from.")] = "",
    busiest: Annotated[int, typer.Option(min=0, help="Only so many intervals of the trace, the fullest.")] = 0,
    was: Annotated[bool, typer.Option("--as-it-was", help="Play it as it was then, before it was mended.")] = False,
    is_: Annotated[bool, typer.Option("--as-it-is", help="Play it as it is; with both, compare them.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON for a program.")] = False,
    file: Annotated[Path | None, typer.Option("--report", help="Where the HTML report goes.")] = None,
) -> None:
    """Release a crowd on the shop: exit status 0 only if every expectation of the scenario holds."""
    console = Console(stderr=json)
    wanted = changed(reading.load(name), shoppers, units, seconds, trace=trace, busiest=busiest)
    options = Options(Stage, url, workers, clients, seed, own=own)
    settings = allowed(url)
    versions = [reading.as_it_was(wanted)] if was else []
    versions += [wanted] if is_ or not was else []
    played = []
    for version in versions:
        try:
            done = playing.play(version, settings, console, options, file if len(versions) == 1 else None)
        except CannotHere as fault:
            playing.skip(version, settings, str(fault))
            console.print(f"[yellow]Skipped[/yellow]: {fault}", highlight=False)
            raise typer.Exit(3) from None
        played.append(done)
        if json:
            sys.stdout.buffer.write(verdict.as_json(done.verdict) + b"\n")
        playing.tell(console, done)
    if len(played) == 2:
        playing.tell_both(console, played[0].run, played[1].run, file)
    raise typer.Exit(0 if all(done.run.holds for done in played) else 1)


@app.command("all")
def play_all(
    quick: Annotated[bool, typer.Option("--quick", help="Only the short ones, a hint rather than a proof.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Web workers of each drill's shop.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed makes the same crowds.")] = 1,
) -> None:
    """Play every drill, one after the other, and write out/drills.json: exit status 0 only if all hold."""
    console = Console()
    wanted = [each for each in map(reading.load, reading.names()) if each.quick or not quick]
    settings = allowed(None)
    found = [playing.one_of_all(each, settings, console, Options(Stage, None, workers, 1, seed)) for each in wanted]
    playing.summary(console, found)
    raise typer.Exit(0 if all(run.holds or run.skipped for run in found) else 1)


@app.command()
def chaos(
    cycles: Annotated[int, typer.Option(min=1, help="How many faults, one after the other.")] = 60,
    faults: Annotated[str, typer.Option(help="Only faults with one of these words, by commas.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Web workers of its shop; two at least.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed breaks the same things.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print the run as JSON for a program.")] = False,
) -> None:
    """Open a shop of its own and break it again and again while shoppers buy."""
    console = Console(stderr=json)
    run = asyncio.run(_chaos(console, cycles, faults, seed, max(2, workers)))
    raise typer.Exit(_tell_chaos(console, run, faults, json))


def allowed(url: str | None) -> Settings:
    """Return the settings, once it is sure that neither another machine nor real money is played with."""
    settings = from_environment(os.environ)
    target.require_consent(url or settings.shop_url, input)
    target.require_test_payments(settings)
    return settings


def changed(
    wanted: Scenario,
    shoppers: int | None,
    units: int | None,
    seconds: float | None,
    *,
    trace: str = "",
    busiest: int = 0,
) -> Scenario:
    """Return the scenario with what the command line overrides."""
    when, given = wanted.when, wanted.given
    if (shoppers is not None or seconds is not None) and when.points:
        raise Misconfigured(f"{wanted.name} has a curve of its own (`points`); --shoppers and --seconds do not fit it")
    if shoppers is not None:
        when = msgspec.structs.replace(when, **{"lanes" if when.lanes else "shoppers": shoppers})
    if seconds is not None:
        when = msgspec.structs.replace(when, seconds=seconds)
    if trace and not when.shoppers:
        raise Misconfigured(
            f"{wanted.name} has arrivals of its own; play a drill with `shoppers`: doorbuster drill trace"
        )
    if trace:
        when = msgspec.structs.replace(when, trace=str(Path(trace).absolute()))
    if busiest and not when.trace:
        raise Misconfigured("--busiest is a part of a trace; name it with --trace FILE")
    if busiest:
        when = msgspec.structs.replace(when, trace_busiest=busiest)
    if units is not None:
        given = msgspec.structs.replace(given, units=units)
    return msgspec.structs.replace(wanted, when=when, given=given)


async def _chaos(console: Console, cycles: int, words: str, seed: int, workers: int) -> cycling.Run:
    """Break a shop of its own, `cycles` times."""
    chosen = [fault for fault in CHAOS if any(word in fault.name for word in (words or "-").split(","))]
    if not chosen:
        raise Misconfigured(f"no fault has {words} in its name; there are {', '.join(fault.name for fault in CHAOS)}")
    run = cycling.Run(seed)
    with tempfile.TemporaryDirectory(prefix="doorbuster-chaos-") as home:
        async with opened(Path(home), workers, console.print) as house:
            async with open_database(house.direct_url, connections=1, application="chaos") as database:
                given = Given(units=cycles * 700 + 500, hold_seconds=20, limit_per_customer=1)
                sale = await Stage(house.settings.currency).open_sale(
                    database, given, SystemClock().now().timestamp() - 5
                )
            await asyncio.sleep(2)  # until the workers know the sale by heart
            chaos = cycling.Chaos(house, sale, chosen, seed, _cancel)
            for number in range(cycles):
                run.cycles.append(await chaos.cycle(number))
                console.print(chaos_report.line(run.cycles[-1], cycles), highlight=False, markup=False)
            console.print("Waiting until everything is settled, then the auditor looks at all of it ...")
            await chaos.calm_down(run)
    return run


async def _cancel(database: Database, order_id: str) -> None:
    await cancel_order(database, UUID(order_id), "chaos")


def _tell_chaos(console: Console, run: cycling.Run, words: str, json: bool) -> int:
    OUT.mkdir(exist_ok=True)
    document = msgspec.json.encode(chaos_report.document(run))
    (OUT / "drill-chaos.json").write_bytes(document)
    if json:
        sys.stdout.buffer.write(document + b"\n")
    console.print(chaos_report.table(run))
    for finding in run.violations[:20]:
        console.print(f"[yellow]![/yellow] {finding}", highlight=False)
    again = f"doorbuster drill chaos --seed {run.seed} --cycles {len(run.cycles)}" + (
        f" --faults {words}" if words else ""
    )
    if run.violations:
        console.print(f"[bold red]{len(run.violations)} violations in {len(run.cycles)} cycles.[/] Again: {again}")
        return 1
    console.print(
        f"[bold green]{len(run.cycles)} cycles, no violation[/]: fewer than {chaos_report.bound(run):.1%} of such "
        f"cycles have one (95 % confidence). Orders: {run.orders}. Answers asked for again: {run.retries}.",
        highlight=False,
    )  # fmt: skip
    return 0
