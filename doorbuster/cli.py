"""The command line: one word for each thing a person may want, each room's own commands behind its word.

Promises: `--help` and start-up import no room; a fault of ours is one line on stderr that says the mend, exit status 1.
Never: knows how anything is done.
"""

import sys
import tempfile
import traceback
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from doorbuster import __version__
from doorbuster.errors import DoorbusterError

ROOMS = {
    "import": ("doorbuster.catalogue.commands", "Bring in a catalogue or an order history from a file."),
    "sale": ("doorbuster.sale.commands", "Create, list, pause, resume and end flash sales."),
    "room": ("doorbuster.room.commands", "Open, steer and close the waiting room of a sale; check its draw."),
    "operator": ("doorbuster.accounts.commands", "Invite operators and recover their access."),
    "drill": ("doorbuster.drill_plane", "Release a crowd on the shop and judge what happened."),
    "reconcile": ("doorbuster.shop.commands", "Compare the books with the payment gateway and mend what disagrees."),
    "limit": (
        "doorbuster.guard.commands",
        "See what callers may send, change it while the shop runs, look up a refusal.",
    ),
    "lane": (
        "doorbuster.guard.lane_commands",
        "Close a lane to the database, or switch the gate, while the shop runs.",
    ),
    "brownout": ("doorbuster.guard.brownout_commands", "Do less for everybody before anybody is refused."),
    "diagnosis": ("doorbuster.control.diagnosis_commands", "Say what the matter is, and what it is not."),
    "oncall": ("doorbuster.on_call.commands", "Say who is on call, whom that reaches; page, take, test."),
    "alerts": ("doorbuster.watch.alert_commands", "See what fires, be silent for a while, export the rules."),
    "incident": ("doorbuster.incident.commands", "Work on incidents, their postmortems and what was promised."),
    "jobs": ("doorbuster.jobs.commands", "Look at jobs that failed too often; try them again or give them up."),
    "audit": ("doorbuster.audit.commands", "Prove from the records that every unit sold exactly once."),
    "review": ("doorbuster.review.commands", "Find the bad query before the crowd does: every statement, at size."),
    "bench": ("doorbuster.bench.commands", "Measure the ratios of the engine on this machine."),
}
"""Word -> (the module whose `app` holds its commands, one line of help); imported when the word is used."""

ALSO = {("sale", "verify-draw"): "room"}
"""Two words -> the room that knows the second one: a merchant looks for it under the sale."""


class RoomGroup(TyperGroup):
    """A group that knows the rooms' words and imports a room only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return our own commands and the words of the rooms."""
        return [*super().list_commands(ctx), *ROOMS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of our own commands, or a stand-in that carries a room's line of help."""
        if cmd_name in ROOMS:
            return TyperCommand(cmd_name, help=ROOMS[cmd_name][1])
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the room whose word was typed and hand over to its own commands."""
        word = ALSO.get((args[0], args[1] if len(args) > 1 else ""), args[0])
        if word in ROOMS:
            command = typer.main.get_command(import_module(ROOMS[word][0]).app)
            command.name = word
            return word, command, args[1:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=RoomGroup,
    name="doorbuster",
    help="A shop that survives flash sales: every unit sells exactly once, and the site stays up.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"doorbuster {__version__}")
        raise typer.Exit


@app.callback()
def doorbuster(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take the options that stand before the command's word."""


@app.command()
def up(
    example: Annotated[
        bool | None,
        typer.Option(
            "--example/--empty", help="Fill a new shop with the example catalogue and a demo sale, or leave it empty."
        ),
    ] = None,
) -> None:
    """Open the shop: start everything, say where it is, stop it all on Ctrl-C."""
    from doorbuster.supervisor import up as supervised

    supervised(example)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; does nothing when it is there."""
    import asyncio
    import os

    from doorbuster.database.migrate import migrate as apply
    from doorbuster.database.reach import reach_url
    from doorbuster.settings import from_environment

    with reach_url(from_environment(os.environ)) as url:
        applied = asyncio.run(apply(url))
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("The database is up to date.")


Name = Annotated[str, typer.Option()]
Descriptor = Annotated[int | None, typer.Option()]


@app.command(hidden=True)
def run_worker(name: Name, ready_fd: Descriptor = None, listen_fd: Descriptor = None) -> None:
    """Serve shoppers; started by `up`."""
    from doorbuster.data_plane import run_worker as serve_shoppers
    from doorbuster.serving import Post, run

    run(serve_shoppers(Post(name, listen_fd, ready_fd)))


@app.command(hidden=True)
def run_control(name: Name, ready_fd: Descriptor = None, listen_fd: Descriptor = None) -> None:
    """Serve merchants and operators; started by `up`."""
    from doorbuster.control_plane import run_control as serve_operators
    from doorbuster.serving import Post, run

    run(serve_operators(Post(name, listen_fd, ready_fd)))


@app.command(hidden=True)
def run_jobs(name: Name, ready_fd: Descriptor = None) -> None:
    """Do the background work; started by `up`."""
    from doorbuster.job_plane import run_jobs as work
    from doorbuster.serving import Post, run

    run(work(Post(name, None, ready_fd)))


@app.command(hidden=True)
def run_gateway(name: Name, ready_fd: Descriptor = None, listen_fd: Descriptor = None) -> None:
    """Be the test payment gateway; started by `up`."""
    from doorbuster.gateway_plane import run_gateway as take_payments
    from doorbuster.serving import Post, run

    run(take_payments(Post(name, listen_fd, ready_fd)))


def main() -> None:
    """Run the command line; a fault of ours becomes one line and exit status 1."""
    try:
        app()
    except DoorbusterError as fault:
        typer.secho(f"doorbuster: {fault}", fg="red", err=True)
        sys.exit(1)
    except Exception:
        with tempfile.NamedTemporaryFile("w", prefix="doorbuster-fault-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        typer.secho(f"doorbuster: an unexpected fault, told in full in {file.name}", fg="red", err=True)
        sys.exit(70)
