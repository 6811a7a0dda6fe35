"""`doorbuster lane`: close and open lanes to the database, and switch the gate, while the shop runs."""

import os
from typing import Annotated

import typer

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.guard import levers
from doorbuster.guard.commands import DryRun, Reason, span
from doorbuster.guard.lanes import LANES, MEANINGS
from doorbuster.guard.lever_commands import Lasts, pull, take_back
from doorbuster.guard.policy import GateSetting, LaneSetting, WorkSetting
from doorbuster.guard.trying import Wish, ask, need, tell_of
from doorbuster.journal import open_event_log
from doorbuster.settings import from_environment

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Close and open lanes to the database.")


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise typer.BadParameter("say on or off")
    return text == "on"


@app.command("list")
def list_() -> None:
    """Tell what each lane is for, and whether it is closed."""
    with open_event_log(from_environment(os.environ).home) as log:
        policy = levers.policy_at(log, SystemClock().now())[0]
    for each in LANES:
        typer.echo(f"{each.name:9} {'closed' if each.name in policy.closed else 'open':7} {MEANINGS[each.name]}")
    if not policy.gate:
        typer.echo("The gate is off: nobody is held back.")


@app.command("close")
def close(name: str, *, reason: Reason = "", lasts: Lasts = "", dry_run: DryRun = False) -> None:
    """Close a lane to everybody who does not bear a pass; or try it on the last five minutes."""
    if dry_run:
        tell_of(ask(from_environment(os.environ), Wish(_lane(name))))
        return
    need(reason)
    pull(_lane(name), LaneSetting(), reason, span(lasts))


@app.command("open")
def open_(name: str, reason: Reason = "") -> None:
    """Open a closed lane again."""
    take_back(_lane(name), f"the lane {name} is open already", reason)


@app.command("gate")
def gate(
    on: Annotated[bool, typer.Argument(metavar="on|off", parser=_switch)],
    *,
    reason: Reason,
    lasts: Lasts = "",
) -> None:
    """Switch the gate off and on: off, everybody goes to the database at once."""
    pull("gate", GateSetting(on), reason, span(lasts))


@app.command("work")
def work(how: Annotated[str, typer.Argument(metavar="on|off|auto")], *, reason: Reason = "", lasts: Lasts = "") -> None:
    """Ask a sum for a waiting room's ticket: always, never, or (auto) while one network asks for many."""
    if how == "auto":
        take_back("work", "nobody has fixed it", reason)
        return
    need(reason)
    pull("work", WorkSetting(_switch(how)), reason, span(lasts))


def _lane(name: str) -> str:
    if name not in MEANINGS:
        raise DoorbusterError(f"there is no lane {name!r}; there are {', '.join(MEANINGS)}")
    return levers.LANE + name
