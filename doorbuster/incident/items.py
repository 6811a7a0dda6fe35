"""Action items: what was promised, by whom, until when, and the proof. An item is verified by its proof alone.

A proof is written `drill:NAME`, `review:NAME` or `alert:NAME`; each of its runs is a list of measurements, as
`out/NAME.json` holds them. It proves something only if it failed before and passes now.

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
ITEMS_MAX = 1_000
RUNS_MAX = 200


class Measured(msgspec.Struct, frozen=True):
    """One measurement as the house's measures write it."""

    name: str
    value: float | str | bool | None
    unit: str
    target: float | str | bool | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a proof."""

    at: int
    holds: bool
    detail: str


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
    runs: tuple[Run, ...]
    state: ItemState
    rotted: bool
    """It was proved once, and is not any more."""

    @property
    def failed_before(self) -> bool:
        """Say whether the proof is known to fail without the measure."""
        return any(not run.holds for run in self.runs)


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


def record(log: EventLog, proof: str, measured: Sequence[Measured], at: int) -> bool:
    """Write down a run of a proof; False when it was written down before. A run without measurements proves nothing."""
    failed = [each.name for each in measured if not each.holds]
    holds = bool(measured) and not failed
    detail = f"{len(measured)} measurements, " + (
        f"{len(failed)} missed: {', '.join(failed[:5])}" if failed else "all hold"
    )
    return log.execute(SQL.record_run, proof=proof, at=at, holds=int(holds), detail=detail) == 1


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


def due_for_reminder(log: EventLog, today: str, now: int) -> list[Item]:
    """Return the open items whose day has come and that nobody was reminded of for a week."""
    return [_item(log, row, now) for row in log.fetch(SQL.items_due, today=today, before=now - 7 * 86_400, most=100)]


def reminded(log: EventLog, item_id: int, now: int) -> None:
    """Remember that somebody was reminded."""
    log.execute(SQL.remind_of_item, id=item_id, now=now)


def judge(done: bool, runs: Sequence[Run], now: int) -> tuple[ItemState, bool]:
    """Return an item's state by its runs (the newest first), and whether its proof has rotted."""
    if not done:
        return "open", False
    failed_before = any(not run.holds and any(later.holds for later in runs[:index]) for index, run in enumerate(runs))
    if not failed_before:
        return "done", False
    fresh = runs[0].holds and now - runs[0].at <= STALE_SECONDS
    return ("verified", False) if fresh else ("done", True)


def _item(log: EventLog, row: Any, now: int) -> Item:
    values: Mapping[str, Any] = dict(row)
    runs = tuple(
        Run(each["at"], bool(each["holds"]), each["detail"])
        for each in (log.fetch(SQL.runs_of_proof, proof=values["proof"], most=RUNS_MAX) if values["proof"] else ())
    )
    state, rotted = judge(values["done_at"] is not None, runs, now)
    return Item(**values, runs=runs, state=state, rotted=rotted)
