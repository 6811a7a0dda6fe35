"""`doorbuster oncall`: who takes turns, who stands in, and what happens when nobody acknowledges."""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock
from doorbuster.errors import Misconfigured
from doorbuster.journal import command_line_actor, open_event_log
from doorbuster.on_call import people
from doorbuster.on_call.policy import Policy, Step, policies, policy_of, require_subject, set_policy
from doorbuster.on_call.rota import TEAMS, Override, Rotation, require_team, rota_at, set_rotation, stand_in, take_back
from doorbuster.settings import from_environment

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A person's name.")]
Team = Annotated[str, typer.Argument(metavar="TEAM", help=f"One of {', '.join(TEAMS)}.")]


@app.command("schedule")
def schedule(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days from now on.")] = 14, as_json: Json = False
) -> None:
    """Say who is on call when, for each team, gaps included."""
    now = SystemClock().now().replace(microsecond=0)
    with open_event_log(_home()) as log:
        known, rota = people.everybody(log), rota_at(log, now)
    rows = [
        (team, known[each.person_id].name if each.person_id in known else None, each)
        for team in TEAMS
        for each in rota.stretches(team, now, days)
    ]
    if as_json:
        told = [
            {"team": team, "name": name, "begins": each.begins, "ends": each.ends, "stands_in": each.stands_in}
            for team, name, each in rows
        ]
        typer.echo(msgspec.json.encode(told).decode())
        return
    table = Table("Team", "On call", "From (UTC)", "Until (UTC)", box=None)
    for team, name, each in rows:
        who = f"{name} (stands in)" if name and each.stands_in else name or "nobody: everybody is told"
        table.add_row(team, who, f"{each.begins:%a %d %b %H:%M}", f"{each.ends:%a %d %b %H:%M}")
    Console().print(table)


@app.command("rotation")
def rotation(
    team: Team,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Who takes turns, in order.")],
    *,
    days: Annotated[int, typer.Option(help="How long a shift lasts.")] = 7,
    hand_over: Annotated[str, typer.Option(help="The local time of the hand-over.")] = "09:00",
    zone: Annotated[str, typer.Option(help="The time zone of the hand-over.")] = "UTC",
    begins: Annotated[str, typer.Option(help="The first day, such as 2026-11-30; at once without it.")] = "",
) -> None:
    """Set the rotation of a team."""
    require_team(team)
    now = SystemClock().now()
    with open_event_log(_home()) as log:
        numbers = tuple(people.named(log, name).id for name in names)
        first = _day(begins) if begins else now.date()
        wish = Rotation(team, zone, _time(hand_over), days, first, numbers)
        set_rotation(log, command_line_actor(), wish if begins else wish.beginning(now), now)


@app.command("override")
def override(
    team: Team,
    name: Name,
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 28, help="For how long.")] = 8.0,
    begins: Annotated[str, typer.Option(help="From when, in UTC, such as 2026-12-24T09:00; now without it.")] = "",
) -> None:
    """Let somebody stand in for a while."""
    require_team(team)
    now = SystemClock().now()
    since = int((_moment(begins) if begins else now).timestamp())
    with open_event_log(_home()) as log:
        wish = Override(0, team, people.named(log, name).id, since, since + int(hours * 3600))
        number = stand_in(log, command_line_actor(), wish, now)
    until = datetime.fromtimestamp(wish.ends_at, UTC)
    typer.echo(
        f"{name} stands in for {team} until {until:%a %d %b %H:%M} UTC; doorbuster oncall stand-down {number} undoes it"
    )


@app.command("overrides")
def overrides(as_json: Json = False) -> None:
    """List who stands in for whom, now and later."""
    with open_event_log(_home()) as log:
        known, found = people.everybody(log), rota_at(log, SystemClock().now()).overrides
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("Number", "Team", "Stands in", "From (UTC)", "Until (UTC)", box=None)
    for each in found:
        begins, ends = (datetime.fromtimestamp(at, UTC) for at in (each.begins_at, each.ends_at))
        name = known[each.person_id].name if each.person_id in known else "somebody who left"
        table.add_row(str(each.id), each.team, name, f"{begins:%a %d %b %H:%M}", f"{ends:%a %d %b %H:%M}")
    Console().print(table if found else "Nobody stands in.")


@app.command("stand-down")
def stand_down(number: Annotated[int, typer.Argument(help="The override's number.")]) -> None:
    """Let nobody stand in after all."""
    with open_event_log(_home()) as log:
        if not take_back(log, command_line_actor(), number, SystemClock().now()):
            raise Misconfigured(f"there is no override {number}; see: doorbuster oncall overrides")


@app.command("policy")
def policy(
    subject: Annotated[str, typer.Argument(metavar="TEAM|CAUSE", help="A team, or a cause such as missing_index.")],
    steps: Annotated[
        list[str], typer.Argument(metavar="STEP…", help="whom:minutes or whom:minutes:important, such as on-call:5.")
    ],
    repeat: Annotated[int, typer.Option(help="How often the steps begin again.")] = 3,
) -> None:
    """Set whom a page goes to, and whom when nobody acknowledges: on-call, everybody, or a name."""
    require_subject(subject)
    with open_event_log(_home()) as log:
        wanted = Policy(tuple(map(_step, steps)), repeat)
        set_policy(log, command_line_actor(), subject, wanted, SystemClock().now())


@app.command("policies")
def policies_(as_json: Json = False) -> None:
    """List what happens to a page of each team, and of the causes that have steps of their own."""
    with open_event_log(_home()) as log:
        known = policies(log)
    found = {subject: policy_of(known, subject) for subject in (*TEAMS, *(each for each in known if each not in TEAMS))}
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("For", "Steps", "Repeated", box=None)
    for subject, each in found.items():
        steps = ", then ".join(
            f"{step.whom}{' (every target)' if step.important else ''} for {step.wait_minutes} min"
            for step in each.steps
        )
        table.add_row(subject, steps, str(each.repeat))
    Console().print(table)


def _home() -> Path:
    return from_environment(os.environ).home


def _step(words: str) -> Step:
    whom, _, rest = words.removesuffix(":important").rpartition(":")
    if not whom or not rest.isdecimal():
        raise Misconfigured(f"{words!r} is no step; one is on-call:5 or everybody:10:important")
    return Step(whom, int(rest), words.endswith(":important"))


def _time(words: str) -> time:
    try:
        return time.fromisoformat(words)
    except ValueError as fault:
        raise Misconfigured(f"{words!r} is no time of the day; one is 09:00") from fault


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError as fault:
        raise Misconfigured(f"{words!r} is no day; one is 2026-11-30") from fault


def _moment(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words).replace(tzinfo=UTC)
    except ValueError as fault:
        raise Misconfigured(f"{words!r} is no time; one is 2026-12-24T09:00") from fault
