"""`doorbuster audit`: exit status 0 when clean, 1 when something drifted, 2 when the audit could not run."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from doorbuster.audit.auditor import run
from doorbuster.audit.last import LastAudit, remember
from doorbuster.audit.report import Report, Result
from doorbuster.clock import SystemClock
from doorbuster.database.reach import reach_url
from doorbuster.errors import DoorbusterError
from doorbuster.settings import Settings, from_environment

app = typer.Typer(add_completion=False)


@app.command()
def audit(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")] = False,
    acknowledged: Annotated[
        Path | None, typer.Option(help="JSON lines of what clients were told, as a drill writes them.")
    ] = None,
) -> None:
    """Prove from the records that every unit sold exactly once, and name every row that disagrees."""
    try:
        report = _audited(from_environment(os.environ), acknowledged, quiet=json)
    except DoorbusterError as fault:
        typer.secho(f"doorbuster audit cannot run: {fault}", fg="red", err=True)
        raise typer.Exit(2) from fault
    if json:
        sys.stdout.buffer.write(report.json() + b"\n")
    else:
        typer.secho(report.verdict, fg="green" if report.clean else "red")
    raise typer.Exit(0 if report.clean else 1)


def _audited(settings: Settings, acknowledged: Path | None, quiet: bool) -> Report:
    with reach_url(settings) as url:
        report = asyncio.run(run(url, acknowledged, None if quiet else _show))
    remember(settings.home, LastAudit(SystemClock().now(), report.clean, report))
    return report


def _show(result: Result) -> None:
    for line in result.lines():
        typer.secho(line, fg=None if result.clean else "red")
