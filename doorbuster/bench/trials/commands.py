"""`doorbuster bench diagnosis`: faults one after the other in a real shop, and whether the true cause was named."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from doorbuster.bench import measures
from doorbuster.bench.measures import Findings, Measure
from doorbuster.bench.trials import ward
from doorbuster.bench.trials.breakages import FAULTS, Fault
from doorbuster.bench.trials.trial import Verdict, tried
from doorbuster.errors import Misconfigured

FILE = Path("out/diagnosis.json")
DETECTED_SECONDS_MAX = 10.0
NAMED_SECONDS_MAX = 30.0
PAGED_SECONDS_MAX = 15.0
RIGHT_SHARE_MIN = 0.95
ROUNDS, ROUNDS_FULL = 1, 10
PAST_SECONDS = 120.0
"""The diagnosis compares with medians of three minutes; most of them must have had the crowd."""

app = typer.Typer(add_completion=False)


@app.command("diagnosis")
def bench_diagnosis(
    only: Annotated[
        str, typer.Option(help="Only faults whose name or cause has one of these words in it, by commas.")
    ] = "",
    rounds: Annotated[int, typer.Option(min=1, help="How often each fault is tried.")] = ROUNDS,
    full: Annotated[bool, typer.Option("--full", help="Ten rounds of varied strength: takes hours.")] = False,
    seed: Annotated[int, typer.Option(help="The order and strength of the faults, and the crowd.")] = 1,
) -> None:
    """Break one thing after the other and judge what the control plane names, and how soon."""
    words = only.split(",")
    chosen = [fault for fault in FAULTS if any(word in fault.name or word in fault.cause for word in words)]
    if not chosen:
        raise Misconfigured(f"no fault has {only!r} in its name; there are {', '.join(each.name for each in FAULTS)}")
    console = Console()
    with console.status("opening a shop") as status:
        verdicts = uvloop.run(_tried(chosen, ROUNDS_FULL if full else rounds, seed, console.print, status.update))
    console.print(_table(verdicts))
    findings = findings_of(verdicts)
    measures.show(console, findings)
    measures.written(findings, FILE)
    raise typer.Exit(0 if findings.hold else 1)


async def _tried(
    faults: Sequence[Fault], rounds: int, seed: int, tell: Callable[[str], None], say: Callable[[str], None]
) -> list[Verdict]:
    home = Path(tempfile.mkdtemp(prefix="doorbuster-trials-"))
    chance, verdicts = Random(seed), []  # noqa: S311 -- a draw of faults
    try:
        async with ward.opened(home, seed, say) as shop:
            say("waiting until there is a past to compare with")
            await asyncio.sleep(PAST_SECONDS)
            for number in range(rounds):
                for fault in chance.sample(list(faults), len(faults)):
                    strength = round(chance.uniform(0.7, 1.3), 2)
                    say(f"round {number + 1} of {rounds}: {fault.name}")
                    verdict = await tried(shop, fault, strength)
                    if verdict is None:
                        tell(f"{fault.name}: not tried, the shop did not calm down")
                        continue
                    tell(_line(verdict))
                    verdicts.append(verdict)
        return verdicts
    finally:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def findings_of(verdicts: Sequence[Verdict]) -> Findings:
    """Return what was promised against what came."""
    findings = Findings()
    if not verdicts:
        findings.skipped.append("no fault could be tried")
        return findings
    detected = [each.detected_seconds for each in verdicts if each.detected_seconds is not None]
    named = [each.named_seconds for each in verdicts if each.named_seconds is not None]
    paged = [each.paged_seconds for each in verdicts if each.paged_seconds is not None]
    to_team = sum(each.paged_right for each in verdicts if each.paged_seconds is not None)
    right = sum(each.right for each in verdicts) / len(verdicts)
    findings.measures += [
        Measure(
            "true cause named first", right, "share", at_least=RIGHT_SHARE_MIN, absolutes=f"{len(verdicts)} trials"
        ),
        Measure("detected at all", len(detected) / len(verdicts), "share", at_least=1.0),
        Measure("longest time to detect", max(detected, default=0.0), "s", at_most=DETECTED_SECONDS_MAX),
        Measure("median time to detect", median(detected) if detected else 0.0, "s"),
        Measure("longest time to name", max(named, default=0.0), "s", at_most=NAMED_SECONDS_MAX),
        Measure("paged at all", len(paged) / len(verdicts), "share"),
        Measure("longest time to page", max(paged, default=0.0), "s", at_most=PAGED_SECONDS_MAX),
        Measure("first page to the cause's own team", to_team / max(1, len(paged)), "share"),
        Measure("median time to name", median(named) if named else 0.0, "s"),
    ]
    return findings


def _line(verdict: Verdict) -> str:
    sign = "[green]✓[/]" if verdict.right else "[red]✗[/]"
    return (
        f"{sign} {verdict.fault} ({verdict.strength:g}): {_seconds(verdict.detected_seconds)} detected, "
        f"{_seconds(verdict.named_seconds)} {verdict.named or 'not named'}, {_seconds(verdict.paged_seconds)} page to "
        f"{verdict.paged_team or 'nobody'}: {verdict.headline}"
    )


def _table(verdicts: Sequence[Verdict]) -> Table:
    table = Table("fault", "cause", "trials", "named right", "detected (median)", "named (median)", "paged (median)",
                  box=None)  # fmt: skip
    for name in dict.fromkeys(each.fault for each in verdicts):
        mine = [each for each in verdicts if each.fault == name]
        detected = [each.detected_seconds for each in mine if each.detected_seconds is not None]
        named = [each.named_seconds for each in mine if each.named_seconds is not None]
        paged = [each.paged_seconds for each in mine if each.paged_seconds is not None]
        table.add_row(
            name, mine[0].cause, str(len(mine)), str(sum(each.right for each in mine)),
            _seconds(median(detected) if detected else None), _seconds(median(named) if named else None),
            _seconds(median(paged) if paged else None),
        )  # fmt: skip
    return table


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"
