"""`doorbuster bench overload`: capacity first, then up to ten times of it, with the gate and without."""

import os
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from doorbuster.bench import measures
from doorbuster.bench.ground import Ground, prepared_ground
from doorbuster.bench.overload import stage
from doorbuster.bench.overload.cost import gate_microseconds
from doorbuster.bench.overload.report import Overload, findings_of, write
from doorbuster.bench.overload.runs import Bar, Plan, Run, capacity, run, unloaded
from doorbuster.bench.rounds import Say
from doorbuster.errors import DoorbusterError
from doorbuster.sale.sales import Sale

FOLDER = Path("out")
PRODUCTS = 60_000
SLOWED = 4.0

app = typer.Typer(add_completion=False)


@app.command("overload")
def bench_overload(
    seconds: Annotated[float, typer.Option(min=5, help="How long each spike lasts.")] = 20.0,
    quick: Annotated[bool, typer.Option("--quick", help="Only ten times, for ten seconds: a hint, no proof.")] = False,
) -> None:
    """Measure what the guard does at up to ten times what the database can do."""
    if (os.cpu_count() or 1) < 2:
        raise DoorbusterError("this needs two cores: one for PostgreSQL, one for the shop and the crowd")
    console = Console()
    plans = _plans(10.0 if quick else seconds)
    with console.status("starting PostgreSQL") as status:
        overload = uvloop.run(_measured(plans[-2:-1] if quick else plans, status.update))
    findings = findings_of(overload)
    measures.show(console, findings)
    write(overload, FOLDER)
    console.print(f"The picture: {FOLDER / 'overload.html'}")
    raise typer.Exit(0 if findings.hold else 1)


def _plans(seconds: float) -> list[Plan]:
    return [
        Plan("1×", 1, seconds), Plan("2×", 2, seconds), Plan("5×", 5, seconds), Plan("10×", 10, seconds),
        Plan("10×, database 4× slower", 10, seconds, SLOWED),
    ]  # fmt: skip


async def _measured(plans: list[Plan], say: Say) -> Overload:
    costs = await gate_microseconds()
    async with prepared_ground() as ground:
        sale = await stage.fill(ground, PRODUCTS, say)
        async with stage.opened(ground, sale, PRODUCTS, gate=True) as guarded:
            peak, slowed_peak = await capacity(guarded, 6, say), await capacity(guarded, 6, say, SLOWED)
            bar = Bar(peak, slowed_peak, *await unloaded(guarded, peak.rate))
        runs = []
        for plan in plans:
            for gate in (True, False):
                say(f"{plan.name}, {'with' if gate else 'without'} the gate")
                runs.append(await _run(ground, sale, plan, bar, gate))
    return Overload(bar, costs, runs)


async def _run(ground: Ground, sale: Sale, plan: Plan, bar: Bar, gate: bool) -> Run:
    """Run a plan on workers of its own, so that nothing of the run before is left in them."""
    async with stage.opened(ground, sale, PRODUCTS, gate=gate) as opened:
        return await run(opened, plan, bar, gate=gate)
