"""`doorbuster brownout`: leave something out, for everybody, while the shop runs."""

import os
from typing import Annotated

import typer

from doorbuster.clock import SystemClock
from doorbuster.guard import levers
from doorbuster.guard.commands import Reason, span
from doorbuster.guard.lever_commands import Lasts, pull, take_back
from doorbuster.guard.policy import BrownOutSetting
from doorbuster.journal import open_event_log
from doorbuster.settings import from_environment
from doorbuster.web.brownout import HIGHEST, STEPS

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Leave something out, for everybody.")


@app.command("list")
def list_() -> None:
    """Tell what each step leaves out, and where the ladder stands by an operator's word."""
    with open_event_log(from_environment(os.environ).home) as log:
        fixed = levers.policy_at(log, SystemClock().now())[0].brownout
    for step, words in enumerate(STEPS):
        typer.echo(f"{'>' if step == fixed else ' '} {step}  {words}")
    if fixed is None:
        typer.echo("The ladder moves by itself, as the load wants it.")


@app.command("set")
def set_(
    step: Annotated[int, typer.Argument(min=0, max=HIGHEST, help=f"From 0 (everything) to {HIGHEST}.")],
    *,
    reason: Reason,
    lasts: Lasts = "",
) -> None:
    """Stand on a step, in force in every worker within about a second."""
    pull("brownout", BrownOutSetting(step), reason, span(lasts))


@app.command("auto")
def auto(reason: Reason = "") -> None:
    """Let the ladder move by itself again."""
    take_back("brownout", "the ladder moves by itself already", reason)
