"""`doorbuster bench alerts`: days of real traffic through every rule, and the detectors on labelled series."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from doorbuster.bench.alerts import nab, replay
from doorbuster.bench.measures import Findings, show, written
from doorbuster.journal import open_event_log

FILE = Path("out/alerts.json")

app = typer.Typer(add_completion=False)


@app.command("alerts")
def bench_alerts(
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="DOORBUSTER_SHARED_DATA",
            help="The folder with traffic/ and nab/; docs/guide/alerts.md says what is in it.",
        ),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Some groups, with commas between: days, trouble, nab.")
    ] = "days,trouble,nab",
) -> None:
    """Replay days of real traffic through every rule; exit status 0 only if there is no false page."""
    console, findings = Console(), Findings()
    if data is None or not (data / "traffic").is_dir():
        findings.skipped.append("everything: name the folder of the traces with --data or DOORBUSTER_SHARED_DATA")
    else:
        with (
            console.status("reading") as status,
            tempfile.TemporaryDirectory() as home,
            open_event_log(Path(home)) as log,
        ):
            groups = only.split(",")
            if "days" in groups:
                findings.measures += replay.of_days(data, log, status.update)
            if "trouble" in groups:
                findings.measures += replay.of_trouble(data, log, status.update)
            if "nab" in groups:
                status.update("labelled series")
                findings.measures += nab.of_series(data)
    show(console, findings)
    written(findings, FILE)
    raise typer.Exit(0 if findings.hold else 1)
