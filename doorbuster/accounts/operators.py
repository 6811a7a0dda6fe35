"""Operators: their names, roles and password hashes; adding, recovering and disabling them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from doorbuster import journal
from doorbuster.accounts.roles import Role
from doorbuster.clock import new_id
from doorbuster.database.queries import QueryFile
from doorbuster.journal import Actor, EventLog, Line

SQL = QueryFile("doorbuster.accounts", "operators.sqlite.sql")

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who may enter the control room; `disabled_at` is set when not any more."""

    id: UUID
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class NameTaken:
    """An operator of that name exists; capitals make no difference."""

    name: str


def name_mistake(name: str) -> str | None:
    """Return what is wrong with an operator's name, as a sentence, or None."""
    if NAME.fullmatch(name):
        return None
    return "Use 1 to 64 letters, digits and . _ @ + - , beginning and ending with a letter or digit."


def add_operator(log: EventLog, made: Operator, password_hash: str, by: Actor) -> Operator | NameTaken:
    """Add an operator, unless the name is taken, and say so in the journal."""
    with log.transaction():
        if not insert_operator(log, made, password_hash):
            return NameTaken(made.name)
        _note(log, "operator.add", made.name, by, made.created_at, role=made.role)
    return made


def new_operator(name: str, role: Role, now: datetime) -> Operator:
    """Return an operator who is yet to be added."""
    return Operator(id=new_id(), name=name, role=role, created_at=now, disabled_at=None)


def insert_operator(log: EventLog, made: Operator, password_hash: str) -> bool:
    """Write an operator's row inside the caller's transaction; False when the name is taken."""
    return bool(
        log.execute(
            SQL.insert_operator,
            id=str(made.id),
            name=made.name,
            role=made.role,
            password_hash=password_hash,
            created_at=made.created_at.isoformat(),
        )
    )


def list_operators(log: EventLog) -> list[Operator]:
    """Return all operators (at most 500) by name."""
    return [operator_of(row) for row in log.fetch(SQL.operators)]


def operator_named(log: EventLog, name: str) -> tuple[Operator, str] | None:
    """Return the operator of that name with the password's hash, or None."""
    row = log.fetch_one(SQL.operator_by_name, name=name)
    return (operator_of(row), row["password_hash"]) if row else None


def nobody_yet(log: EventLog) -> bool:
    """Say whether no operator who could log in exists."""
    return not any(operator.disabled_at is None for operator in list_operators(log))


def disable_operator(log: EventLog, operator: Operator, by: Actor, now: datetime) -> None:
    """End the operator's sessions and let nobody log in under the name any more."""
    with log.transaction():
        log.execute(SQL.disable_operator, id=str(operator.id), now=now.isoformat())
        log.execute(SQL.end_sessions_of, operator_id=str(operator.id))
        _note(log, "operator.disable", operator.name, by, now)


def operator_of(row: Any) -> Operator:
    """Make an operator of its row."""
    return Operator(
        id=UUID(row["id"]),
        name=row["name"],
        role=row["role"],
        created_at=datetime.fromisoformat(row["created_at"]),
        disabled_at=datetime.fromisoformat(row["disabled_at"]) if row["disabled_at"] else None,
    )


def _note(log: EventLog, verb: str, name: str, by: Actor, now: datetime, **detail: Any) -> None:
    line = Line(at=now, actor=by.name, role=by.role, verb=verb, subject=f"operator:{name}", detail=detail)
    journal.append(log, line)
