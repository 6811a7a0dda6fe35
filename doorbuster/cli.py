"""The command line: one word for each thing a person may want, each room's own commands behind its word.

Promises: `--help` and start-up import no room; a fault of ours is one line on stderr that says the mend, exit status 1.
Never: knows how anything is done.
"""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from doorbuster import __version__
from doorbuster.errors import DoorbusterError

ROOMS = {
    "import": ("doorbuster.catalogue.commands", "Bring in a catalogue or an order history from a file."),
    "sale": ("doorbuster.sale.commands", "Create, list, pause, resume and end flash sales."),
    "operator": ("doorbuster.accounts.commands", "Invite operators and recover their access."),
    "drill": ("doorbuster.drill_plane", "Release a crowd on the shop and judge what happened."),
    "audit": ("doorbuster.audit.commands", "Prove from the records that every unit sold exactly once."),
    "bench": ("doorbuster.bench.commands", "Measure the ratios of the engine on this machine."),
}
"""Word -> (the module whose `app` holds its commands, one line of help); imported when the word is used."""


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
        word = args[0]
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


def main() -> None:
    """Run the command line; a fault of ours becomes one line and exit status 1."""
    try:
        app()
    except DoorbusterError as fault:
        typer.secho(f"doorbuster: {fault}", fg="red", err=True)
        sys.exit(1)
