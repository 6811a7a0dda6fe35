"""`doorbuster bench`: every ratio in one run; exit status 0 only if all targets are reached and nothing was skipped."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from doorbuster.bench import answers, bar, claims, engine, load, purchases
from doorbuster.bench.ground import Ground, prepared_ground
from doorbuster.bench.measures import Findings, show, written
from doorbuster.bench.rounds import Group, Pace, Say
from doorbuster.errors import DoorbusterError, Misconfigured

app = typer.Typer(add_completion=False)

GROUPS: dict[str, Group] = {
    "engine": engine.gain,
    "lone": engine.lone_buyer,
    "holds": claims.holds_over_http,
    "purchases": purchases.purchases,
    "soldout": answers.nothing_left,
    "pages": answers.sale_pages,
    "products": answers.product_pages,
    "bar": bar.the_bar,
}
"""Word -> what is measured; the order is that of the run."""

NEED_WRK = {"holds", "soldout", "pages", "products"}
FULL, QUICK = Pace(rounds=5, seconds=3), Pace(rounds=1, seconds=2)
FILE = Path("out/bench.json")


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="One short round of everything: a hint, no proof.")] = False,
    only: Annotated[str, typer.Option(help=f"Some groups, with commas between: {','.join(GROUPS)}.")] = "",
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each side has its turn.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long a turn lasts.")] = None,
) -> None:
    """Measure the ratios of the engine on this machine."""
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
