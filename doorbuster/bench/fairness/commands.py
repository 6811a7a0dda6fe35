"""`doorbuster bench fairness`: what bots get, and whether the waiting room lets in as many as it says."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from doorbuster.bench.fairness import holds, release, tickets
from doorbuster.bench.ground import Ground, prepared_ground
from doorbuster.bench.measures import Findings, Measure, show, written
from doorbuster.bench.rounds import Say
from doorbuster.errors import DoorbusterError, Misconfigured

FILE = Path("out/bench-fairness.json")
PARTS: dict[str, Callable[[Ground, Say], Awaitable[list[Measure]]]] = {
    "holds": holds.one_cookie,
    "hold-farm": holds.many_cookies,
    "one-address": holds.one_address,
    "tickets": tickets.one_cookie,
    "ticket-farm": tickets.many_cookies,
    "release": release.released,
}

app = typer.Typer(add_completion=False)


@app.command("fairness")
def bench_fairness(
    only: Annotated[str, typer.Option(help=f"Some parts, with commas between: {','.join(PARTS)}.")] = "",
) -> None:
    """Measure what a bot gets that asks fifty times as often as people, and what the waiting room lets in."""
    names = only.split(",") if only else list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise Misconfigured(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    console = Console()
    with console.status("starting PostgreSQL") as status:
        findings = uvloop.run(_measured(names, status.update))
    show(console, findings)
    written(findings, FILE)
    raise typer.Exit(0 if findings.hold else 1)


async def _measured(names: list[str], say: Say) -> Findings:
    findings = Findings()
    async with prepared_ground() as ground:
        for name in names:
            try:
                findings.measures += await PARTS[name](ground, say)
            except (TimeoutError, DoorbusterError) as fault:
                findings.skipped.append(f"{name}: {fault}")
    return findings
