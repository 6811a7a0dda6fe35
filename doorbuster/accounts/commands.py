"""`doorbuster operator`: invite, recover and disable operators from the machine that runs the shop.

Whoever may run this can read the home folder, so it asks for no password; every change is in the journal.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.accounts.links import make_link
from doorbuster.accounts.operators import (
    NameTaken,
    Operator,
    add_operator,
    disable_operator,
    list_operators,
    name_mistake,
    new_operator,
    operator_named,
)
from doorbuster.accounts.passwords import hash_now, weakness
from doorbuster.accounts.roles import ROLES, Role, role_named
from doorbuster.accounts.tokens import metrics_token
from doorbuster.clock import SystemClock
from doorbuster.errors import Misconfigured
from doorbuster.journal import EventLog, command_line_actor, open_event_log
from doorbuster.settings import Settings, from_environment

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Invite operators and recover their access.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Name = Annotated[str, typer.Argument(help="The operator's name.")]
RoleOption = Annotated[str, typer.Option("--role", help=f"One of {', '.join(ROLES)}.")]


@app.command()
def add(
    name: Name,
    role: RoleOption = "operator",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
    ] = False,
) -> None:
    """Add an operator with a password chosen here; `link` lets people choose their own."""
    if mistake := name_mistake(name):
        raise Misconfigured(f"the name {name!r} cannot be used. {mistake}")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _asked_password()
    if weak := weakness(password, name):
        raise Misconfigured(f"the password cannot be used. {weak}")
    with _event_log() as (log, _):
        made = new_operator(name, _role(role), SystemClock().now())
        answer = add_operator(log, made, hash_now(password), command_line_actor())
    if isinstance(answer, NameTaken):
        raise Misconfigured(f"{name} is an operator already; `doorbuster operator reset {name}` recovers the account")
    typer.echo(f"{name} may log in as {role}.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List everybody who may enter the control room."""
    with _event_log() as (log, _):
        everybody = list_operators(log)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(everybody) + b"\n")
        return
    table = Table("Name", "Role", "Since", "", box=None)
    for operator in everybody:
        state = "disabled" if operator.disabled_at else ""
        table.add_row(operator.name, operator.role, f"{operator.created_at:%Y-%m-%d}", state)
    Console().print(table if everybody else "Nobody yet: doorbuster operator link")


@app.command()
def link(role: RoleOption = "owner") -> None:
    """Make a one-time link to a new account; it works once, for a day, and voids the one before."""
    with _event_log() as (log, settings):
        path = make_link(log, _role(role), None, command_line_actor(), SystemClock().now())
    typer.echo(settings.room_url + path)


@app.command()
def reset(name: Name) -> None:
    """Make a one-time link with which an operator chooses a new password; it also lets a disabled one in again."""
    with _event_log() as (log, settings):
        operator = _operator(log, name)
        path = make_link(log, operator.role, operator, command_line_actor(), SystemClock().now())
    typer.echo(settings.room_url + path)


@app.command()
def disable(name: Name) -> None:
    """End an operator's sessions and let nobody log in under the name."""
    with _event_log() as (log, _):
        disable_operator(log, _operator(log, name), command_line_actor(), SystemClock().now())
    typer.echo(f"{name} cannot log in any more; `doorbuster operator reset {name}` undoes it.")


@app.command("metrics-token")
def metrics_token_() -> None:
    """Print the token with which another machine reads `/metrics` (Authorization: Bearer TOKEN)."""
    typer.echo(metrics_token(from_environment(os.environ).secret))


@contextmanager
def _event_log() -> Iterator[tuple[EventLog, Settings]]:
    settings = from_environment(os.environ)
    with open_event_log(settings.home) as log:
        yield log, settings


def _operator(log: EventLog, name: str) -> Operator:
    found = operator_named(log, name)
    if found is None:
        raise Misconfigured(f"there is no operator {name!r}; `doorbuster operator list` shows them all")
    return found[0]


def _role(text: str) -> Role:
    role = role_named(text)
    if role is None:
        raise Misconfigured(f"--role {text!r} is none of {', '.join(ROLES)}")
    return role


def _asked_password() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
