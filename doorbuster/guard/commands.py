"""`doorbuster limit`: see what callers may send, change it while the shop runs, and look up a refusal."""

import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.guard import levers
from doorbuster.guard.classes import CLASSES, MEANINGS, RouteClass
from doorbuster.guard.levers import Lever
from doorbuster.guard.policy import (
    BrownOutSetting,
    GateSetting,
    LaneSetting,
    Limit,
    Policy,
    Setting,
    WorkSetting,
    mistakes_of,
)
from doorbuster.guard.refusals import MEANINGS as WHY
from doorbuster.guard.refusals import refusal_of
from doorbuster.guard.trying import Wish, ask, need, tell_of
from doorbuster.journal import command_line_actor, open_event_log
from doorbuster.settings import from_environment
from doorbuster.web.brownout import STEPS

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What callers may send, and levers to change it.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the journal keeps it.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Change nothing; tell what it would have refused in the last five minutes.")
]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command("list")
def list_(json: Json = False) -> None:
    """Show the limits in force, and which lever made each what it is."""
    now = SystemClock().now()
    with open_event_log(from_environment(os.environ).home) as log:
        policy, pulled = levers.policy_at(log, now)
    if json:
        _print_json({"version": f"{policy.version:08x}", "limits": policy.limits, "levers": pulled})
        return
    Console().print(_table(policy, pulled, now))


@app.command("set")
def set_(  # noqa: PLR0913 - one option for each thing that can be changed
    name: Annotated[str, typer.Argument(metavar="CLASS", help=f"One of {', '.join(CLASSES)}.")],
    *,
    reason: Reason = "",
    rate: Annotated[float | None, typer.Option(help="Requests a second of one client.")] = None,
    burst: Annotated[int | None, typer.Option(help="Requests at once of one client.")] = None,
    network_rate: Annotated[float | None, typer.Option(help="Requests a second of one network.")] = None,
    network_burst: Annotated[int | None, typer.Option(help="Requests at once of one network.")] = None,
    count_only: Annotated[
        bool | None, typer.Option("--count-only/--enforce", help="Only count what would be refused, or refuse it.")
    ] = None,
    dry_run: DryRun = False,
    lasts: Annotated[
        str, typer.Option("--for", metavar="TIME", help="For so long (90s, 10m, 2h); else until undone.")
    ] = "",
) -> None:
    """Change a class's limit, in force in every worker within about a second; or try it on the last five minutes."""
    route_class, clock = _class(name), SystemClock()
    wished = {"rate": rate, "burst": burst, "network_rate": network_rate, "network_burst": network_burst}
    changes: dict[str, float | bool] = {key: value for key, value in wished.items() if value is not None}
    changes |= {} if count_only is None else {"enforced": not count_only}
    if not changes:
        raise DoorbusterError(
            "nothing to change: give --rate, --burst, --network-rate, --network-burst or --count-only"
        )
    with open_event_log(from_environment(os.environ).home) as log:
        now = clock.now()
        limit = msgspec.structs.replace(levers.policy_at(log, now)[0].limits[route_class], **changes)
        _refuse_nonsense(mistakes_of(limit))
        if dry_run:
            tell_of(ask(from_environment(os.environ), Wish(route_class, limit)))
            return
        need(reason)
        number = levers.pull(log, command_line_actor(), route_class, limit, reason=reason, now=now, lasts=span(lasts))
    typer.echo(f"Lever {number}: {route_class} is {_words(limit)}. Take it back: doorbuster limit undo {number}")


@app.command()
def undo(lever: Annotated[int, typer.Argument(help="The lever's number.")], reason: Reason = "") -> None:
    """Take a lever back; what was in force before it is in force again."""
    with open_event_log(from_environment(os.environ).home) as log:
        if not levers.undo(log, command_line_actor(), lever, reason=reason, now=SystemClock().now()):
            raise DoorbusterError(f"no lever {lever} is in force; `doorbuster limit levers` lists them")
    typer.echo(f"Lever {lever} is undone.")


@app.command("levers")
def levers_(json: Json = False) -> None:
    """List the last levers, the newest first."""
    now = SystemClock().now()
    with open_event_log(from_environment(os.environ).home) as log:
        pulled, newest = levers.newest(log), levers.policy_at(log, now)[1]
    if json:
        _print_json(pulled)
    for lever in [] if json else pulled:
        state = _state(lever, now, newest)
        typer.echo(f"{lever.id}  {lever.at:%Y-%m-%d %H:%M:%S} UTC  {lever.name}: {words_of(lever.setting)}  "
                   f"by {lever.actor}: {lever.reason or 'no reason'}  ({state})")  # fmt: skip


@app.command()
def explain(
    refusal: Annotated[str, typer.Argument(metavar="ID", help="The id on a refusal, such as R-AAAA….")],
    json: Json = False,
) -> None:
    """Tell what a refusal was about: when, which bound, and which lever had set it."""
    settings = from_environment(os.environ)
    found = refusal_of(refusal, settings.secret)
    if found is None:
        raise DoorbusterError(f"{refusal!r} is no refusal of this shop")
    with open_event_log(settings.home) as log:
        policy, pulled = levers.policy_at(log, found.at)
    limit, lever = policy.limits[found.route_class], pulled.get(found.route_class)
    if json:
        _print_json({"refusal": found, "limit": limit, "lever": lever})
        return
    typer.echo(f"{found.at:%Y-%m-%d %H:%M:%S} UTC: {found.route_class} ({MEANINGS[found.route_class]})")
    typer.echo(f"{WHY[found.why]} Whose: {found.who}, the same for the same caller.")
    if found.why in ("client", "network"):
        typer.echo(f"The limit then: {_words(limit)}" + (f", set by {lever.actor}: {lever.reason}" if lever else ""))
    else:
        typer.echo(f"Its level was {found.level}; what came from below {found.threshold} was refused.")
    if policy.version != found.policy_version:
        typer.echo("That worker had not heard of this limit yet, or no longer obeyed it.")


def span(text: str) -> timedelta | None:
    """Read a span such as 90s, 10m, 2h or 1d; nothing for no text."""
    if not text.strip():
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*([smhd])\s*", text)
    if not found or found[1].strip("0") == "":
        raise DoorbusterError(f"{text!r} is no span of time: write 90s, 10m, 2h or 1d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _state(lever: Lever, now: datetime, newest: Mapping[str, Lever]) -> str:
    if not lever.in_force(now):
        return f"undone by {lever.undone_by}" if lever.undone_at else "expired"
    above = newest[lever.name].id
    return "in force" if above == lever.id else f"below lever {above}"


def _class(name: str) -> RouteClass:
    for known in CLASSES:
        if known == name:
            return known
    raise DoorbusterError(f"there is no class {name!r}; there are {', '.join(CLASSES)}")


def _refuse_nonsense(mistakes: Mapping[str, str]) -> None:
    for field, what in mistakes.items():
        raise DoorbusterError(f"--{field.replace('_', '-')} {what}")


def words_of(setting: Setting) -> str:
    """Say in words what a lever was set to."""
    match setting:
        case Limit():
            return _words(setting)
        case LaneSetting(closed):
            return "closed" if closed else "open"
        case GateSetting(on):
            return "on" if on else "off: nobody is held back"
        case BrownOutSetting(step):
            return f"step {step}: {STEPS[step]}"
        case WorkSetting(on):
            return "on: entering a waiting room costs a sum" if on else "off, whoever comes"


def _words(limit: Limit) -> str:
    mode = "" if limit.enforced else ", counted only"
    return (f"{limit.rate:g}/s and {limit.burst} at once for one client, {limit.network_rate:g}/s and "
            f"{limit.network_burst} for one network{mode}")  # fmt: skip


def _table(policy: Policy, pulled: Mapping[str, Lever], now: datetime) -> Table:
    table = Table("Class", "Client", "Network", "Mode", "Lever", box=None, title=f"Policy {policy.version:08x}")
    for name, limit in policy.limits.items():
        lever = pulled.get(name)
        until = f", for {(lever.expires_at - now).seconds} s more" if lever and lever.expires_at else ""
        table.add_row(
            name, f"{limit.rate:g}/s, {limit.burst} at once",
            f"{limit.network_rate:g}/s, {limit.network_burst} at once",
            "refuses" if limit.enforced else "counts only",
            f"{lever.id} by {lever.actor}: {lever.reason}{until}" if lever else "the shop's own setting",
        )  # fmt: skip
    return table


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
