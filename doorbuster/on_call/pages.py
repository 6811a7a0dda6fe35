"""Pages: one for each trouble that is open, what it says, and what became of each of its messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row

from doorbuster.clock import new_id
from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog, Line, append

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
BY_HAND = "by-hand/"
SEVERITIES = ("ticket", "page")
AGAIN_SECONDS = 1_800
"""An acknowledged page whose trouble is still open after so long is anybody's again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What somebody must be told: `key` tells one trouble from another, `severity` is ticket or page."""

    key: str
    cause: str
    team: str
    headline: str
    text: str
    url: str
    severity: str = "page"


@dataclass(frozen=True, slots=True)
class Page:
    """A trouble that somebody is told about; times in seconds since 1970."""

    id: str
    key: str
    team: str
    cause: str
    severity: str
    headline: str
    text: str
    url: str
    opened_at: int
    step: int
    next_at: int
    acknowledged_at: int | None
    acknowledged_by: str | None
    closed_at: int | None

    @property
    def by_hand(self) -> bool:
        """Say whether a person made it."""
        return self.key.startswith(BY_HAND)

    @property
    def state(self) -> str:
        """Return closed, acknowledged or open."""
        if self.closed_at is not None:
            return "closed"
        return "open" if self.acknowledged_at is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message and its fate: due, sent or failed; `why` it failed."""

    id: int
    step: int
    decided_at: int
    state: str
    attempts: int
    why: str
    url: str
    name: str


def notify(log: EventLog, trouble: Trouble, now: int, *, again: bool = False) -> Page:
    """Open a page, or tell an open one what is new.

    Whoever was told is not told again, unless the caller says `again`, or the trouble became worse or is another
    team's: then it begins anew.
    """
    with log.transaction():
        known = page_of(log, trouble.key)
        if known is None:
            return _open(log, trouble, now)
        anew = again or known.team != trouble.team or _worse(known.severity, trouble.severity)
        log.execute(
            SQL.change_page,
            id=known.id,
            team=trouble.team,
            cause=trouble.cause,
            severity=trouble.severity,
            headline=trouble.headline,
            text=trouble.text,
            url=trouble.url,
            step=0 if anew else known.step,
            next_at=now if anew else known.next_at,
            acknowledged_at=None if anew else known.acknowledged_at,
        )
    return page_by_id(log, known.id)


def acknowledge(log: EventLog, page_id: str, who: str, now: int) -> bool:
    """Take a page; False when it is taken already, or over."""
    with log.transaction():
        done = log.execute(SQL.acknowledge_page, id=page_id, who=who, now=now, again_at=now + AGAIN_SECONDS) == 1
        if done:
            append(log, _line(now, who, "page.acknowledge", page_id))
    return done


def resolve(log: EventLog, page_id: str, who: str, now: int) -> bool:
    """End a page that a person made; False when it is over. What the shop notices itself ends with its incident."""
    page = page_by_id(log, page_id)
    with log.transaction():
        done = page.by_hand and close(log, page.key, now)
        if done:
            append(log, _line(now, who, "page.resolve", page_id))
    return done


def close(log: EventLog, key: str, now: int) -> bool:
    """End the page of a trouble that is over; False when there is none open."""
    return log.execute(SQL.close_page, key=key, now=now) == 1


def page_of(log: EventLog, key: str) -> Page | None:
    """Return the open page of a trouble."""
    return _page(log.fetch_one(SQL.page_of_key, key=key))


def page_by_id(log: EventLog, page_id: str) -> Page:
    """Return a page; KeyError when there is none of that number."""
    page = _page(log.fetch_one(SQL.page_by_id, id=page_id))
    if page is None:
        raise KeyError(page_id)
    return page


def newest(log: EventLog) -> list[Page]:
    """Return the last pages, the newest first."""
    return [Page(*row) for row in log.fetch(SQL.newest_pages)]


def deliveries(log: EventLog, page_id: str) -> list[Delivery]:
    """Return the messages of a page, the oldest first."""
    return [Delivery(*row) for row in log.fetch(SQL.deliveries_of_page, page_id=page_id)]


def _open(log: EventLog, trouble: Trouble, now: int, make_id: Callable[[], object] = new_id) -> Page:
    page_id = str(make_id())
    log.execute(
        SQL.open_page,
        id=page_id,
        key=trouble.key,
        team=trouble.team,
        cause=trouble.cause,
        severity=trouble.severity,
        headline=trouble.headline,
        text=trouble.text,
        url=trouble.url,
        now=now,
    )
    return page_by_id(log, page_id)


def _page(row: Row | None) -> Page | None:
    return Page(*row) if row is not None else None


def _line(now: int, who: str, verb: str, page_id: str) -> Line:
    at = datetime.fromtimestamp(now, UTC)
    return Line(at=at, actor=who, role="on-call", verb=f"on_call.{verb}", subject=f"on_call:page:{page_id}")


def _worse(known: str, now: str) -> bool:
    return SEVERITIES.index(now) > SEVERITIES.index(known)
