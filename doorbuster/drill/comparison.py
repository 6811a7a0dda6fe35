"""Two runs side by side: a table for the terminal, a report, and one picture that tells the difference."""

from datetime import datetime
from pathlib import Path

from rich.table import Table

from doorbuster.drill.runs import Run


def table(left: Run, right: Run) -> Table:
    return Table()


def write(left: Run, right: Run, page: Path, now: datetime) -> Path:
    return page
