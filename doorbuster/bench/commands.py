"""`doorbuster bench`: every ratio in one run; exit status 0 only if all targets are reached and nothing was skipped."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from doorbuster.bench import (
    answers,
    bar,
    claims,
    engine,
    foreign_causes,
    growth,
    growth_report,
    load,
    purchases,
    rooms,
    shapes,
    watching,
)
from doorbuster.bench.alerts import commands as alert_commands
from doorbuster.bench.asked import asked
from doorbuster.bench.fairness import commands as fairness_commands
from doorbuster.bench.ground import Ground, prepared_ground
from doorbuster.bench.growth import Grown
from doorbuster.bench.measures import Findings, show, written
from doorbuster.bench.overload import commands as overload_commands
from doorbuster.bench.rounds import Group, Pace, Say
from doorbuster.bench.trials import commands as trial_commands
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.review.ground import Size

app = typer.Typer(add_completion=False)
for part in (overload_commands, fairness_commands, watching, trial_commands, alert_commands):
    app.registered_commands += part.app.registered_commands

GROUPS: dict[str, Group] = {
    "engine": engine.gain,
    "shapes": shapes.shapes,
    "lone": engine.lone_buyer,
    "holds": claims.holds_over_http,
    "purchases": purchases.purchases,
    "soldout": answers.nothing_left,
    "refusals": answers.turned_away,
    "rooms": rooms.rooms,
    "pages": answers.sale_pages,
    "products": answers.product_pages,
    "bar": bar.the_bar,
}
"""Word -> what is measured; the order is that of the run."""

NEED_WRK = {"holds", "soldout", "refusals", "rooms", "pages", "products"}
FULL, QUICK = Pace(rounds=5, seconds=3), Pace(rounds=1, seconds=2)
FILE = Path("out/bench.json")
SMALL = Size(orders=10_000, products=1_000)


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="One short round of everything: a hint, no proof.")] = False,
    only: Annotated[str, typer.Option(help=f"Some groups, with commas between: {','.join(GROUPS)}.")] = "",
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each side has its turn.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long a turn lasts.")] = None,
) -> None:
    """Measure the ratios of the engine on this machine."""
    if context.invoked_subcommand:
        return
    usual = QUICK if quick else FULL
    pace = Pace(rounds or usual.rounds, seconds or usual.seconds)
    names = only.split(",") if only else list(GROUPS)
    if unknown := set(names) - set(GROUPS):
        raise Misconfigured(f"there is no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    console = Console()
    try:
        findings = uvloop.run(_measured(names, pace, console))
    except asyncio.CancelledError:
        raise DoorbusterError("stopped; everything it started is gone") from None
    show(console, findings)
    written(findings, FILE)
    raise typer.Exit(0 if findings.hold else 1)


@app.command("growth")
def bench_growth(
    full: Annotated[
        bool, typer.Option("--full", help="To 10 M orders and 1 M products: needs 40 GB and an hour.")
    ] = False,
    orders: Annotated[int, typer.Option(min=10_000, help="How many orders the large shop has.")] = 1_000_000,
    products: Annotated[int, typer.Option(min=1_000, help="How many products the large shop has.")] = 200_000,
) -> None:
    """Measure what each statement costs in a small and in a large shop; exit status 0 only if none grows."""
    large = Size(10_000_000, 1_000_000) if full else Size(orders, products)
    console = Console()
    grown = uvloop.run(_grown(large, console))
    growth_report.show(console, grown, SMALL, large)
    growth_report.written(grown, SMALL, large, Path("out/bench-growth.json"))
    raise typer.Exit(0 if all(each.buffers_ok and each.time_ok for each in grown) else 1)


@app.command("causes")
def bench_causes(
    folder: Annotated[
        Path, typer.Argument(help="Where `petshop`, `nezha-online-boutique` and `nezha-train-ticket` lie.")
    ],
) -> None:
    """Score the ideas of the diagnosis on other people's recorded incidents; only reported, no target."""
    if not (folder / "petshop").is_dir():
        raise Misconfigured(f"there is no folder petshop in {folder}; docs/guide/diagnosis.md says where to get it")
    findings = Findings(foreign_causes.measures_of(folder))
    show(Console(), findings)
    written(findings, Path("out/causes.json"))


async def _grown(large: Size, console: Console) -> list[Grown]:
    with console.status("starting PostgreSQL") as status:
        async with prepared_ground() as ground:
            return await growth.measure(ground, asked(), SMALL, large, status.update)


async def _measured(names: list[str], pace: Pace, console: Console) -> Findings:
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    findings = Findings()
    with console.status("starting PostgreSQL") as status:
        async with prepared_ground() as ground:
            for name in names:
                if name in NEED_WRK and not load.is_there():
                    findings.skipped.append(f"{name}: {load.MISSING}")
                    continue
                try:
                    await _measure(name, ground, pace, findings, status.update)
                except DoorbusterError as fault:
                    findings.skipped.append(f"{name}: {fault}")
    return findings


async def _measure(name: str, ground: Ground, pace: Pace, findings: Findings, say: Say) -> None:
    findings.measures += await GROUPS[name](ground, pace, lambda words: say(f"{name}: {words}"))
