"""`doorbuster oncall`: who is on call, whom that reaches, and pages; works while the shop is down."""

import asyncio
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock, new_id
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.journal import command_line_actor, open_event_log
from doorbuster.on_call import pages, people
from doorbuster.on_call.pager import Message, send_by_apprise
from doorbuster.on_call.pages import Trouble
from doorbuster.on_call.policy import Policy, Step, set_policy
from doorbuster.on_call.rota import TEAMS, Rotation, rota_at, set_rotation, stand_in
from doorbuster.settings import from_environment

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who is on call, whom that reaches, and pages.")
person_app = typer.Typer(no_args_is_help=True, help="People who can be on call.")
target_app = typer.Typer(no_args_is_help=True, help="How a person is reached: any address that apprise knows.")
app.add_typer(person_app, name="person")
app.add_typer(target_app, name="target")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A person's name.")]
Team = Annotated[str, typer.Argument(metavar="TEAM", help=f"One of {', '.join(TEAMS)}.")]


@app.command("who")
def who(as_json: Json = False) -> None:
    """Say who is on call for each team, and how that person is reached."""
    now = SystemClock().now()
    with open_event_log(_home()) as log:
        known, rota = people.everybody(log), rota_at(log, now)
    found = {team: known.get(rota.on_call(team, now)[0] or 0) for team in TEAMS}
    if as_json:
        told = {team: person.name if person else None for team, person in found.items()}
        typer.echo(msgspec.json.encode(told).decode())
        return
    table = Table("team", "on call", "reached by", box=None)
    for team, person in found.items():
        reached = ", ".join(target.masked for target in person.targets) if person else "everybody is told"
        table.add_row(team, person.name if person else "nobody", reached or "nothing: add a target")
    Console().print(table)


@person_app.command("add")
def person_add(name: Name) -> None:
    """Let somebody be on call."""
    with open_event_log(_home()) as log:
        people.add_person(log, command_line_actor(), name, SystemClock().now())
    typer.echo(f"{name} can be on call; now give them a target: doorbuster oncall target add {name!r} ADDRESS")


@person_app.command("remove")
def person_remove(name: Name) -> None:
    """Let somebody be on call no more."""
    with open_event_log(_home()) as log:
        people.remove_person(log, command_line_actor(), name, SystemClock().now())


@target_app.command("add")
def target_add(
    name: Name,
    address: Annotated[str, typer.Argument(help=f"Such as {people.EXAMPLES}.")],
    important: Annotated[bool, typer.Option("--important", help="Only when the usual ones were not enough.")] = False,
) -> None:
    """Give a person a way to be reached."""
    with open_event_log(_home()) as log:
        number = people.add_target(
            log, command_line_actor(), name, address, important=important, now=SystemClock().now()
        )
    typer.echo(f"target {number} of {name}: {people.masked(address)}; try it with: doorbuster oncall test {name!r}")


@target_app.command("remove")
def target_remove(number: Annotated[int, typer.Argument(help="The target's number.")]) -> None:
    """Take a way to reach somebody away."""
    with open_event_log(_home()) as log:
        if not people.remove_target(log, command_line_actor(), number, SystemClock().now()):
            raise Misconfigured(f"there is no target {number}")


@app.command("rotation")
def rotation(
    team: Team,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Who takes turns, in order.")],
    *,
    days: Annotated[int, typer.Option(help="How long a shift lasts.")] = 7,
    hand_over: Annotated[str, typer.Option(help="The local time of the hand-over.")] = "09:00",
    zone: Annotated[str, typer.Option(help="The time zone of the hand-over.")] = "UTC",
    begins: Annotated[str, typer.Option(help="The first day, such as 2026-11-30; today without it.")] = "",
) -> None:
    """Set the rotation of a team."""
    with open_event_log(_home()) as log:
        numbers = tuple(people.named(log, name).id for name in names)
        first = _day(begins) if begins else SystemClock().now().date()
        set_rotation(log, Rotation(team, zone, _time(hand_over), days, first, numbers))


@app.command("override")
def override(
    team: Team,
    name: Name,
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 28, help="For how long.")] = 8.0,
    begins: Annotated[str, typer.Option(help="From when, in UTC, such as 2026-12-24T09:00; now without it.")] = "",
) -> None:
    """Let somebody stand in for a while."""
    since = _moment(begins) if begins else SystemClock().now()
    with open_event_log(_home()) as log:
        stand_in(log, team, people.named(log, name).id, since, since + timedelta(hours=hours))


@app.command("policy")
def policy(
    team: Team,
    steps: Annotated[
        list[str], typer.Argument(metavar="STEP…", help="whom:minutes or whom:minutes:important, such as on-call:5.")
    ],
    repeat: Annotated[int, typer.Option(help="How often the steps begin again.")] = 3,
) -> None:
    """Set whom a page goes to, and whom when nobody acknowledges: on-call, everybody, or a name."""
    with open_event_log(_home()) as log:
        set_policy(log, team, Policy(tuple(map(_step, steps)), repeat), people.everybody(log).values())


@app.command("page")
def page(
    team: Team,
    headline: Annotated[str, typer.Argument(help="What is the matter, in a sentence.")],
    text: Annotated[str, typer.Option(help="More about it.")] = "",
) -> None:
    """Page the on-call of a team; the control plane sends it within a second."""
    settings, now = from_environment(os.environ), SystemClock().now()
    trouble = Trouble(f"by-hand/{new_id()}", "", team, headline, text or headline, settings.room_url)
    if team not in TEAMS:
        raise Misconfigured(f"there is no team {team!r}; there are {', '.join(TEAMS)}")
    with open_event_log(settings.home) as log:
        made = pages.notify(log, trouble, int(now.timestamp()))
    typer.echo(f"page {made.id}")


@app.command("pages")
def pages_(as_json: Json = False) -> None:
    """List the last pages and what became of their messages."""
    with open_event_log(_home()) as log:
        found = [(each, pages.deliveries(log, each.id)) for each in pages.newest(log)]
    if as_json:
        told = [{**msgspec.to_builtins(each), "state": each.state, "messages": [
            {**msgspec.to_builtins(message), "url": people.masked(message.url)} for message in messages
        ]} for each, messages in found]  # fmt: skip
        typer.echo(msgspec.json.encode(told).decode())
        return
    for each, messages in found:
        Console().print(f"[bold]{each.headline}[/] ({each.team}, {each.state}) {each.id}")
        for message in messages:
            Console().print(f"  {message.state:<6} {message.name} {people.masked(message.url)} {message.why}")


@app.command("ack")
def ack(number: Annotated[str, typer.Argument(metavar="PAGE", help="The page's number.")]) -> None:
    """Take a page."""
    with open_event_log(_home()) as log:
        if not pages.acknowledge(log, number, command_line_actor().name, int(SystemClock().now().timestamp())):
            raise Misconfigured(f"no page {number} waits to be taken; see: doorbuster oncall pages")


@app.command("test")
def test(name: Name) -> None:
    """Send a test message to every target of a person, and say what was delivered."""
    with open_event_log(_home()) as log:
        person = people.named(log, name)
    if not person.targets:
        raise Misconfigured(f"{name} has no target: doorbuster oncall target add {name!r} ADDRESS")
    failures = 0
    for target in person.targets:
        message = Message(target.url, "[test] Doorbuster", "This is a test. Nothing is wrong.")
        why = asyncio.run(send_by_apprise(message))
        failures += bool(why)
        typer.echo(f"{target.masked}: {why or 'delivered'}")
    if failures:
        raise DoorbusterError(f"{failures} of {len(person.targets)} messages were not delivered")


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
        return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo("UTC")).astimezone(UTC)
    except ValueError as fault:
        raise Misconfigured(f"{words!r} is no time; one is 2026-12-24T09:00") from fault
