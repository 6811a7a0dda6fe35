"""Links to look on: a manager without an account sees the overview and the sales as they sell, and nothing else.

Promises: a link works until it expires or is revoked, from the next request on; only its hash is kept; who made and
revoked it is in the journal; at most `VIEWS_MAX` work at a time.
Never: lets anybody change anything, or see a customer's or colleague's data: role `guest` has one permission, `glance`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from doorbuster.accounts.operators import Operator
from doorbuster.accounts.sessions import hash_of
from doorbuster.clock import new_secret
from doorbuster.database.queries import QueryFile
from doorbuster.journal import Actor, EventLog, Line, append

SQL = QueryFile("doorbuster.accounts", "views.sqlite.sql")
VIEWS_MAX = 100
DAYS_MAX = 92
LABEL_MAX = 80


@dataclass(frozen=True, slots=True)
class View:
    """A link that works: who it is for, who made it, and when somebody last came in by it."""

    id: int
    label: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    entered_at: datetime | None

    @property
    def guest(self) -> Operator:
        """Return whoever comes by the link, as pages know who is there."""
        return Operator(
            id=UUID(int=self.id), name=self.label, role="guest", created_at=self.made_at, disabled_at=None
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TooManyViews:
    """So many links work already that one has to be revoked first."""


def make_view(log: EventLog, label: str, by: Actor, now: datetime, lasts: timedelta) -> str | TooManyViews:
    """Make a link for `label`; return its path, which is shown only now."""
    token = new_secret(32)
    with log.transaction():
        if len(list_views(log, now)) >= VIEWS_MAX:
            return TooManyViews()
        log.fetch_one(
            SQL.insert_view,
            token_hash=hash_of(token),
            label=label,
            made_by=by.name,
            now=now.isoformat(),
            expires_at=(now + lasts).isoformat(),
        )
        append(log, _line(now, by, "view.make", label, {"until": now + lasts}))
    return f"/views/{token}"


def list_views(log: EventLog, now: datetime) -> list[View]:
    """Return the links that work, the newest first."""
    return [_view(row) for row in log.fetch(SQL.views, now=now.isoformat())]


def view_of(log: EventLog, token: str, now: datetime) -> View | None:
    """Return what the token opens, while it does."""
    row = log.fetch_one(SQL.view, token_hash=hash_of(token), now=now.isoformat())
    return _view(row) if row else None


def enter_view(log: EventLog, token: str, now: datetime) -> View | None:
    """Come in by a link; None when it does not work any more, or never did."""
    view = view_of(log, token, now)
    if view is not None:
        log.execute(SQL.enter_view, id=view.id, now=now.isoformat())
    return view


def revoke_view(log: EventLog, view_id: int, by: Actor, now: datetime) -> bool:
    """End a link at once; False when none of that number works."""
    with log.transaction():
        row = log.fetch_one(SQL.revoke_view, id=view_id, now=now.isoformat())
        if row is not None:
            append(log, _line(now, by, "view.revoke", row["label"], {}))
    return row is not None


def _line(now: datetime, by: Actor, verb: str, label: str, detail: dict[str, Any]) -> Line:
    return Line(at=now, actor=by.name, role=by.role, verb=verb, subject=f"view:{label}", detail=detail)


def _view(row: Any) -> View:
    entered = row["entered_at"]
    return View(
        row["id"], row["label"], row["made_by"], datetime.fromisoformat(row["made_at"]),
        datetime.fromisoformat(row["expires_at"]), datetime.fromisoformat(entered) if entered else None,
    )  # fmt: skip
