"""An incident, from detected to reviewed: what is known of it, and the verbs that move it on.

Promises: one key opens one incident, however often it is tried; a move is made once and never backwards; every move is
a line of the timeline and of the journal in the same transaction; severity follows the impact.
Never: needs PostgreSQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.incident import timeline
from doorbuster.incident.timeline import Evidence, Told
from doorbuster.journal import Actor, EventLog, Line, append
from doorbuster.watch.visitors import Visitors
from doorbuster.web.pages import moment_of

SQL = QueryFile("doorbuster.incident", "incident.sqlite.sql")

State = Literal["detected", "acknowledged", "mitigated", "resolved", "reviewed"]
STATES: tuple[State, ...] = get_args(State)
ROLES = ("commander", "scribe", "on-call")
LISTED_MAX = 200
SEVERITIES = {
    1: "most customers are hurt, or many while a sale runs",
    2: "many customers are hurt, or some while a sale runs",
    3: "some customers are hurt",
    4: "nobody is hurt yet",
}


class Firing(Protocol):
    """An alert that fires, as the watch tells it; `since` in seconds since 1970."""

    @property
    def rule(self) -> str:
        """The rule's name."""

    @property
    def subject(self) -> str:
        """What it is about, or nothing."""

    @property
    def since(self) -> int:
        """When the trouble began."""

    @property
    def team(self) -> str:
        """Whose it is, as far as the rule knows."""

    @property
    def summary(self) -> str:
        """One sentence."""


class Diagnosed(msgspec.Struct, frozen=True, kw_only=True):
    """What the diagnosis said last, as far as the story needs it."""

    cause: str = ""
    subject: str = ""
    trigger: str = ""
    share: float = 0.0
    headline: str = ""
    evidence: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()
    remedy: str = ""
    steps: tuple[str, ...] = ()
    lever: str = ""
    waiting: float = 0.0
    """How much was waited when it was said: average concurrency of what was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; times are seconds since 1970, None while it has not happened. `hurt_peak` is from 0 to 1."""

    id: int
    key: str
    title: str
    severity: int
    state: State
    cause: str
    team: str
    impact_at: int | None
    detected_at: int
    acknowledged_at: int | None
    named_at: int | None
    mitigated_at: int | None
    resolved_at: int | None
    reviewed_at: int | None
    quiet_since: int | None
    hurt_peak: float | None
    sale_running: bool
    merged_into: int | None
    said: Diagnosed
    drill: str
    why_no_drill: str
    visitors_seen: int | None
    visitors_hurt: int | None

    @property
    def hurt_share(self) -> float | None:
        """Return which share of the people who came while it hurt was hurt (0 to 1); of answers, if none is known."""
        return self.visitors_hurt / self.visitors_seen if self.visitors_seen and self.visitors_hurt else self.hurt_peak

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do something about it."""
        return self.state in ("detected", "acknowledged", "mitigated") and self.merged_into is None

    @property
    def began_at(self) -> int:
        """Return when it began to hurt, or when it was detected while that is not known."""
        return self.impact_at if self.impact_at is not None else self.detected_at

    def has_reached(self, state: State) -> bool:
        """Say whether it is in the state or beyond it."""
        return STATES.index(self.state) >= STATES.index(state)


def severity_of(hurt_share: float | None, sale_running: bool) -> int:
    """Return 1 (worst) to 4 by the share of answers that hurt somebody and whether a sale is running."""
    hurt = hurt_share or 0.0
    if hurt >= 0.5 or (hurt >= 0.2 and sale_running):
        return 1
    if hurt >= 0.2 or (hurt >= 0.05 and sale_running):
        return 2
    return 3 if hurt > 0.01 else 4


def open_by(
    log: EventLog, actor: Actor, title: str, at: int, *, key: str = "", severity: int = 3, team: str = "platform"
) -> Incident:
    """Open an incident for a person or an alert; one that was opened by this key is returned as it is."""
    with log.transaction():
        known = log.fetch_one(SQL.incident_of_key, key=key or f"{actor.name}/{at}/{title}")
        if known is not None:
            return of_row(known)
        row = log.fetch_one(
            SQL.open_incident, key=key or f"{actor.name}/{at}/{title}", title=title, severity=severity, team=team, at=at
        )
        assert row is not None
        opened = of_row(row)
        _told(log, opened, actor, at, verb="opened", text=f"Incident {opened.id} is opened: {title}", source="detected")
    return opened


def open_from(log: EventLog, alert: Firing, said: Diagnosed | None, at: int, team: str = "") -> Incident:
    """Open an incident from a firing page alert, with what the diagnosis says of it, if anything, and whose that is.

    An alert whose incident somebody has resolved opens no other one; that one is returned as it is.
    """
    # What the diagnosis cannot name yet, the alert tells better.
    title = said.headline if said and said.cause else alert.summary
    opened = open_by(
        log, Actor("watch", "watch"), title, at, key=f"{alert.rule}/{alert.subject}/{alert.since}", team=alert.team
    )
    return name_cause(log, opened.id, said, at, team) if said and said.cause and opened.is_open else opened


def name_cause(log: EventLog, incident_id: int, said: Diagnosed, at: int, team: str = "") -> Incident:
    """Write down what the diagnosis says; the time of the first name stays, a changed name is a line."""
    with log.transaction():
        before = must(log, incident_id)
        log.execute(
            SQL.name_cause, id=incident_id, cause=said.cause, said=msgspec.json.encode(said).decode(), at=at,
            team=team or None, title=said.headline or before.title,
        )  # fmt: skip
        if said.cause != before.cause and said.headline:
            wrong = "the diagnosis thought again" if before.cause else ""
            timeline.mark_diagnoses_wrong(log, incident_id, wrong)
            evidence = Evidence(said=said.evidence, not_because=said.not_because, query=said.subject)
            timeline.add(log, incident_id, Told(at, "diagnosis", said.headline, "watch", evidence=evidence))
    return must(log, incident_id)


def move(log: EventLog, incident_id: int, state: State, actor: Actor, at: int, *, note: str = "") -> Incident | str:
    """Move it on to a state; return it, or the sentence that says why it cannot be moved there."""
    with log.transaction():
        before = must(log, incident_id)
        if before.merged_into is not None:
            return f"Incident {incident_id} was merged into {before.merged_into}; work on that one."
        if before.has_reached(state):
            return f"Incident {incident_id} is {before.state} already."
        if state == "reviewed" and before.state != "resolved":
            return f"Incident {incident_id} is {before.state}: it is reviewed when it is resolved."
        if state == "reviewed" and not (before.drill or before.why_no_drill):
            return "It has no drill yet: write one (`doorbuster incident drill`), or say why there is none."
        log.execute(SQL.move_incident, id=incident_id, state=state, at=max(at, before.detected_at))
        text = f"{state.capitalize()}" + (f": {note}" if note else "")
        _told(log, before, actor, at, verb=state, text=text)
    return must(log, incident_id)


def assign(log: EventLog, incident_id: int, role: str, name: str, *, actor: Actor, at: int) -> None:
    """Give somebody a role; the timeline says that the role is taken, not by whom."""
    with log.transaction():
        log.execute(SQL.assign_role, id=incident_id, role=role, name=name)
        _told(log, must(log, incident_id), actor, at, verb="role", text=f"The {role} is there.", name=name)


def roles_of(log: EventLog, incident_id: int) -> Mapping[str, str]:
    """Return who has which role, for those at work."""
    return {row["role"]: row["name"] for row in log.fetch(SQL.roles_of_incident, id=incident_id)}


def merge(log: EventLog, incident_id: int, into: int, actor: Actor, at: int) -> str:
    """Make one incident a part of another; return nothing, or why it cannot be."""
    with log.transaction():
        part, whole = of(log, incident_id), of(log, into)
        if part is None or whole is None:
            return f"There is no incident {incident_id if part is None else into}."
        if incident_id == into or whole.merged_into is not None or part.merged_into is not None:
            return "An incident is merged once, into another one that stands for itself."
        log.execute(SQL.merge_incident, id=incident_id, into=into)
        log.execute(SQL.lines_to_other, id=incident_id, into=into)
        log.execute(SQL.widen_incident, id=into, impact_at=part.impact_at, hurt_peak=part.hurt_peak)
        _told(log, whole, actor, at, verb="merged", text=f"Incident {incident_id} turned out to be the same one.")
    return ""


def split(log: EventLog, incident_id: int, title: str, actor: Actor, at: int) -> Incident:
    """Open another incident for what turned out to be a trouble of its own; the story before it is one click away."""
    made = open_by(log, actor, title, at, key=f"split/{incident_id}/{at}/{title}")
    timeline.add(log, made.id, Told(at, "status", f"Split from incident {incident_id}.", actor.role))
    timeline.add(log, incident_id, Told(at, "status", f"Incident {made.id} was split off: {title}", actor.role))
    return made


def felt(
    log: EventLog, incident_id: int, *, impact_at: int | None, hurt_peak: float | None, sale_running: bool,
    quiet_since: int | None, visitors: Visitors | None = None,
) -> None:  # fmt: skip
    """Write down what the series says: when it began, how bad it was, since when it is quiet; severity only rises.

    `visitors` are those who came while it hurt; None leaves what is known of them.
    """
    log.execute(
        SQL.feel_incident, id=incident_id, impact_at=impact_at, hurt_peak=hurt_peak, sale_running=int(sale_running),
        quiet_since=quiet_since, severity=severity_of(hurt_peak, sale_running),
        visitors_seen=visitors.seen if visitors else None, visitors_hurt=visitors.hurt if visitors else None,
    )  # fmt: skip


def settle_drill(log: EventLog, incident_id: int, *, drill: str = "", why_not: str = "") -> None:
    """Say which drill plays it again, or why none does."""
    log.execute(SQL.settle_drill, id=incident_id, drill=drill, why_not=why_not)


def of(log: EventLog, incident_id: int) -> Incident | None:
    """Return one incident, or None."""
    row = log.fetch_one(SQL.incident_by_id, id=incident_id)
    return of_row(row) if row else None


def must(log: EventLog, incident_id: int) -> Incident:
    """Return an incident that is known to be there; LookupError when it is not."""
    found = of(log, incident_id)
    if found is None:
        raise LookupError(f"there is no incident {incident_id}")
    return found


def newest(log: EventLog, since: int = 0) -> list[Incident]:
    """Return the last incidents that stand for themselves, the newest first."""
    return [of_row(row) for row in log.fetch(SQL.newest_incidents, since=since, most=LISTED_MAX)]


def open_ones(log: EventLog) -> list[Incident]:
    """Return those that somebody still has to do something about, the newest first."""
    return [of_row(row) for row in log.fetch(SQL.open_incidents, most=LISTED_MAX)]


def of_row(row: Any) -> Incident:
    """Make an incident of its row."""
    values = dict(row)
    values["sale_running"] = bool(values["sale_running"])
    values["said"] = msgspec.json.decode(values["said"], type=Diagnosed)
    return Incident(**values)


def _told(
    log: EventLog, it: Incident, actor: Actor, at: int, *, verb: str, text: str, source: str = "status", **detail: str
) -> None:  # fmt: skip
    line = Line(
        at=moment_of(at), actor=actor.name, role=actor.role, verb=f"incident.{verb}", subject=f"incident:{it.id}",
        detail={"reason": text, **detail},
    )  # fmt: skip
    append(log, line)
    timeline.add(log, it.id, Told(at, source, text, actor.role, key=f"journal/{line.id}"))
