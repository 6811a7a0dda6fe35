"""One alert, and the life of one: pending → firing → resolved; and how alerts are kept in the event log."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from doorbuster.clock import new_id
from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog
from doorbuster.watch.rule import Reading, Rule, Severity

SQL = QueryFile("doorbuster.watch", "alerts.sqlite.sql")

State = Literal["pending", "firing", "resolved"]

FLAPPING_FIRINGS = 3
FLAPPING_SECONDS = 3_600
FLAPPING_CLEARS_TIMES = 5
UNKNOWN_SECONDS_MAX = 900
KEPT_SECONDS = 35 * 86_400


@dataclass(frozen=True, slots=True)
class Alert:
    """What a rule says about one subject; times are seconds since 1970, `since` is when the trouble began.

    `follows` names the alert or the diagnosed cause whose consequence this one is, `silence` the silence that covers
    it: either mutes it. `firings` says how often it fired within the last hour.
    """

    rule: str
    subject: str
    severity: Severity
    since: int
    summary: str
    value: float
    threshold: float
    team: str = "platform"
    state: State = "pending"
    fired_at: int | None = None
    resolved_at: int | None = None
    follows: str = ""
    silence: int | None = None
    firings: int = 1
    id: str = field(default_factory=lambda: str(new_id()))

    @property
    def muted(self) -> bool:
        """Say whether nobody is to be told."""
        return bool(self.follows) or self.silence is not None

    @property
    def flapping(self) -> bool:
        """Say whether it fired again and again, so that it clears slower than usual."""
        return self.firings >= FLAPPING_FIRINGS


@dataclass(slots=True)
class Standing:
    """An alert that is pending or firing, its worst value, and since when it has been well, or unknown, again."""

    alert: Alert
    worst: float
    well_since: int | None = None
    unknown_since: int | None = None
    told: tuple[State, bool] | None = None


class Firings:
    """When each alert fired within the last hour; bounded."""

    def __init__(self) -> None:
        """Know of none."""
        self._times: dict[tuple[str, str], deque[int]] = {}

    def count(self, rule: str, subject: str, now: int) -> int:
        """Count one more, and return how many there were within the hour."""
        for key in [key for key, times in self._times.items() if times[-1] < now - FLAPPING_SECONDS]:
            del self._times[key]
        times = self._times.setdefault((rule, subject), deque(maxlen=20))
        times.append(now)
        return sum(1 for time in times if time > now - FLAPPING_SECONDS)


def step(rule: Rule, standing: Standing | None, reading: Reading, now: int, firings: Firings) -> Standing | None:
    """Return what has become of an alert after one more reading; None when there is none (any more)."""
    if standing is None:
        standing = _pending(rule, reading, now) if reading.bad else None
    if standing is None:
        return None
    alert = standing.alert
    if reading.value is not None and not reading.well:
        standing.worst = rule.worse(standing.worst, reading.value)
    if alert.state == "pending":
        return _after_pending(rule, standing, reading, now, firings)
    _note(standing, reading, now)
    # Between its two bounds it still fires; a sentence of a value within the limit would contradict that.
    if reading.value is not None and reading.bad:
        standing.alert = replace(alert, value=reading.value, summary=rule.summary(reading.value, reading.subject))
    clear = rule.clear * (FLAPPING_CLEARS_TIMES if alert.flapping else 1)
    if standing.well_since is not None and now - standing.well_since >= clear:
        # What is over is remembered by its worst moment.
        worst, summary = standing.worst, rule.summary(standing.worst, reading.subject)
        standing.alert = replace(standing.alert, state="resolved", resolved_at=now, value=worst, summary=summary)
    elif standing.unknown_since is not None and now - standing.unknown_since >= UNKNOWN_SECONDS_MAX:
        summary = f"Not known any more. Before: {alert.summary}"
        standing.alert = replace(standing.alert, state="resolved", resolved_at=now, summary=summary)
    return standing


def keep(log: EventLog, alerts: list[Alert], now: int) -> None:
    """Write alerts as they are now, in one transaction."""
    with log.transaction():
        for alert in alerts:
            log.execute(
                SQL.keep_alert, id=alert.id, rule=alert.rule, subject=alert.subject, severity=alert.severity,
                team=alert.team, since=alert.since, fired_at=alert.fired_at, resolved_at=alert.resolved_at, kept_at=now,
                summary=alert.summary, value=alert.value, threshold=alert.threshold, follows=alert.follows,
                silence=alert.silence, firings=alert.firings,
            )  # fmt: skip


def open_alerts(log: EventLog) -> list[Alert]:
    """Return what is firing by the log, the newest first."""
    return [_alert(row) for row in log.fetch(SQL.open_alerts)]


def history(log: EventLog, since: int, rule: str = "", most: int = 200) -> list[Alert]:
    """Return what fired since then, the newest first; at most 500."""
    return [_alert(row) for row in log.fetch(SQL.alerts_since, since=since, rule=rule, most=min(most, 500))]


def forget(log: EventLog, now: int) -> int:
    """Delete what was resolved too long ago, and say how many."""
    return log.execute(SQL.forget_alerts, before=now - KEPT_SECONDS)


def _pending(rule: Rule, reading: Reading, now: int) -> Standing:
    assert reading.value is not None
    summary = rule.summary(reading.value, reading.subject)
    alert = Alert(rule.name, reading.subject, rule.severity, now, summary, reading.value, rule.limit, rule.team)
    return Standing(alert, reading.value)


def _after_pending(rule: Rule, standing: Standing, reading: Reading, now: int, firings: Firings) -> Standing | None:
    if not reading.bad or reading.value is None:
        return None
    alert = replace(standing.alert, value=reading.value, summary=rule.summary(reading.value, reading.subject))
    if now - alert.since >= rule.hold:
        count = firings.count(rule.name, reading.subject, now)
        alert = replace(alert, state="firing", fired_at=now, firings=count)
    standing.alert = alert
    return standing


def _note(standing: Standing, reading: Reading, now: int) -> None:
    """Note since when it has been well, or unknown."""
    if reading.value is None:
        standing.unknown_since = standing.unknown_since or now
        return
    standing.unknown_since = None
    standing.well_since = (standing.well_since or now) if reading.well else None


def _alert(row: Any) -> Alert:
    return Alert(
        rule=row["rule"], subject=row["subject"], severity=row["severity"], since=row["since"], summary=row["summary"],
        value=row["value"], threshold=row["threshold"], team=row["team"],
        state="firing" if row["resolved_at"] is None else "resolved", fired_at=row["fired_at"],
        resolved_at=row["resolved_at"], follows=row["follows"], silence=row["silence"], firings=row["firings"],
        id=row["id"],
    )  # fmt: skip
