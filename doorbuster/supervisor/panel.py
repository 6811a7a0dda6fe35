"""What `up` says when the shop is open: where it is and what to try next."""

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from doorbuster.settings import Settings
from doorbuster.supervisor.postgres import whereabouts


@dataclass(frozen=True, slots=True)
class Opened:
    """What there is to say about an open shop."""

    settings: Settings
    embedded: bool
    seconds: float
    sale_path: str | None
    first_operator_url: str | None


def show_panel(opened: Opened) -> None:
    """Print the panel; plain text when the output is no terminal."""
    settings = opened.settings
    rows = Table.grid(padding=(0, 2))
    rows.add_row("[bold]Shop[/]", settings.shop_url)
    if opened.sale_path:
        rows.add_row("[bold]Flash sale[/]", f"{settings.shop_url}{opened.sale_path}  opens in a minute")
    rows.add_row("[bold]Control room[/]", settings.room_url)
    database = f"embedded, {settings.home}/postgres" if opened.embedded else whereabouts(settings.database_url or "")
    rows.add_row("[bold]Database[/]", database)
    rows.add_row("[bold]Logs[/]", f"{settings.home}/logs")
    rows.add_row("", "")
    command = _command()
    rows.add_row("[bold]Try next[/]", f"{command} drill opening    release a crowd on the sale")
    rows.add_row("", f"{command} audit            prove that every unit sold once")
    rows.add_row("[bold]Stop[/]", "Ctrl-C")
    console = Console(highlight=False)
    console.print(Panel(rows, title=f"{settings.shop_name} is open ({opened.seconds:.1f} s)", expand=False))
    if opened.first_operator_url:
        # Outside the panel: a terminal makes one link of it however long it is.
        console.print(f"Become the control room's first operator: {opened.first_operator_url}\n", soft_wrap=True)


def _command() -> str:
    """Return what to type on this machine to reach our command line."""
    script = Path(sys.executable).with_name("doorbuster")
    if which("doorbuster") == str(script):
        return "doorbuster"
    typed = script if script.exists() else Path(sys.executable)
    shown = typed.relative_to(Path.cwd()) if typed.is_relative_to(Path.cwd()) else typed
    return str(shown) if script.exists() else f"{shown} -m doorbuster"
