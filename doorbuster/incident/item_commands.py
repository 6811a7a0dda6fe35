"""`doorbuster incident items`: what was promised, and the proofs, read from the results of drills and reviews."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.incident import items
from doorbuster.journal import EventLog, open_event_log
from doorbuster.settings import from_environment
from doorbuster.web.pages import moment_of

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Action items and their proofs.")
RESULT_BYTES_MAX = 5_000_000


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
    file: Annotated[Path, typer.Argument(help="The result, such as out/NAME.json.")],
) -> None:
    """Write down a run of a proof; when it ran is the time of the file."""
    if not items.PROOF.fullmatch(proof):
        raise DoorbusterError(f"{proof!r} is no proof: write drill:NAME, review:NAME or alert:NAME")
    with open_event_log(from_environment(os.environ).home) as log:
        typer.echo(_record(log, proof, file))


@app.command()
def verify(
    results: Annotated[Path, typer.Option(help="The folder with the results of drills and reviews.")] = Path("out"),
) -> None:
    """Read the newest result of every item's proof (out/NAME.json); exit status 1 when a proved item has rotted."""
    with open_event_log(from_environment(os.environ).home) as log:
        for proof in sorted({item.proof for item in items.board(log, _now()) if item.proof}):
            file = results / f"{proof.partition(':')[2]}.json"
            typer.echo(_record(log, proof, file) if file.is_file() else f"{proof}: no result in {file}")
        rotted = [item for item in items.board(log, _now()) if item.rotted]
    for item in rotted:
        typer.echo(f"Rotted: item {item.id}, {item.text}")
    raise typer.Exit(1 if rotted else 0)


def _record(log: EventLog, proof: str, file: Path) -> str:
    try:
        if file.stat().st_size > RESULT_BYTES_MAX:
            raise DoorbusterError(f"{file} is too large for a result")
        body, at = file.read_bytes(), int(file.stat().st_mtime)
    except OSError as fault:
        raise DoorbusterError(f"{file} cannot be read: {fault.strerror}") from fault
    measured = items.read_results(body)
    if isinstance(measured, str):
        raise DoorbusterError(f"{file}: {measured}")
    new = items.record(log, proof, measured, at)
    holds = bool(measured) and all(each.holds for each in measured)
    known = "" if new else " (known already)"
    return f"{proof}: {'holds' if holds else 'fails'}, {moment_of(at):%Y-%m-%d %H:%M} UTC{known}"


def _now() -> int:
    return int(SystemClock().now().timestamp())
