"""`doorbuster drill …`: what needs no crowd: list, new, check, compare, history, export, schedule.

`drill_plane.py` adds the words that play: a drill's name, `all` and `chaos`.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from doorbuster.clock import SystemClock
from doorbuster.drill import comparison, locust, reading, runs, scheduling, starting
from doorbuster.drill.faults.known import KNOWN
from doorbuster.drill.measured import MEASURES
from doorbuster.drill.measures import told
from doorbuster.errors import Misconfigured
from doorbuster.settings import from_environment

OUT = Path("out")
RUNS = OUT / "drills"
PLAY = "play"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]


class DrillGroup(TyperGroup):
    """A group in which a word that is no command is the name or file of a drill to play."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put `play` before what is no command of ours."""
        known = args[0] in self.commands
        return super().resolve_command(ctx, args if known else [PLAY, *args])

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Let options come before a drill's name."""
        if args and args[0].startswith("-") and args[0] != "--help":
            args = [PLAY, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=DrillGroup, add_completion=False, no_args_is_help=True,
    help="Release a crowd on a shop, break things on purpose, and judge: `doorbuster drill NAME`, or a file.",
)  # fmt: skip


@app.command("list")
def list_(json: Json = False) -> None:
    """List the drills there are, what each is for, and how it went last time."""
    home = from_environment(os.environ).home
    last = {run.name: run for run in reversed(runs.history(home))}
    drills = [reading.load(name) for name in reading.names()]
    if json:
        rows = [{"name": d.name, "title": d.title, "why": d.why, "quick": d.quick} for d in drills]
        typer.echo(msgspec.json.encode(rows).decode())
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("drill", "what it rehearses", "last time"):
        table.add_column(column)
    for each in drills:
        table.add_row(f"[bold]{each.name}[/bold]", each.title, _last(last.get(each.name)))
    Console().print(table)


@app.command("faults")
def faults() -> None:
    """List every fault that a scenario may ask for, and what it asks for in turn."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("fault", no_wrap=True)
    table.add_column("what happens")
    table.add_column("asks for")
    for name, known in sorted(KNOWN.items()):
        table.add_row(f"[bold]{name}[/bold]", Text(" ".join(known.what.split())), ", ".join(known.asks_for))
    Console().print(table)


@app.command("measures")
def measures() -> None:
    """List everything that is measured and may be expected under [then]."""
    for name, measure in MEASURES.items():
        typer.echo(f"{name:26} {measure.title} ({measure.unit})")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="What the drill is called; the file is NAME.toml.")],
    folder: Annotated[Path, typer.Option(help="Where the file goes.")] = Path(),
) -> None:
    """Write a commented scenario to begin with."""
    path = starting.write(name, folder)
    typer.echo(f"Wrote {path}. Change it, then: doorbuster drill check {path} && doorbuster drill {path}")


@app.command("check")
def check(files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names.")]) -> None:
    """Read scenarios without playing them; every mistake is told with file, line, key and what would be right."""
    wrong = 0
    for file in files:
        try:
            scenario = reading.load(file)
            scenario.trace_counts()
        except Misconfigured as fault:
            wrong += 1
            typer.secho(str(fault), fg="red", err=True)
        else:
            typer.echo(f"{file}: fine, {len(scenario.then)} expectations")
    raise typer.Exit(1 if wrong else 0)


@app.command("compare")
def compare(
    before: Annotated[str, typer.Argument(metavar="RUN", help="A run's file; `out/drills/` holds them.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="The run to hold against it.")],
    file: Annotated[Path | None, typer.Option("--report", help="Where the HTML report goes.")] = None,
) -> None:
    """Hold two runs against each other: every measure side by side, and one report with both curves."""
    left, right = runs.read(Path(before)), runs.read(Path(after))
    Console().print(comparison.table(left, right))
    page = comparison.write(left, right, file or OUT / f"compare-{left.name}.html", SystemClock().now())
    typer.echo(f"Report: {page}")


@app.command("history")
def history(name: Annotated[str, typer.Argument(help="Only of this drill.")] = "", json: Json = False) -> None:
    """List the drills that were played with this home: when, of which commit, and what was missed."""
    found = runs.history(from_environment(os.environ).home, name)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("when", "commit", "drill", "hurt", "verdict"):
        table.add_column(column)
    for run in found[:100]:
        hurt = run.value("hurt_share")
        table.add_row(
            run.at[:16].replace("T", " "),
            run.commit,
            run.name,
            told(hurt, "share") if hurt is not None else "",
            _last(run),
        )
    Console().print(table if found else "No drill was played with this home yet: doorbuster drill opening")


@app.command("export")
def export(
    name: Annotated[str, typer.Option("--locust", metavar="NAME", help="The drill whose journeys are written.")],
    file: Annotated[Path | None, typer.Option("--to", help="The file; by default locustfile-NAME.py.")] = None,
) -> None:
    """Write a drill's journeys as a Locust file, for a crowd from more than one host."""
    scenario = reading.load(name)
    path = file or Path(f"locustfile-{scenario.name}.py")
    path.write_text(locust.written(scenario))
    typer.echo(f"Wrote {path}. On one host: locust -f {path} --master; on each other one: locust -f {path} --worker")


@app.command("schedule")
def schedule(
    names: Annotated[list[str], typer.Argument(metavar="DRILL...", help="Which drills; `all` for each of ours.")],
    every: Annotated[str, typer.Option(metavar="TIME", help="How often: 30m, 6h or 1d.")] = "1d",
    cron: Annotated[str, typer.Option(help="Print a crontab line with this expression instead of running.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Play each once, tell what stopped passing, and end.")] = False,
    url: Annotated[str | None, typer.Option(help="The staging shop; by default the drills find their own.")] = None,
) -> None:
    """Keep playing drills; one that stops passing pages whoever is on call; with --once the exit status is 1 then."""
    wanted = reading.names() if names == ["all"] else [reading.load(name).name and name for name in names]
    options = ["--url", url] if url else []
    settings = from_environment(os.environ)
    if cron:
        typer.echo(scheduling.crontab(cron, wanted, options, settings.home))
        return
    plan = scheduling.Schedule(options, settings.home, settings.room_url, SystemClock(), typer.echo)
    stopped = scheduling.run(wanted, plan, None if once else scheduling.seconds(every))
    raise typer.Exit(1 if stopped else 0)


def _last(run: runs.Run | None) -> str:
    if run is None:
        return "[dim]never[/dim]"
    if run.skipped:
        return f"[yellow]skipped[/yellow] ({run.skipped})"
    if run.holds:
        return "[green]held[/green]"
    return "[bold red]missed[/] " + ", ".join(each.name for each in run.missed)
