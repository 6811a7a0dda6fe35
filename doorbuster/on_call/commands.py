"""`doorbuster oncall`: who is on call, whom that reaches, and pages; works while the shop is down."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock, new_id
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.journal import EventLog, command_line_actor, open_event_log
from doorbuster.on_call import pages, people, rota_commands
from doorbuster.on_call.pages import BY_HAND, Page, Trouble
from doorbuster.on_call.rota import TEAMS, require_team, rota_at
from doorbuster.on_call.sending import Message, Sender
from doorbuster.settings import from_environment

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who is on call, whom that reaches, and pages.")
person_app = typer.Typer(no_args_is_help=True, help="People who can be on call.")
target_app = typer.Typer(
    no_args_is_help=True, help="How a person is reached: a mail address, or any that apprise knows."
)
app.add_typer(person_app, name="person")
app.add_typer(target_app, name="target")
app.add_typer(rota_commands.app)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Number = Annotated[str, typer.Argument(metavar="PAGE", help="The page's number, as a message shows it.")]
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


@target_app.command("list")
def target_list(as_json: Json = False) -> None:
    """List everybody and how they are reached, secrets left out."""
    with open_event_log(_home()) as log:
        known = list(people.everybody(log).values())
    if as_json:
        told = [{"name": who.name, "target": each.id, "address": each.masked, "important": each.important}
                for who in known for each in who.targets]  # fmt: skip
        typer.echo(msgspec.json.encode(told).decode())
        return
    table = Table("Name", "Target", "Address", "", box=None)
    for who in known:
        for each in who.targets:
            table.add_row(who.name, str(each.id), each.masked, "only when it is urgent" if each.important else "")
        if not who.targets:
            table.add_row(who.name, "", "none", "")
    Console().print(table if known else "Nobody yet: doorbuster oncall person add NAME")


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


@app.command("page")
def page(
    team: Team,
    headline: Annotated[str, typer.Argument(help="What is the matter, in a sentence.")],
    text: Annotated[str, typer.Option(help="More about it.")] = "",
) -> None:
    """Page the on-call of a team; the control plane sends it within a second."""
    settings, now = from_environment(os.environ), SystemClock().now()
    trouble = Trouble(f"{BY_HAND}{new_id()}", "", team, headline, text, settings.room_url + "/on-call")
    require_team(team)
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
def ack(number: Number) -> None:
    """Take a page."""
    with open_event_log(_home()) as log:
        page_id = _page(log, number).id
        if not pages.acknowledge(log, page_id, command_line_actor().name, int(SystemClock().now().timestamp())):
            raise Misconfigured(f"page {number} is taken already, or over; see: doorbuster oncall pages")
    typer.echo("It is yours; nobody else is told.")


@app.command("resolve")
def resolve(number: Number) -> None:
    """End a page that was made by hand; an incident's page ends with its incident."""
    with open_event_log(_home()) as log:
        found = _page(log, number)
        if not found.by_hand:
            raise Misconfigured(f"the page is an incident's and ends with it: {found.url}")
        if not pages.resolve(log, found.id, command_line_actor().name, int(SystemClock().now().timestamp())):
            raise Misconfigured(f"page {number} is over already")


@app.command("test")
def send_tests(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A person; everybody without one.")] = "",
    as_json: Json = False,
) -> None:
    """Send a test message to every target of a person, or of everybody, and say what was delivered."""
    settings = from_environment(os.environ)
    with open_event_log(settings.home) as log:
        chosen = [people.named(log, name)] if name else list(people.everybody(log).values())
    targets = [(person, target) for person in chosen for target in person.targets]
    if not targets:
        lacking = f"{name} has no target" if name else "nobody has a target"
        raise Misconfigured(f"{lacking}: doorbuster oncall target add NAME ADDRESS")
    whys = asyncio.run(_sent(Sender(settings), [target.url for _, target in targets]))
    fates = [
        Fate(who.name, each.id, each.masked, why or "delivered") for (who, each), why in zip(targets, whys, strict=True)
    ]
    if as_json:
        typer.echo(msgspec.json.encode(fates).decode())
    else:
        for fate in fates:
            typer.echo(f"{fate.name}, target {fate.target}, {fate.address}: {fate.fate}")
    if failures := sum(bool(why) for why in whys):
        raise DoorbusterError(f"{failures} of {len(targets)} messages were not delivered")


class Fate(msgspec.Struct, frozen=True):
    """What became of a test message."""

    name: str
    target: int
    address: str
    fate: str


async def _sent(sender: Sender, urls: list[str]) -> list[str]:
    text = "This is a test. Nothing is wrong."
    try:
        return await asyncio.gather(*(sender.send(Message(url, "[test] Doorbuster", text)) for url in urls))
    finally:
        sender.close()


def _page(log: EventLog, number: str) -> Page:
    """Return the page of an id, or of the six letters at the end of it that a message shows."""
    found = [each for each in pages.newest(log) if each.id.endswith(number.lower())] if len(number) >= 6 else []
    if len(found) != 1:
        raise Misconfigured(f"there is no page {number!r}; see: doorbuster oncall pages")
    return found[0]


def _home() -> Path:
    return from_environment(os.environ).home
