"""What the growth of a shop did to its statements: a table to read, a file for programs."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from doorbuster.bench.growth import BUFFERS_PER_INDEX, TIME_RATIO, Grown
from doorbuster.review.ground import Size


def show(console: Console, grown: Sequence[Grown], small: Size, large: Size) -> None:
    """Print the statements, those that grew most first."""
    console.print(
        f"From {small.orders:,} to {large.orders:,} orders and from {small.products:,} to {large.products:,} products; "
        f"allowed: {BUFFERS_PER_INDEX} buffers more for each index, {TIME_RATIO} times the time."
    )
    table = Table("statement", "buffers", "more", "indexes", "ms", "times", "verdict")
    for each in sorted(grown, key=lambda one: (one.buffers_ok and one.time_ok, -one.time_ratio)):
        more = each.large.buffers - each.small.buffers
        verdict = "" if each.buffers_ok and each.time_ok else "[bold red]grows[/]"
        table.add_row(
            each.name, f"{each.large.buffers:.0f}", f"{more:+.0f}", str(each.large.indexes),
            f"{each.large.milliseconds:.2f}", f"{each.time_ratio:.2f}", verdict,
        )  # fmt: skip
    console.print(table)


def written(grown: Sequence[Grown], small: Size, large: Size, file: Path) -> None:
    """Write the same for programs."""
    found = {
        "orders": [small.orders, large.orders],
        "products": [small.products, large.products],
        "statements": {
            each.name: {
                "buffers": [each.small.buffers, each.large.buffers],
                "milliseconds": [each.small.milliseconds, each.large.milliseconds],
                "indexes": each.large.indexes,
                "time_ratio": round(each.time_ratio, 3),
                "holds": each.buffers_ok and each.time_ok,
            }
            for each in grown
        },
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n")
