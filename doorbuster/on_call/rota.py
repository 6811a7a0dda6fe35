"""Who is on call for a team at an instant: a rotation with hand-overs in local time, and people who stand in.

Promises: while a rotation has people, exactly one is on call at every instant since it began, and nobody's shift is
broken in two; the hand-over is at the same local time in summer and winter; who stands in comes before the rotation,
the newest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from sqlite3 import Row
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.errors import Misconfigured
from doorbuster.journal import Actor, EventLog, append
from doorbuster.watch.diagnosis import Team

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
TEAMS: tuple[Team, ...] = get_args(Team)


@dataclass(frozen=True, slots=True)
class Rotation:
    """A team's shifts: `days` long, handed over at a local time since the day `begins`, to one person after another."""

    team: str
    zone: str
    hand_over: time
    days: int
    begins: date
    people: tuple[int, ...]

    def person_at(self, moment: datetime) -> int | None:
        """Return who has the shift; None before it began, or without people."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        passed = (day - self.begins).days - (moment < self.hand_over_on(day))
        return self.people[passed // self.days % len(self.people)] if passed >= 0 and self.people else None

    def beginning(self, moment: datetime) -> "Rotation":
        """Return it as one whose first shift runs since the last hand-over; raise Misconfigured for its zone."""
        day = moment.astimezone(_zone(self.zone)).date()
        return replace(self, begins=day - timedelta(days=moment < self.hand_over_on(day)))

    def hand_over_on(self, day: date) -> datetime:
        """Return the instant of a day's hand-over.

        An hour that comes twice, as clocks go back, counts the first time; one that is skipped, as if it were not.
        """
        return datetime.combine(day, self.hand_over, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody stands in from `begins_at` until `ends_at` (seconds since 1970)."""

    id: int
    team: str
    person_id: int
    begins_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one person (or nobody) is on call."""

    begins: datetime
    ends: datetime
    person_id: int | None
    stands_in: bool


@dataclass(frozen=True, slots=True)
class Rota:
    """Every rotation and everybody who stands in."""

    rotations: Mapping[str, Rotation]
    overrides: Sequence[Override]

    def on_call(self, team: str, moment: datetime) -> tuple[int | None, bool]:
        """Return who is on call for a team, and whether that person stands in."""
        at = moment.timestamp()
        for override in self.overrides:
            if override.team == team and override.begins_at <= at < override.ends_at:
                return override.person_id, True
        rotation = self.rotations.get(team)
        return (rotation.person_at(moment) if rotation else None), False

    def stretches(self, team: str, since: datetime, days: int) -> list[Stretch]:
        """Return who is on call when, from `since` for so many days, without gaps between the stretches."""
        found: list[Stretch] = []
        for begins, ends in pairwise(self._changes(team, since, since + timedelta(days=days))):
            person, stands_in = self.on_call(team, begins)
            if found and (found[-1].person_id, found[-1].stands_in) == (person, stands_in):
                found[-1] = Stretch(found[-1].begins, ends, person, stands_in)
            else:
                found.append(Stretch(begins, ends, person, stands_in))
        return found

    def _changes(self, team: str, since: datetime, until: datetime) -> list[datetime]:
        """Return the instants at which somebody else may be on call, with both ends."""
        found = {since, until}
        for override in self.overrides:
            if override.team == team:
                found |= {datetime.fromtimestamp(at, UTC) for at in (override.begins_at, override.ends_at)}
        if rotation := self.rotations.get(team):
            first = since.date() - timedelta(days=1)
            found |= {rotation.hand_over_on(first + timedelta(days=n)) for n in range((until - since).days + 3)}
        return sorted(moment for moment in found if since <= moment <= until)


def rota_at(log: EventLog, moment: datetime) -> Rota:
    """Read every rotation, and the overrides that are not over."""
    rotations = {row["team"]: _rotation(row) for row in log.fetch(SQL.rotations)}
    rows = log.fetch(SQL.overrides, now=int(moment.timestamp()))
    return Rota(rotations, [Override(*row) for row in rows])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as fault:
        raise Misconfigured(f"there is no time zone {name!r}; one is Europe/London") from fault


def set_rotation(log: EventLog, actor: Actor, rotation: Rotation, now: datetime) -> None:
    """Replace a team's rotation, and say so in the journal; raise Misconfigured for one that cannot be."""
    require_team(rotation.team)
    if not rotation.people:
        raise Misconfigured("a rotation needs at least one person")
    if not 1 <= rotation.days <= 28:
        raise Misconfigured("a shift is from 1 to 28 days long")
    _zone(rotation.zone)
    facts = {
        "zone": rotation.zone,
        "hand_over": rotation.hand_over.isoformat("minutes"),
        "days": rotation.days,
        "begins": rotation.begins.isoformat(),
        "people": msgspec.json.encode(rotation.people).decode(),
    }
    with log.transaction():
        append(log, actor.line(now, "on_call.rotation.set", f"on_call:{rotation.team}", **facts))
        log.execute(SQL.set_rotation, team=rotation.team, **facts)


def stand_in(log: EventLog, actor: Actor, wish: Override, now: datetime) -> int:
    """Let somebody stand in as wished, and say so in the journal; return the number by which it is taken back."""
    require_team(wish.team)
    if wish.begins_at >= wish.ends_at:
        raise Misconfigured("it would end before it begins")
    facts = {"person_id": wish.person_id, "begins_at": wish.begins_at, "ends_at": wish.ends_at}
    with log.transaction():
        append(log, actor.line(now, "on_call.override.add", f"on_call:{wish.team}", **facts))
        row = log.fetch_one(SQL.add_override, team=wish.team, **facts)
    assert row is not None
    return int(row["id"])


def take_back(log: EventLog, actor: Actor, override_id: int, now: datetime) -> bool:
    """Let nobody stand in after all; False when there is no override of that number."""
    with log.transaction():
        done = log.execute(SQL.remove_override, id=override_id, now=now.isoformat()) == 1
        if done:
            append(log, actor.line(now, "on_call.override.remove", f"on_call:{override_id}"))
    return done


def require_team(team: str) -> None:
    """Raise Misconfigured for a team that there is not."""
    if team not in TEAMS:
        raise Misconfigured(f"there is no team {team!r}; there are {', '.join(TEAMS)}")


def _rotation(row: Row) -> Rotation:
    return Rotation(
        row["team"], row["zone"], time.fromisoformat(row["hand_over"]), int(row["days"]),
        date.fromisoformat(row["begins"]), tuple(msgspec.json.decode(row["people"], type=list[int])),
    )  # fmt: skip
