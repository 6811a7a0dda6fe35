"""`doorbuster import`: bring in a catalogue or an order history from a file."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from doorbuster.catalogue.importing.catalog import FORMATS, Choices, import_catalog
from doorbuster.catalogue.importing.orders import import_orders
from doorbuster.catalogue.importing.report import Report, rejects_file
from doorbuster.clock import SystemClock
from doorbuster.database import Database
from doorbuster.database.reach import reach_database
from doorbuster.errors import Misconfigured
from doorbuster.money import require_currency
from doorbuster.settings import Settings, from_environment

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Bring in a catalogue or an order history from a file."
)

File = Annotated[Path, typer.Argument(help="The file, gzipped or not.")]
Currency = Annotated[str | None, typer.Option(help="What its prices are in; the shop's own currency by default.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Write every rejected row with its line and reason to this CSV file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, change nothing.")]

ReadAndWrite = Callable[[Database, Any, Callable[[int, int], None]], Awaitable[Report]]


@app.command("catalog")
def catalog(
    file: File,
    *,
    format: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(FORMATS)}; told by the file by default.")
    ] = None,
    currency: Currency = None,
    stock: Annotated[
        int | None, typer.Option(min=0, help="Units of each variant whose file says nothing of stock.")
    ] = None,
    rejects: Rejects = None,
    as_json: AsJson = False,
    dry: Dry = False,
) -> None:
    """Import products from a Shopify CSV, a Retail Demo Store YAML, Online Retail invoices or a plain price list.

    Repeating an import changes nothing; a file that changed updates what it changed.
    """
    if format is not None and format not in FORMATS:
        raise Misconfigured(f"--format {format} is none of {', '.join(FORMATS)}")
    settings = from_environment(os.environ)
    choices = Choices(require_currency(currency or settings.currency), format, stock, dry)

    async def read(database: Database, writer: Any, progress: Callable[[int, int], None]) -> Report:
        return await import_catalog(database, SystemClock(), file, choices, rejects=writer, progress=progress)

    _run(settings, read, rejects, as_json, dry)


@app.command("orders")
def orders(
    file: File, *, currency: Currency = None, rejects: Rejects = None, as_json: AsJson = False, dry: Dry = False
) -> None:
    """Import an order history out of Online Retail invoices: fulfilled orders, and what was cancelled as refunds."""
    settings = from_environment(os.environ)
    code = require_currency(currency or settings.currency)

    async def read(database: Database, writer: Any, progress: Callable[[int, int], None]) -> Report:
        return await import_orders(database, SystemClock(), file, code, dry=dry, rejects=writer, progress=progress)

    _run(settings, read, rejects, as_json, dry)


def _run(settings: Settings, read: ReadAndWrite, rejects: Path | None, as_json: bool, dry: bool) -> None:
    """Open the database, import under a progress bar, print the report."""
    with rejects_file(rejects) as writer, _bar(hidden=as_json) as bar:
        task = bar.add_task("Importing", total=None)

        def progress(done: int, size: int) -> None:
            bar.update(task, completed=done, total=size)

        async def work() -> Report:
            async with reach_database(settings, application="doorbuster import") as database:
                return await read(database, writer, progress)

        report = asyncio.run(work())
        bar.update(task, completed=1, total=1)
    if as_json:
        typer.echo(json.dumps(report.as_document(), indent=2))
    else:
        _print(report, rejects, dry)


def _bar(hidden: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden)


def _print(report: Report, rejects: Path | None, dry: bool) -> None:
    """Print what happened as tables for people."""
    console = Console()
    would = " (a dry run: nothing was changed)" if dry else ""
    console.print(f"[bold]{report.file}[/bold] read as {report.format} in {report.seconds:.1f} s{would}")
    console.print(_counted("What went in", {name.replace("_", " "): count for name, count in report.counts.items()}))
    if report.notes:
        console.print(_counted("Noted", report.notes))
    if not report.rejected:
        return
    console.print(_counted("Rejected rows", report.rejected))
    shown = Table("line", "of", "why", title=f"The first {len(report.examples)} of {report.rejected.total():,}")
    for each in report.examples:
        shown.add_row(str(each.line), each.subject, each.detail)
    console.print(shown)
    console.print(f"All of them are in {rejects}." if rejects else "See all of them with --rejects FILE.")


def _counted(title: str, counts: dict[str, int]) -> Table:
    table = Table(title=title, show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table
