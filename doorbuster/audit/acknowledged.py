"""Answers that clients were given, as JSON lines, held against the rows: none lost, none contradicted.

The file is read in batches, so that its size does not matter.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec

from doorbuster.audit.report import Result
from doorbuster.database import QueryFile, Row, Runner
from doorbuster.errors import Misconfigured

SQL = QueryFile("doorbuster.audit", "acknowledged.sql")

BATCH_ROWS = 1000


class ToldHold(msgspec.Struct, frozen=True, kw_only=True, tag="hold", tag_field="kind"):
    """A hold that a client was told of, and the Idempotency-Key it had sent."""

    id: UUID
    sku: str
    quantity: int
    key: str = ""


class ToldOrder(msgspec.Struct, frozen=True, kw_only=True, tag="order", tag_field="kind"):
    """An order that a client was told of; `total` in minor units, `state` as it was last told."""

    id: UUID
    number: int
    total: int
    state: str
    hold_id: UUID | None = None


async def check_acknowledged(runner: Runner, path: Path, most: int) -> tuple[Result, Result]:
    """Hold every acknowledged answer of the file against the rows; at most `most` findings of each kind."""
    holds, orders = _Tally(most), _Tally(most)
    for batch in _batches(path):
        told_holds = [told for told in batch if isinstance(told, ToldHold)]
        told_orders = [told for told in batch if isinstance(told, ToldOrder)]
        if told_holds:
            holds.add(len(told_holds), [_hold_sentence(row) for row in await _wrong_holds(runner, told_holds)])
        if told_orders:
            orders.add(len(told_orders), [_order_sentence(row) for row in await _wrong_orders(runner, told_orders)])
    return (
        holds.result("told_holds", "every hold that a client was told of was kept", "acknowledged holds"),
        orders.result("told_orders", "every order that a client was told of was kept", "acknowledged orders"),
    )


class _Tally:
    """Adds up batches, keeping the first findings only."""

    def __init__(self, most: int) -> None:
        self.most, self.looked_at, self.drifted = most, 0, 0
        self.findings: list[str] = []

    def add(self, looked_at: int, findings: list[str]) -> None:
        self.looked_at += looked_at
        self.drifted += len(findings)
        self.findings += findings[: self.most - len(self.findings)]

    def result(self, name: str, promise: str, noun: str) -> Result:
        return Result(name, promise, self.looked_at, noun, self.drifted, tuple(self.findings))


def _batches(path: Path) -> Iterator[list[ToldHold | ToldOrder]]:
    try:
        with path.open("rb") as file:
            told = (_told(path, number, line) for number, line in enumerate(file, start=1) if line.strip())
            while batch := list(islice(told, BATCH_ROWS)):
                yield batch
    except OSError as fault:
        raise Misconfigured(f"{path} cannot be read: {fault.strerror}") from fault


def _told(path: Path, number: int, line: bytes) -> ToldHold | ToldOrder:
    try:
        return msgspec.json.decode(line, type=ToldHold | ToldOrder)
    except (msgspec.MsgspecError, UnicodeDecodeError) as mistake:
        raise Misconfigured(f"{path}, line {number} is no acknowledged answer: {mistake}") from mistake


async def _wrong_holds(runner: Runner, told: list[ToldHold]) -> list[Row]:
    return await runner.fetch(
        SQL.audit_told_holds,
        ids=[hold.id for hold in told],
        skus=[hold.sku for hold in told],
        quantities=[hold.quantity for hold in told],
        keys=[hold.key for hold in told],
    )


async def _wrong_orders(runner: Runner, told: list[ToldOrder]) -> list[Row]:
    return await runner.fetch(
        SQL.audit_told_orders,
        ids=[order.id for order in told],
        numbers=[order.number for order in told],
        totals=[order.total for order in told],
        states=[order.state for order in told],
        holds=[order.hold_id for order in told],
    )


def _hold_sentence(row: Row) -> str:
    if row["lost"]:
        return f"hold {row['hold']} of {row['told_quantity']} {row['told_sku']} was acknowledged and does not exist"
    differing = _differing(row, ("sku", "quantity", "key"))
    return f"hold {row['hold']} was acknowledged otherwise than it is: {differing}"


def _order_sentence(row: Row) -> str:
    if row["lost"]:
        return f"order {row['order']} (number {row['told_number']}) was acknowledged and does not exist"
    differing = _differing(row, ("number", "total", "state", "hold"))
    return f"order {row['order']} was acknowledged otherwise than it is: {differing}"


def _differing(row: Row, names: tuple[str, ...]) -> str:
    """Say where what was told differs from what is: told state 'paid', is 'cancelled'."""
    pairs = [(name, row[f"told_{name}"], row[name]) for name in names]
    return ", ".join(f"told {name} {told}, is {real}" for name, told, real in pairs if told != real)
