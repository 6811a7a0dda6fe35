"""`doorbuster review`: exit status 0 when nothing is in breach, 1 when something is, 2 when it could not review."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doorbuster.database.reach import reach_url
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.review.remembered import remember
from doorbuster.review.result import Result, annotations
from doorbuster.review.tools import require_parser
from doorbuster.settings import from_environment

app = typer.Typer(add_completion=False)

ORDERS_MIN, ORDERS_MAX, QUICK = 10_000, 100_000_000, "100k"
FULL = "1M"
OUT = Path("out/review-house.json")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    orders: int
    cache: Path | None
    only: str
    sql: Path | None
    statements: bool
    database: str
    migrations: tuple[Path, ...]
    quick: bool

    @property
    def names(self) -> frozenset[str]:
        """Return the names of --only."""
        return frozenset(name.strip() for name in self.only.split(",") if name.strip())


@app.command()
def review(  # noqa: PLR0913 -- every one is a flag that a person may type
    *,
    orders: Annotated[
        str,
        typer.Option(
            "--orders", "--scale", help="Orders of the large generated shop: 100k, 1M, 10M; the small one has a tenth."
        ),
    ] = FULL,
    quick: Annotated[bool, typer.Option("--quick", help="The same as --orders 100k.")] = False,
    only: Annotated[str, typer.Option(help="Some queries, with commas between their names.")] = "",
    sql: Annotated[Path | None, typer.Option(help="Review the .sql files of this folder instead of our own.")] = None,
    statements: Annotated[bool, typer.Option("--statements", help="Review what pg_stat_statements counted.")] = False,
    database: Annotated[str, typer.Option(help="The PostgreSQL to review on; everything is rolled back.")] = "",
    migration: Annotated[list[Path] | None, typer.Option(help="A migration to lint, and to apply under load.")] = None,
    write_migration: Annotated[
        Path | None, typer.Option(help="Write the proposed indexes as a migration into this folder.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")] = False,
    annotate: Annotated[bool, typer.Option("--annotations", help="Print findings for a CI to show them.")] = False,
    cache: Annotated[Path | None, typer.Option(help="Where generated shops are kept; in the home by default.")] = None,
) -> None:
    """Plan and run every statement at production size; say which one the next crowd will find, and what to do."""
    console = Console(stderr=json or annotate)
    asked = Asked(
        count_of(QUICK if quick else orders), cache, only, sql, statements, database, tuple(migration or ()), quick
    )
    try:
        require_parser()
        with console.status("beginning") as status:
            result = _reviewed(asked, status.update)
    except DoorbusterError as fault:
        typer.secho(f"doorbuster review cannot run: {fault}", fg="red", err=True)
        raise typer.Exit(2) from fault
    _told(console, result, json, annotate, html)
    if not (asked.sql or asked.statements or asked.names):
        _kept(result)
    if write_migration is not None:
        _write(console, result, write_migration)
    raise typer.Exit(0 if result.holds else 1)


def count_of(text: str) -> int:
    """Read a number of orders such as 100k or 1M; raise typer.BadParameter for another or one out of bounds."""
    found = re.fullmatch(r"(\d+)\s*([kKmM]?)", text.strip().replace("_", "").replace(",", ""))
    count = int(found[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2].lower()] if found else 0
    if not ORDERS_MIN <= count <= ORDERS_MAX:
        raise typer.BadParameter(f"{text!r} is no number of orders from 10k to 100M, such as 100k or 1M")
    return count


def _reviewed(asked: Asked, say: Callable[[str], None]) -> Result:
    """Review what was asked for; imported here, so that a missing parser is told politely."""
    from doorbuster.review import catalogue, others, whole

    settings = from_environment(os.environ)
    ours = catalogue.house_subjects()
    foreign = bool(asked.sql or asked.statements)
    if asked.sql and asked.statements:
        raise Misconfigured("--sql reviews a folder and --statements what PostgreSQL has counted: ask for one of them")
    if not foreign and (unknown := asked.names - {subject.name for subject in ours}):
        raise Misconfigured(f"there is no query {', '.join(sorted(unknown))}; names stand after `-- name:`")
    if missing := [path for path in asked.migrations if not path.is_file()]:
        raise Misconfigured(f"there is no file {missing[0]}")
    if not foreign and not asked.database:
        wish = whole.Wish(
            asked.orders, asked.cache or settings.home / "review", asked.names, asked.migrations, not asked.quick
        )
        result = asyncio.run(whole.review_house(wish, say))
        remember(result, settings.home)
        return result
    subjects = others.folder_subjects(asked.sql) if asked.sql else None if asked.statements else ours
    if subjects is not None and asked.names:
        subjects = [subject for subject in subjects if subject.name in asked.names]
    with nullcontext(asked.database) if asked.database else reach_url(settings) as url:
        return asyncio.run(whole.review_server_of(url, subjects, say))


def _told(console: Console, result: Result, json: bool, annotate: bool, html: Path | None) -> None:
    from doorbuster.review.page import write_page
    from doorbuster.review.report import show

    if json:
        sys.stdout.buffer.write(result.json() + b"\n")
    if annotate:
        for line in annotations(result.all_findings()):
            typer.echo(line)
    if not json and not annotate:
        show(console, result)
    if html is not None:
        write_page(result, html)
        console.print(f"The report is in {html}")


def _kept(result: Result) -> None:
    """Write what came of our own statements, all of them, where proofs look for it."""
    try:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_bytes(result.measurements())
    except OSError as fault:
        raise DoorbusterError(f"{OUT} cannot be written: {fault.strerror}") from fault


def _write(console: Console, result: Result, folder: Path) -> None:
    from doorbuster.review.written import write_migration

    path = write_migration(result.all_findings(), folder)
    console.print(
        f"Wrote {path}: read it before you apply it." if path else "No index is proposed, so no migration is written."
    )
