"""`doorbuster incident`: work on incidents from a terminal; needs neither the control plane nor PostgreSQL."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from doorbuster.clock import SystemClock
from doorbuster.control.words import span
from doorbuster.errors import DoorbusterError
from doorbuster.incident import action_commands, importing, incident, items, postmortem, replay, reports, timeline
from doorbuster.incident.api import chat_token
from doorbuster.incident.incident import Incident, State
from doorbuster.incident.item_commands import app as item_app
from doorbuster.incident.timeline import Told
from doorbuster.journal import EventLog, command_line_actor, open_event_log
from doorbuster.settings import from_environment
from doorbuster.watch.series import open_series
from doorbuster.web.pages import moment_of

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Incidents, their story and their postmortems.")
app.add_typer(item_app, name="items")
app.command("do")(action_commands.do)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The incident's number.")]
Note = Annotated[str, typer.Option("--note", help="What there is to say; the timeline keeps it.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the incidents, the newest first."""
    with _log() as log:
        found = incident.newest(log)
    if json:
        _print_json([reports.told(it) for it in found])
        return
    table = Table("No.", "What", "Severity", "State", "Detected (UTC)", "Cause", box=None)
    for it in found:
        table.add_row(
            str(it.id), it.title, str(it.severity), it.state, f"{moment_of(it.detected_at):%Y-%m-%d %H:%M}", it.cause
        )
    Console().print(table if found else "No incident yet.")


@app.command()
def show(number: Number, json: Json = False) -> None:
    """Show one incident with its story and what was promised."""
    with _log() as log:
        it, lines = _the(log, number), timeline.lines_of(log, number)
        promised = items.of_incident(log, number, _now())
    if json:
        _print_json({"incident": reports.told(it), "said": it.said, "timeline": lines, "items": promised})
        return
    typer.echo(f"Incident {it.id}, severity {it.severity}, {it.state}: {it.title}")
    for each in reports.told(it).clocks:
        typer.echo(f"  to {each.name}: {span(each.seconds) if each.seconds is not None else each.state}")
    for line in lines:
        wrong = f"  (a wrong path: {line.wrong})" if line.wrong else ""
        typer.echo(f"{moment_of(line.at):%Y-%m-%d %H:%M:%S} UTC  {line.source:<10} {line.text}{wrong}")
    for item in promised:
        typer.echo(f"  item {item.id} [{item.state}] {item.text}")


@app.command("open")
def open_(
    title: Annotated[str, typer.Argument(help="What is the matter.")],
    severity: Annotated[int, typer.Option(min=1, max=4, help="1, the worst, to 4.")] = 3,
) -> None:
    """Open an incident yourself."""
    with _log() as log:
        it = incident.open_by(log, command_line_actor(), title, _now(), severity=severity)
    typer.echo(f"Incident {it.id} is open. Add what you see: doorbuster incident note {it.id} '…'")


@app.command()
def note(
    number: Number,
    text: Annotated[str, typer.Argument(help="What happened or what you found.")],
    wrong: Annotated[str, typer.Option("--wrong", help="It was a wrong path, because …")] = "",
) -> None:
    """Add a note to the timeline."""
    with _log() as log:
        _the(log, number)
        told = Told(_now(), "note", text, "cli")
        if not timeline.add(log, number, told):
            raise DoorbusterError(f"the timeline of incident {number} is full ({timeline.LINES_MAX} lines)")
        if wrong:
            newest = max(line.id for line in timeline.lines_of(log, number) if line.text == text)
            timeline.mark_wrong(log, number, newest, wrong)
    typer.echo("Written down.")


@app.command()
def ack(number: Number, note: Note = "") -> None:
    """Say that somebody has seen it; nobody else is woken."""
    _move(number, "acknowledged", note)


@app.command()
def mitigate(number: Number, note: Note = "") -> None:
    """Say that customers are not hurt any more, though the cause may still be there."""
    _move(number, "mitigated", note)


@app.command()
def resolve(number: Number, note: Note = "") -> None:
    """Say that it is over; the postmortem is written at once."""
    _move(number, "resolved", note)
    settings = from_environment(os.environ)
    with _log() as log, open_series(settings.home / "series.sqlite", _now()) as series:
        postmortem.write(log, _the(log, number), series.read, _now())
    typer.echo(f"The postmortem is written: doorbuster incident export {number}")


@app.command()
def review(
    number: Number,
    drill: Annotated[str, typer.Option(help="The drill that plays it again.")] = "",
    why_not: Annotated[str, typer.Option(help="Why there is none.")] = "",
) -> None:
    """Say that the postmortem was read together; it needs a drill, or a reason."""
    with _log() as log:
        _the(log, number)
        if drill or why_not:
            incident.settle_drill(log, number, drill=drill, why_not=why_not)
    _move(number, "reviewed", "")


@app.command()
def merge(number: Number, into: Annotated[int, typer.Option(help="The incident that stands for both.")]) -> None:
    """Say that two incidents are one."""
    with _log() as log:
        if why := incident.merge(log, number, into, command_line_actor(), _now()):
            raise DoorbusterError(why)
    typer.echo(f"Incident {number} is told in incident {into}.")


@app.command()
def split(number: Number, title: Annotated[str, typer.Argument(help="The other trouble.")]) -> None:
    """Open another incident for a trouble of its own."""
    with _log() as log:
        _the(log, number)
        made = incident.split(log, number, title, command_line_actor(), _now())
    typer.echo(f"Incident {made.id} is open.")


@app.command()
def drill(
    number: Number,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write; printed when left out.")] = None,
) -> None:
    """Write a drill that plays the incident again: it must fail before the fix and pass after."""
    settings = from_environment(os.environ)
    with _log() as log, open_series(settings.home / "series.sqlite", _now()) as series:
        it = _the(log, number)
        written = replay.drill_of(it, series.read, replay.levers_of(log, it))
    if to is None:
        typer.echo(written, nl=False)
        return
    to.write_text(written, encoding="utf-8")
    typer.echo(f"Written. Play it: doorbuster drill {to}")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A postmortem in Markdown.")], json: Json = False) -> None:
    """Bring in a postmortem that people wrote, with its timeline and action items."""
    try:
        if file.stat().st_size > importing.BYTES_MAX:
            raise DoorbusterError(f"{file} has more than {importing.BYTES_MAX} bytes; a postmortem is shorter")
        text = file.read_bytes().decode("utf-8", errors="replace")
    except OSError as fault:
        raise DoorbusterError(f"{file} cannot be read: {fault.strerror}") from fault
    draft = importing.read(text)
    with _log() as log:
        made = importing.store(log, draft, text, command_line_actor(), _now())
    if json:
        _print_json({"incident": made if isinstance(made, str) else made.id, "unread": draft.unread})
    for number, sentence in [] if json else draft.unread:
        typer.echo(f"{file}:{number}: {sentence}" if number else f"{file}: {sentence}", err=True)
    if isinstance(made, str):
        raise DoorbusterError(made)
    if not json:
        typer.echo(f"Incident {made.id}: {len(draft.lines)} lines, {len(draft.promised)} action items.")


@app.command()
def export(number: Number) -> None:
    """Print the postmortem as Markdown."""
    with _log() as log:
        doc = postmortem.document(log, _the(log, number))
    if doc is None:
        raise DoorbusterError(f"incident {number} has no postmortem yet; it is written when it is resolved")
    typer.echo(postmortem.markdown(doc))


@app.command("report")
def report(
    as_csv: Annotated[bool, typer.Option("--csv", help="One line for each incident, for a spreadsheet.")] = False,
) -> None:
    """Print months, clocks, causes and what was proved, as JSON, or the incidents as CSV."""
    with _log() as log:
        found, board = incident.newest(log), items.board(log, _now())
    if as_csv:
        typer.echo(reports.as_csv(found), nl=False)
    else:
        _print_json(reports.report_of(found, board))


@app.command("chat-token")
def chat_token_() -> None:
    """Print the token with which a chat adds notes to the newest open incident."""
    typer.echo(chat_token(from_environment(os.environ).secret))


def _move(number: int, state: State, note: str) -> None:
    with _log() as log:
        _the(log, number)
        moved = incident.move(log, number, state, command_line_actor(), _now(), note=note)
    if isinstance(moved, str):
        raise DoorbusterError(moved)
    typer.echo(f"Incident {number} is {moved.state}.")


@contextmanager
def _log() -> Iterator[EventLog]:
    with open_event_log(from_environment(os.environ).home) as log:
        yield log


def _the(log: EventLog, number: int) -> Incident:
    found = incident.of(log, number)
    if found is None:
        raise DoorbusterError(f"there is no incident {number}; `doorbuster incident list` has them")
    return found


def _now() -> int:
    return int(SystemClock().now().timestamp())


def _print_json(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
