"""Action items: what was promised, by whom, until when, and the proof. An item is verified by its proof alone.

A proof is written `drill:NAME`, `review:NAME` or `alert:NAME`; `proofs.py` says where its results are. It proves
something only if it failed before, or fails on a shop as it was, and passes now.

Promises: `verified` is never set, it is read from the runs; an item falls back to `done` when the newest run fails or
is older than STALE_SECONDS.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog

SQL = QueryFile("doorbuster.incident", "items.sqlite.sql")

Kind = Literal["prevent", "detect", "mitigate"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ItemState = Literal["open", "done", "verified"]
PROOF = re.compile(r"(drill|review|alert):[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
STALE_SECONDS = 35 * 86_400
REMIND_SECONDS = 7 * 86_400
ITEMS_MAX = 1_000
RUNS_MAX = 200


class Measured(msgspec.Struct, frozen=True):
    """One measurement as the house's measures write it."""

    name: str
    value: float | str | bool | None
    unit: str
    target: float | str | bool | None
    holds: bool | None
    """None where nothing was expected."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a proof."""

    at: int
    holds: bool
    detail: str
    as_it_was: bool = False
    """It was played as it was before the measure; it says nothing of today."""


@dataclass(frozen=True, slots=True)
class Item:
    """One action item with its proof's runs, the newest first."""

    id: int
    incident_id: int
    text: str
    kind: Kind
    owner: str
    due: str
    tracker_url: str
    proof: str
    done_at: int | None
    reminded_at: int | None
    unproved_because: str
    """Why the proof could not be run here the last time it was its turn."""

    runs: tuple[Run, ...]
    state: ItemState
    rotted: bool
    """It was proved once, and is not any more."""

    @property
    def newest(self) -> Run | None:
        """Return the newest run of the proof as it is."""
        return next((run for run in self.runs if not run.as_it_was), None)

    @property
    def failed(self) -> Run | None:
        """Return the newest run that shows that the proof fails without the measure."""
        return next((run for run in self.runs if not run.holds), None)


def add(  # noqa: PLR0913
    log: EventLog, incident_id: int, text: str, kind: Kind, *, owner: str = "", due: str = "", tracker_url: str = "",
    proof: str = "", done_at: int | None = None,
) -> int | str:  # fmt: skip
    """Promise something; return the item's number, or the sentence that says what is wrong with it."""
    mistake = mistake_in(text, due, tracker_url, proof)
    if mistake:
        return mistake
    row = log.fetch_one(
        SQL.add_item, incident_id=incident_id, text=text.strip()[:500], kind=kind, owner=owner[:100], due=due,
        tracker_url=tracker_url, proof=proof, done_at=done_at,
    )  # fmt: skip
    return int(row["id"]) if row else "This is promised already."


def mistake_in(text: str, due: str, tracker_url: str, proof: str) -> str:
    """Return what is wrong with an item, or nothing."""
    if not text.strip():
        return "Say what is to be done."
    if due and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", due):
        return "Write the date as 2026-01-31."
    if tracker_url and not re.fullmatch(r"https?://[^\s<>\"']{1,500}", tracker_url):
        return "The tracker's address begins with http:// or https://."
    if proof and not PROOF.fullmatch(proof):
        return "Write the proof as drill:NAME, review:NAME or alert:NAME."
    return ""


def finish(log: EventLog, item_id: int, at: int | None) -> bool:
    """Say that an item is done, or (None) that it is not after all; False when there is no such item."""
    return log.execute(SQL.finish_item, id=item_id, at=at) == 1


def prove_by(log: EventLog, item_id: int, proof: str) -> bool:
    """Name an item's proof."""
    return bool(PROOF.fullmatch(proof)) and log.execute(SQL.prove_item_by, id=item_id, proof=proof) == 1


def run_of(measured: Sequence[Measured], at: int, *, as_it_was: bool = False) -> Run:
    """Return what a list of measurements says of a proof; one that judged nothing proves nothing."""
    judged = [each for each in measured if each.holds is not None]
    failed = [each.name for each in judged if not each.holds]
    detail = f"{len(judged)} measurements, " + (
        f"{len(failed)} missed: {', '.join(failed[:5])}" if failed else "all hold"
    )
    return Run(at, bool(judged) and not failed, detail, as_it_was)


def record_run(log: EventLog, proof: str, run: Run) -> bool:
    """Write down what came of a proof; False when it was written down before."""
    return log.execute(
        SQL.record_run, proof=proof, at=run.at, holds=int(run.holds), detail=run.detail, as_it_was=int(run.as_it_was)
    ) == 1  # fmt: skip


def read_results(body: bytes) -> list[Measured] | str:
    """Read `out/NAME.json`; return the sentence that says what is wrong with it if it is no such file."""
    try:
        return msgspec.json.decode(body, type=list[Measured])
    except msgspec.DecodeError as fault:
        return f"it is not a list of measurements: {fault}"


def of_incident(log: EventLog, incident_id: int, now: int) -> list[Item]:
    """Return the items of an incident in order."""
    return [item for item in board(log, now) if item.incident_id == incident_id]


def board(log: EventLog, now: int) -> list[Item]:
    """Return all items, the oldest first."""
    return [_item(log, row, now) for row in log.fetch(SQL.all_items, most=ITEMS_MAX)]


def due_for_reminder(found: Sequence[Item], today: str, now: int) -> list[Item]:
    """Return the items whose day has come or whose proof has rotted, and that nobody was reminded of for a week."""
    return [
        item for item in found
        if (item.rotted or (item.state == "open" and item.due and item.due <= today))
        and now - (item.reminded_at or 0) >= REMIND_SECONDS
    ]  # fmt: skip


def reminded(log: EventLog, item_id: int, now: int) -> None:
    """Remember that somebody was reminded."""
    log.execute(SQL.remind_of_item, id=item_id, now=now)


def attempted(log: EventLog, proof: str, at: int, why: str = "") -> None:
    """Remember that a proof was tried, and why it could not be run, if it could not."""
    log.execute(SQL.attempt_proof, proof=proof, at=at, why=why[:500])


def next_in_turn(log: EventLog, before: int) -> str | None:
    """Return the proof that was neither run nor tried for longest, if that was before a moment."""
    row = log.fetch_one(SQL.proofs_in_turn, most=1)
    return str(row["proof"]) if row and row["last_at"] < before else None


def incident_proved_by(log: EventLog, proof: str) -> int:
    """Return the newest incident with an item of this proof; LookupError when there is none."""
    row = log.fetch_one(SQL.incident_of_proof, proof=proof)
    if row is None:
        raise LookupError(f"no item names {proof}")
    return int(row["incident_id"])


def proofs_named(log: EventLog) -> list[str]:
    """Return every proof that an item names, each once."""
    return sorted(row["proof"] for row in log.fetch(SQL.proofs_in_turn, most=ITEMS_MAX))


def judge(done: bool, runs: Sequence[Run], now: int) -> tuple[ItemState, bool]:
    """Return an item's state by its runs (the newest first), and whether its proof has rotted."""
    if not done:
        return "open", False
    as_it_is = [run for run in runs if not run.as_it_was]
    fails_as_it_was = any(run.as_it_was and not run.holds for run in runs)
    failed_before = any(
        not run.holds and any(later.holds for later in as_it_is[:index]) for index, run in enumerate(as_it_is)
    )
    if not any(run.holds for run in as_it_is) or not (fails_as_it_was or failed_before):
        return "done", False
    fresh = as_it_is[0].holds and now - as_it_is[0].at <= STALE_SECONDS
    return ("verified", False) if fresh else ("done", True)


def runs_of(log: EventLog, proof: str) -> tuple[Run, ...]:
    """Return the runs of a proof, the newest first."""
    rows = log.fetch(SQL.runs_of_proof, proof=proof, most=RUNS_MAX) if proof else ()
    return tuple(Run(each["at"], bool(each["holds"]), each["detail"], bool(each["as_it_was"])) for each in rows)


def _item(log: EventLog, row: Any, now: int) -> Item:
    values: Mapping[str, Any] = dict(row)
    runs = runs_of(log, values["proof"])
    state, rotted = judge(values["done_at"] is not None, runs, now)
    return Item(**values, runs=runs, state=state, rotted=rotted)
