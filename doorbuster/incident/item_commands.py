"""`doorbuster incident items`: what was promised, and the proofs, read from the results of drills and reviews."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.incident import items, proofs
from doorbuster.journal import EventLog, open_event_log
from doorbuster.settings import from_environment
from doorbuster.web.pages import moment_of

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Action items and their proofs.")


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """List what was promised, and what it is worth."""
    with open_event_log(from_environment(os.environ).home) as log:
        board = items.board(log, _now())
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(board) + b"\n")
    for item in [] if json else board:
        typer.echo(f"{item.id}  [{'rotted' if item.rotted else item.state}] {item.text} (of {item.incident_id}; "
                   f"{item.owner or 'nobody yet'}; due {item.due or '?'}; proof {item.proof or 'none'})")  # fmt: skip


@app.command()
def add(  # noqa: PLR0917
    incident: Annotated[int, typer.Argument(help="The incident's number.")],
    text: Annotated[str, typer.Argument(help="What is to be done.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(items.KINDS)}.")] = "prevent",
    owner: str = "", due: str = "", tracker_url: str = "", proof: str = "",
) -> None:  # fmt: skip
    """Promise something."""
    known = next((each for each in items.KINDS if each == kind), None)
    if known is None:
        raise DoorbusterError(f"there is no kind {kind!r}; there are {', '.join(items.KINDS)}")
    with open_event_log(from_environment(os.environ).home) as log:
        made = items.add(log, incident, text, known, owner=owner, due=due, tracker_url=tracker_url, proof=proof)
    if isinstance(made, str):
        raise DoorbusterError(made)
    typer.echo(f"Item {made} is promised.")


@app.command()
def done(item: int, undo: Annotated[bool, typer.Option("--undo", help="It is not done after all.")] = False) -> None:
    """Say that an item is done; only its proof makes it verified."""
    with open_event_log(from_environment(os.environ).home) as log:
        if not items.finish(log, item, None if undo else _now()):
            raise DoorbusterError(f"there is no item {item}; `doorbuster incident items list` has them")


@app.command()
def prove(
    proof: Annotated[str, typer.Argument(help="drill:NAME, review:NAME or alert:NAME.")],
    file: Annotated[Path, typer.Argument(help="The result, such as out/drill-NAME.json.")],
    was: Annotated[
        bool, typer.Option("--as-it-was", help="It was run on a shop as it was before the measure.")
    ] = False,
) -> None:
    """Write down a run of a proof; when it ran is the time of the file."""
    if not items.PROOF.fullmatch(proof):
        raise DoorbusterError(f"{proof!r} is no proof: write drill:NAME, review:NAME or alert:NAME")
    with open_event_log(from_environment(os.environ).home) as log:
        typer.echo(_told(proof, *proofs.from_file(log, proof, file, as_it_was=was)))


@app.command()
def verify(
    results: Annotated[Path, typer.Option(help="The folder with the results of drills and reviews.")] = Path("out"),
) -> None:
    """Read what came of every item's proof: the drills that were played with this home, and the files in a folder.

    Exit status 1 when a proved item has rotted.
    """
    settings = from_environment(os.environ)
    with open_event_log(settings.home) as log:
        typer.echo(f"{proofs.from_history(log, settings.home)} new runs of drills in the history of {settings.home}")
        for proof in items.proofs_named(log):
            _verify(log, proof, results)
        rotted = [item for item in items.board(log, _now()) if item.rotted]
    for item in rotted:
        typer.echo(f"Rotted: item {item.id}, {item.text}")
    raise typer.Exit(1 if rotted else 0)


def _verify(log: EventLog, proof: str, results: Path) -> None:
    for was in (True, False):
        file = results / proofs.file_of(proof, as_it_was=was)
        if file.is_file():
            typer.echo(_told(proof, *proofs.from_file(log, proof, file, as_it_was=was)))
        elif not was and not items.runs_of(log, proof):
            typer.echo(f"{proof}: no result in {file}")


def _told(proof: str, run: items.Run, new: bool) -> str:
    known = "" if new else " (known already)"
    when = f"{moment_of(run.at):%Y-%m-%d %H:%M} UTC{', as it was' if run.as_it_was else ''}"
    return f"{proof}: {'holds' if run.holds else 'fails'}, {when}{known}"


def _now() -> int:
    return int(SystemClock().now().timestamp())
