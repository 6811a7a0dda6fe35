"""Plants everything, prints the table, writes out/review.json; exit status 1 when a mistake was not named."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from doorbuster.database.pool import own_connection
from doorbuster.review.ground import kept_shop, review_server
from tests.planted_queries.grading import (
    INDEXES,
    MIGRATIONS,
    STATEMENTS,
    Grade,
    grade_code,
    grade_index,
    grade_migration,
    grade_statement,
)  # fmt: skip

ORDERS = 100_000
OUT = Path("out/review.json")


async def graded(cache: Path, say, orders: int = ORDERS) -> list[Grade]:
    with review_server(cache) as url:
        async with (
            kept_shop(url, orders // 10, say) as small_url,
            kept_shop(url, orders, say, orders // 10) as large_url,
        ):
            return await grade_all(small_url, large_url, say)


async def grade_all(small_url: str, large_url: str, say, timed: bool = True) -> list[Grade]:
    """Grade everything; a lock's time is judged only when `timed`: on a small shop every change is quick."""
    async with (
        own_connection(small_url, application="planted") as small,
        own_connection(large_url, application="planted") as large,
    ):
        grades = []
        for planted in STATEMENTS:
            say(planted.name)
            grades.append(await grade_statement(planted, small, large))
        grades += [await grade_index(planted, large) for planted in INDEXES]
    with tempfile.TemporaryDirectory() as folder:
        for planted in MIGRATIONS:
            if planted.rule == "long_lock" and not timed:
                continue
            say(planted.name)
            grades.append(await grade_migration(planted, large_url, Path(folder)))
        return [*grades, *grade_code(Path(folder))]


def main(cache: Path) -> int:
    console = Console()
    with console.status("building the shops") as status:
        grades = asyncio.run(graded(cache, status.update))
    table = Table("planted", "named by", "caught", box=None)
    for each in grades:
        table.add_row(
            each.name, each.rule, "[green]yes[/]" if each.caught else f"[bold red]no[/] {'; '.join(each.said)[:300]}"
        )
    console.print(table)
    caught = sum(each.caught for each in grades)
    console.print(f"{caught} of {len(grades)} planted mistakes named, each with its cure")
    found = [
        {"name": each.name, "value": int(each.caught), "unit": "caught", "target": 1, "holds": each.caught}
        for each in grades
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 0 if caught == len(grades) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".doorbuster/review")))
