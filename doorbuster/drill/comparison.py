"""Two runs side by side: a table for the terminal, a report, and one picture that tells the difference.

Promises: both runs are drawn to the same scale, second by second from the opening.
"""

import math
from datetime import datetime
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from rich.table import Table
from rich.text import Text

from doorbuster.drill import picture
from doorbuster.drill.measures import told
from doorbuster.drill.runs import Measured, Run
from doorbuster.errors import DoorbusterError

HEADLINES = ("hurt_share", "purchases_failed_share", "sold_units", "ghost_orders", "answer_p99_seconds")


def table(left: Run, right: Run) -> Table:
    """Return every measure of both runs, for a terminal."""
    made = Table(title=f"{left.name} and {right.name}", title_justify="left", show_edge=False, pad_edge=False)
    made.add_column("measure")
    made.add_column(left.name, justify="right")
    made.add_column(right.name, justify="right")
    made.add_column("")
    for one, other in pairs(left, right):
        made.add_row(other.title, told(one.value, one.unit), told(other.value, other.unit), Text(change(one, other)))
    return made


def pairs(left: Run, right: Run) -> list[tuple[Measured, Measured]]:
    """Return the measures that both runs have, the expected ones first."""
    before = {each.name: each for each in left.measured}
    return [(before[each.name], each) for each in right.measured if each.name in before]


def change(one: Measured, other: Measured) -> str:
    """Return in words by how much a measure changed; nothing where that says nothing."""
    if one.value is None or other.value is None or one.value == other.value:
        return ""
    if not (math.isfinite(one.value) and math.isfinite(other.value)) or not one.value or not other.value:
        return ""
    times = other.value / one.value
    return f"× {times:.2g}" if 0.01 <= times <= 100 else ""


def write(left: Run, right: Run, page: Path, now: datetime) -> Path:
    """Write the report, and the picture as an SVG beside it; return the report's path."""
    environment = Environment(
        loader=PackageLoader("doorbuster.drill"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = told
    css = resources.files("doorbuster.drill").joinpath("templates/report.css").read_text()
    drawn = picture.of(left, right)
    text = environment.get_template("comparison.html").render(
        style=Markup(f"<style>\n{css}</style>"),  # noqa: S704 -- our own file
        left=left, right=right, pairs=pairs(left, right), change=change, made_at=now, picture=Markup(drawn),  # noqa: S704
        headlines=[(one, other) for one, other in pairs(left, right) if one.name in HEADLINES],
    )  # fmt: skip
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
        page.with_suffix(".svg").write_text(drawn)
    except OSError as fault:
        raise DoorbusterError(f"the comparison cannot be written to {page}: {fault.strerror}") from fault
    return page
