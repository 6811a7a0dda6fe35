"""`doorbuster alerts`: what fires, silences, the table for other programs, the table tried on the last hour."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.guard.commands import span
from doorbuster.journal import EventLog, command_line_actor, open_event_log
from doorbuster.settings import Settings, from_environment
from doorbuster.watch import alert as life
from doorbuster.watch import silences
from doorbuster.watch.alert import Alert
from doorbuster.watch.alerts import AlertBook, remember
from doorbuster.watch.prometheus import TEAMS, alertmanager_example, prometheus_rules
from doorbuster.watch.rules import BY_NAME, rules
from doorbuster.watch.series import Series
from doorbuster.watch.silences import LASTS_MAX

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What is wrong, and who wants to be told of it.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]


@app.command("list")
def list_(
    hours: Annotated[int, typer.Option(min=0, max=744, help="Also what was resolved in the last so many hours.")] = 0,
    json: Json = False,
) -> None:
    """Show what fires, as the control plane last wrote it down; exit status 1 when a page does."""
    now = SystemClock().now()
    with open_event_log(from_environment(os.environ).home) as log:
        known = {each.id: each for each in life.open_alerts(log)}
        if hours:
            known |= {each.id: each for each in life.history(log, int(now.timestamp()) - hours * 3600, most=500)}
        silent = silences.in_force(log, now)
    alerts = sorted(known.values(), key=lambda each: (each.state != "firing", each.severity, -(each.fired_at or 0)))
    if json:
        _print_json({"alerts": alerts, "silences": silent})
    else:
        _show(alerts, silent)
    raise typer.Exit(1 if any(_is_loud_page(each) for each in alerts) else 0)


@app.command("silence")
def silence(
    rule: Annotated[str, typer.Argument(help="The alert's name; leave it out to silence a whole team.")] = "",
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; the journal keeps it.")],
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="For so long: 30m, 2h, at most 7d.")],
    subject: Annotated[str, typer.Option(help="Only of this subject, such as a table.")] = "",
    team: Annotated[str, typer.Option(help=f"Everything of one team: {', '.join(TEAMS)}.")] = "",
) -> None:
    """Do not be told of an alert for a while; it is still judged and shown."""
    if rule and rule not in BY_NAME:
        raise DoorbusterError(f"there is no alert {rule}; `doorbuster alerts rules` lists them")
    if team and team not in TEAMS:
        raise DoorbusterError(f"there is no team {team}; there are {', '.join(TEAMS)}")
    if not rule and not team:
        raise DoorbusterError("name an alert or a --team: everything at once is never silenced")
    duration = span(lasts)
    if duration is None or duration > LASTS_MAX:
        raise DoorbusterError(f"--for {lasts!r} must be a time such as 30m or 2h, at most 7d")
    with open_event_log(from_environment(os.environ).home) as log:
        number = silences.silence(
            log, command_line_actor(), rule=rule, subject=subject, team=team, reason=reason, now=SystemClock().now(),
            lasts=duration,
        )  # fmt: skip
    typer.echo(f"Silence {number}, for {lasts}. End it sooner: doorbuster alerts unsilence {number}")


@app.command("unsilence")
def unsilence(
    number: Annotated[int, typer.Argument(help="The silence's number.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; the journal keeps it.")] = "",
) -> None:
    """Be told again."""
    with open_event_log(from_environment(os.environ).home) as log:
        if not silences.end(log, command_line_actor(), number, reason=reason, now=SystemClock().now()):
            raise DoorbusterError(
                f"there is no silence {number} in force; `doorbuster alerts list` shows those that are"
            )
    typer.echo(f"Silence {number} is over.")


@app.command("rules")
def rules_(
    prometheus: Annotated[bool, typer.Option("--prometheus", help="As a rule file for Prometheus.")] = False,
    alertmanager: Annotated[
        bool, typer.Option("--alertmanager", help="As an example of Alertmanager's configuration.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the table of alerts, with the objectives of this shop."""
    settings = from_environment(os.environ)
    table = rules(settings.month_objective, settings.sale_objective)
    if prometheus or alertmanager:
        text = prometheus_rules(table, settings.control_url) if prometheus else alertmanager_example(table)
        typer.echo(text, nl=False)
    elif json:
        shown = (
            "name",
            "severity",
            "team",
            "above",
            "below",
            "eases",
            "hold",
            "clear",
            "unit",
            "follows",
            "says",
            "runbook",
        )
        _print_json([{name: getattr(rule, name) for name in shown} for rule in table])
    else:
        drawn = _table("alert", "severity", "team", "fires after", "says")
        for rule in table:
            drawn.add_row(rule.name, rule.severity, rule.team, f"{rule.hold} s", rule.sentence)
        Console().print(drawn)


@app.command("test")
def tried(json: Json = False) -> None:
    """Try the table on the last hour, as the control plane measured it, and tell what fires; nobody is told of it."""
    settings = from_environment(os.environ)
    now = int(SystemClock().now().timestamp())
    with _series(settings, now) as series, open_event_log(settings.home) as log:
        ticks = series.recent(3600)
        if not ticks:
            raise DoorbusterError("nothing was measured in the last hour: is the control plane running?")
        fired, cost = _replayed(settings, log, series, ticks)
    if json:
        _print_json({"seconds": len(ticks), "milliseconds_per_second": cost, "alerts": fired})
        return
    typer.echo(f"{len(ticks):,} seconds judged, {cost:.2f} ms each.")
    _show(fired, [])


def _replayed(settings: Settings, log: EventLog, series: Series, ticks: list[Any]) -> tuple[list[Alert], float]:
    """Judge the ticks by a book of its own, and return what fired, and what a second's judgement took in ms."""
    book = AlertBook(log, rules(settings.month_objective, settings.sale_objective))
    book.past.begin(ticks[0].at - 1)
    remember(book.past, series)
    fired: dict[str, Alert] = {}
    started = time.perf_counter()
    for tick in ticks:
        fired |= {each.id: each for each in book.judge(tick.at, tick)}
    return list(fired.values()), (time.perf_counter() - started) * 1000 / len(ticks)


@contextmanager
def _series(settings: Settings, now: int) -> Iterator[Series]:
    """Open the series to be read only: the control plane is writing them."""
    path: Path = settings.home / "series.sqlite"
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.OperationalError as fault:
        raise DoorbusterError(f"{path} cannot be read ({fault}): has the control plane run here?") from fault
    with closing(connection):
        yield Series(connection, now)


def _is_loud_page(alert: Alert) -> bool:
    return alert.state == "firing" and alert.severity == "page" and not alert.muted


def _show(alerts: list[Alert], silent: list[silences.Silence]) -> None:
    if not alerts:
        typer.echo("Nothing fires.")
    else:
        drawn = _table("", "alert", "severity", "since (UTC)", "what")
        for alert in alerts:
            mute = f" ↳ {alert.follows}" if alert.follows else f" (silence {alert.silence})" if alert.silence else ""
            since = datetime.fromtimestamp(alert.since, UTC).strftime("%m-%d %H:%M:%S")
            name = f"{alert.rule}{f' {alert.subject}' if alert.subject else ''}"
            drawn.add_row(_mark(alert), name, alert.severity, since, alert.summary + mute)
        Console().print(drawn)
    for each in silent:
        typer.echo(
            f"Silence {each.id}: {each.about} until {each.expires_at:%m-%d %H:%M} UTC, {each.actor}: {each.reason}"
        )


def _mark(alert: Alert) -> str:
    if alert.state == "resolved":
        return "[green]○[/green]"
    return "[dim]◐[/dim]" if alert.muted else "[red]■[/red]" if alert.severity == "page" else "[yellow]▲[/yellow]"


def _table(*headings: str) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading)
    return drawn


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
