"""Where the results of a proof are, and what they say: runs of drills that this home remembers, and files in `out/`.

| proof | what writes its result |
|---|---|
| `drill:NAME` | `doorbuster drill NAME`: the home's history, and `out/drill-NAME.json` |
| `review:house` | `doorbuster review`: `out/review-house.json` |
| `review:review` | `make review`, which plants known mistakes: `out/review.json` |
| `alert:RULE` | the rule, judged on what was measured during the item's incident (`alert_proof.py`) |

Promises: a run of how it was (`NAME-as-it-was`) is held against what is expected of how it is: it must miss it; a drill
that was skipped, or whose crowd was the bottleneck, says nothing.
"""

from datetime import datetime
from pathlib import Path

from doorbuster.drill import reading, runs
from doorbuster.drill.scenario import Bound
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.incident import items
from doorbuster.incident.items import Measured, Run
from doorbuster.journal import EventLog

AS_IT_WAS = "-as-it-was"
RESULT_BYTES_MAX = 5_000_000
SAME_RUN_SECONDS = 120
"""A file that is so much younger than a remembered run is that run's."""


def file_of(proof: str, *, as_it_was: bool = False) -> str:
    """Return the name that the result of a proof has in `out/`."""
    kind, _, name = proof.partition(":")
    return f"{kind if name == kind else f'{kind}-{name}'}{AS_IT_WAS if as_it_was else ''}.json"


def from_history(log: EventLog, home: Path) -> int:
    """Write down every run of a drill that this home remembers and that proves something; return how many were new."""
    wanted = {proof.removeprefix("drill:") for proof in items.proofs_named(log) if proof.startswith("drill:")}
    new = 0
    for run in runs.history(home) if wanted else ():
        name = run.name.removesuffix(AS_IT_WAS)
        if name in wanted and not run.skipped and not run.saturated:
            new += items.record_run(log, f"drill:{name}", _run_of(run, was=name != run.name))
    return new


def uncounted(home: Path, proof: str, since: int) -> str:
    """Return why a drill that was played since then says nothing, or nothing when none was played."""
    newest = next(iter(runs.history(home, proof.removeprefix("drill:"))), None)
    if newest is None or datetime.fromisoformat(newest.at).timestamp() < since:
        return ""
    if newest.skipped:
        return f"it was skipped: {newest.skipped}"
    return "the crowd itself was the bottleneck: this machine had too much else to do" if newest.saturated else ""


def from_file(log: EventLog, proof: str, file: Path, *, as_it_was: bool = False) -> tuple[Run, bool]:
    """Write down the result in a file, at the file's time; return it and whether it is new. Raises DoorbusterError."""
    try:
        if file.stat().st_size > RESULT_BYTES_MAX:
            raise DoorbusterError(f"{file} is too large for a result")
        body, at = file.read_bytes(), int(file.stat().st_mtime)
    except OSError as fault:
        raise DoorbusterError(f"{file} cannot be read: {fault.strerror}") from fault
    measured = items.read_results(body)
    if isinstance(measured, str):
        raise DoorbusterError(f"{file}: {measured}")
    if as_it_was:
        measured = _held_against(expected_of(proof), measured)
    run = items.run_of(measured, at, as_it_was=as_it_was)
    known = any(
        each.as_it_was == as_it_was and -1 <= at - each.at <= SAME_RUN_SECONDS for each in items.runs_of(log, proof)
    )
    return run, not known and items.record_run(log, proof, run)


def expected_of(proof: str) -> dict[str, Bound]:
    """Return what a drill expects of how it is; nothing for another proof or a drill that is not known here."""
    kind, _, name = proof.partition(":")
    try:
        return dict(reading.load(name).then) if kind == "drill" else {}
    except Misconfigured:
        return {}


def _run_of(run: runs.Run, *, was: bool) -> Run:
    measured = [Measured(each.name, each.value, each.unit, each.bound, each.holds) for each in run.measured]
    if was:
        measured = _held_against(expected_of(f"drill:{run.name.removesuffix(AS_IT_WAS)}"), measured)
    return items.run_of(measured, int(datetime.fromisoformat(run.at).timestamp()), as_it_was=was)


def _held_against(expected: dict[str, Bound], measured: list[Measured]) -> list[Measured]:
    """Return the measurements as they are judged today; as they were written where nothing is expected."""
    if not expected:
        return measured
    return [
        Measured(each.name, each.value, each.unit, each.target, expected[each.name].holds(float(each.value)))
        for each in measured
        if each.name in expected and isinstance(each.value, (int, float))
    ]
