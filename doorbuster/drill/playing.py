"""Plays a drill from its scenario to its report: finds or opens the shop, rehearses, judges, writes, remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from doorbuster.clock import SystemClock
from doorbuster.database.pool import open_database
from doorbuster.database.reach import reach_url
from doorbuster.drill import comparison, live, report, runs, target, verdict
from doorbuster.drill.clients import ungrouped
from doorbuster.drill.commands import OUT, RUNS
from doorbuster.drill.ground import CannotHere, needs_own_shop, prepared
from doorbuster.drill.measures import Outcome, told
from doorbuster.drill.rehearsal import Rehearsal, Stage, rehearse
from doorbuster.drill.runs import Run
from doorbuster.drill.scenario import Scenario
from doorbuster.drill.target import Target
from doorbuster.drill.verdict import Verdict
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.settings import Settings

CONNECTIONS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How a drill is run, beside what the scenario says; `stage` makes one that sells in a currency.

    With `own`, a shop is opened for the drill whatever runs here.
    """

    stage: Callable[[str], Stage]
    url: str | None
    workers: int
    clients: int
    seed: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A drill that was played, whole."""

    outcome: Outcome
    verdict: Verdict
    run: Run
    page: Path


def play(scenario: Scenario, settings: Settings, console: Console, options: Options, file: Path | None) -> Played:
    """Play a drill; write its report and its run, and remember it in the home's history."""
    scenario.trace_counts()
    began = SystemClock().monotonic()
    with ungrouped():
        outcome, where = asyncio.run(_rehearsed(scenario, settings, console, options))
    decided, now = verdict.judge(scenario, outcome), SystemClock().now()
    run = runs.run_of(scenario, outcome, decided, now.isoformat(), seed=options.seed, shop=where)
    page = file or OUT / f"drill-{scenario.name}-{now:%Y%m%d-%H%M%S}.html"
    run = msgspec.structs.replace(run, took_seconds=SystemClock().monotonic() - began, report=str(page.absolute()))
    facts = {"seed": str(options.seed), "shop": where, "client processes": str(options.clients), "commit": run.commit}
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(report.render(scenario, outcome, decided, now, facts))
        OUT.mkdir(exist_ok=True)
        (OUT / f"drill-{scenario.name}.json").write_bytes(verdict.as_json(decided))
        if outcome.postmortem:
            (OUT / f"drill-{scenario.name}-postmortem.md").write_text(outcome.postmortem)
        runs.keep(run, RUNS)
        runs.remember(run, settings.home)
    except OSError as fault:
        raise DoorbusterError(f"the report cannot be written to {page}: {fault.strerror}") from fault
    return Played(outcome, decided, run, page)


def skip(scenario: Scenario, settings: Settings, why: str) -> Run:
    """Remember that a drill could not be played here."""
    run = Run(
        name=scenario.name, title=scenario.title, at=SystemClock().now().isoformat(), commit=runs.commit(),
        holds=False, skipped=why,
    )  # fmt: skip
    runs.remember(run, settings.home)
    return run


def one_of_all(scenario: Scenario, settings: Settings, console: Console, options: Options) -> Run:
    """Play one of many drills, in a shop of its own; one that fails to be played is a drill that does not hold."""
    console.rule(f"[bold]{scenario.name}[/bold]")
    try:
        done = play(scenario, settings, console, options, None)
    except CannotHere as fault:
        console.print(f"[yellow]Skipped[/yellow]: {fault}", highlight=False)
        return skip(scenario, settings, str(fault))
    tell(console, done)
    return done.run


def summary(console: Console, found: Sequence[Run]) -> None:
    """Print a line for each drill and write out/drills.json."""
    table = Table(title="The drills", title_justify="left", show_edge=False, pad_edge=False)
    for column in ("drill", "hurt", "p99", "took", "verdict"):
        table.add_column(column, justify="left" if column in ("drill", "verdict") else "right")
    rows: list[dict[str, object]] = []
    for run in found:
        rows.append({"name": run.name, "value": len(run.missed), "unit": "missed expectations", "target": 0,
                     "holds": None if run.skipped else run.holds})  # fmt: skip
        rows += [
            {"name": f"{run.name}: {each.name}", "value": each.value, "unit": each.unit, "target": each.bound,
             "holds": each.holds}
            for each in run.measured if each.target
        ]  # fmt: skip
        table.add_row(run.name, _told(run, "hurt_share", "share"), _told(run, "answer_p99_seconds", "s"),
                      told(run.took_seconds, "s"), _verdict(run))  # fmt: skip
    OUT.mkdir(exist_ok=True)
    (OUT / "drills.json").write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1))
    console.print(table)
    console.print(f"Figures: {OUT / 'drills.json'}", highlight=False)


def tell(console: Console, done: Played) -> None:
    """Print the verdict."""
    console.print(live.verdict_table(done.verdict))
    for words in (*done.verdict.warnings, *done.outcome.findings[:20], *done.outcome.record.broken_promises[:20]):
        console.print(f"[yellow]![/yellow] {words}", highlight=False)
    if done.verdict.saturated:
        console.print("[bold red]No verdict: the crowd itself was the bottleneck.[/] Try --clients, or fewer shoppers.")
    elif done.run.holds:
        console.print("[bold green]The verdict holds.[/]")
    else:
        console.print("[bold red]The verdict does not hold.[/]")
    console.print(f"Report: {done.page}", highlight=False, soft_wrap=True)
    if done.outcome.postmortem:
        console.print(f"What the shop wrote of it: {OUT / f'drill-{done.run.name}-postmortem.md'}", highlight=False)


def tell_both(console: Console, was: Run, is_: Run, file: Path | None) -> None:
    """Print how it was beside how it is, and write the comparison's report and picture."""
    console.print(comparison.table(was, is_))
    page = comparison.write(was, is_, file or OUT / f"drill-{is_.name}-compared.html", SystemClock().now())
    console.print(f"Both: {page}, and the picture beside it.", highlight=False, soft_wrap=True)


def _told(run: Run, name: str, unit: str) -> str:
    return "" if run.skipped else told(run.value(name), unit)


def _verdict(run: Run) -> Text:
    if run.skipped:
        return Text(f"skipped: {run.skipped}", style="yellow")
    if run.holds:
        return Text("holds", style="green")
    return Text("no verdict" if run.saturated else ", ".join(each.name for each in run.missed), style="bold red")


async def _rehearsed(scenario: Scenario, settings: Settings, console: Console, options: Options) -> tuple[Outcome, str]:
    async with _shop(scenario, settings, console, options) as shop:
        with reach_url(shop.settings) as database_url:
            async with open_database(database_url, connections=CONNECTIONS, application="doorbuster drill") as database:
                rehearsal = Rehearsal(
                    scenario=scenario, target=shop, database=database, database_url=database_url,
                    stage=options.stage(shop.settings.currency), seed=options.seed, clients=options.clients,
                    clock=SystemClock(),
                )  # fmt: skip
                with live.View(console, scenario, SystemClock()) as view:
                    return await rehearse(rehearsal, view), shop.url


@asynccontextmanager
async def _shop(scenario: Scenario, settings: Settings, console: Console, options: Options) -> AsyncIterator[Target]:
    """Give the shop: the running one, or one of its own if that is asked for or the drill breaks or changes things."""
    if needs_own_shop(scenario) or options.own:
        if options.url:
            raise Misconfigured(
                f"{scenario.name} is played in a shop of its own, so that it may break or change it: leave --url out"
            )
    elif found := await target.running(settings, options.url):
        console.print(f"Found the shop at {found.url}.")
        yield found
        return
    async with prepared(scenario, options.workers, console.print) as opened:
        yield opened
