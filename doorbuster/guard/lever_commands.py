"""What the commands that pull levers share."""

import os
from datetime import timedelta
from typing import Annotated

import typer

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.guard import levers
from doorbuster.guard.commands import words_of
from doorbuster.guard.policy import Setting
from doorbuster.journal import command_line_actor, open_event_log
from doorbuster.settings import from_environment

Lasts = Annotated[
    str, typer.Option("--for", metavar="TIME", help="For so long (90s, 10m, 2h); else until it is taken back.")
]


def pull(name: str, setting: Setting, reason: str, lasts: timedelta | None) -> None:
    """Pull a lever in the name of whoever is at the command line, and say how to take it back."""
    with open_event_log(from_environment(os.environ).home) as log:
        number = levers.pull(
            log, command_line_actor(), name, setting, reason=reason, now=SystemClock().now(), lasts=lasts
        )
    typer.echo(f"Lever {number}: {name} is {words_of(setting)}. Take it back: doorbuster limit undo {number}")


def take_back(name: str, none: str, reason: str) -> None:
    """Undo the lever of this name that is in force; `none` is what to say when there is none."""
    now = SystemClock().now()
    with open_event_log(from_environment(os.environ).home) as log:
        pulled = levers.policy_at(log, now)[1].get(name)
        if pulled is None:
            raise DoorbusterError(none)
        levers.undo(log, command_line_actor(), pulled.id, reason=reason, now=now)
    typer.echo(f"Lever {pulled.id} is undone.")
