"""One-time links: the first owner's way in, an invitation, and recovery.

Promises: a link works once and for a day; only its hash is kept; a newer one for the same purpose voids the older.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from doorbuster import journal
from doorbuster.accounts.operators import (
    SQL,
    NameTaken,
    Operator,
    insert_operator,
    new_operator,
    nobody_yet,
    operator_named,
)
from doorbuster.accounts.roles import Role
from doorbuster.accounts.sessions import hash_of
from doorbuster.clock import new_secret
from doorbuster.journal import Actor, EventLog, Line

LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Link:
    """What an unused link is for: a new account with `role`, or recovery of the account called `name`."""

    role: Role
    operator_id: UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class LinkWorthless:
    """The link was used, is too old, or never was one."""


def first_run_link(log: EventLog, control_url: str, now: datetime) -> str | None:
    """Return the address where the first owner chooses name and password, or None when somebody can log in already."""
    if not nobody_yet(log):
        return None
    return control_url + make_link(log, "owner", None, Actor("doorbuster up", "system"), now)


def make_link(log: EventLog, role: Role, operator: Operator | None, by: Actor, now: datetime) -> str:
    """Make a link to a new account with `role`, or to recover `operator`; return its path, which is shown only now."""
    token = new_secret(32)
    operator_id = str(operator.id) if operator else None
    verb, name = ("operator.reset", operator.name) if operator else ("operator.invite", role)
    with log.transaction():
        log.execute(SQL.void_links, role=role, operator_id=operator_id)
        log.execute(
            SQL.insert_link,
            token_hash=hash_of(token),
            role=role,
            operator_id=operator_id,
            now=now.isoformat(),
            expires_at=(now + LASTS).isoformat(),
        )
        journal.append(log, Line(at=now, actor=by.name, role=by.role, verb=verb, subject=f"operator:{name}"))
    return f"/links/{token}"


def link_of(log: EventLog, token: str, now: datetime) -> Link | LinkWorthless:
    """Return what the link is for, if it still works."""
    row = log.fetch_one(SQL.link, token_hash=hash_of(token), now=now.isoformat())
    if row is None:
        return LinkWorthless()
    return Link(row["role"], UUID(row["operator_id"]) if row["operator_id"] else None, row["name"])


def use_link(
    log: EventLog, token: str, name: str, password_hash: str, now: datetime
) -> Operator | NameTaken | LinkWorthless:
    """Make the account (or give the recovered one its new password) and use the link up, both or neither."""
    with log.transaction():
        link = link_of(log, token, now)
        if isinstance(link, LinkWorthless):
            return link
        made = _make_or_recover(log, link, name, password_hash, now)
        if isinstance(made, NameTaken):
            return made
        log.execute(SQL.use_link, token_hash=hash_of(token), now=now.isoformat())
        verb = "operator.recover" if link.operator_id else "operator.add"
        journal.append(log, Line(at=now, actor=made.name, role=made.role, verb=verb, subject=f"operator:{made.name}"))
    return made


def _make_or_recover(log: EventLog, link: Link, name: str, password_hash: str, now: datetime) -> Operator | NameTaken:
    known = operator_named(log, link.name) if link.name else None
    if known is None:
        made = new_operator(name, link.role, now)
        return made if insert_operator(log, made, password_hash) else NameTaken(name)
    log.execute(SQL.set_password, id=str(known[0].id), password_hash=password_hash)
    log.execute(SQL.end_sessions_of, operator_id=str(known[0].id))
    return replace(known[0], disabled_at=None)
