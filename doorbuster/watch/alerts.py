"""The book of alerts: every rule judged each second, what fires kept and told, consequences and the silenced muted.

Promises: judging is arithmetic in memory and takes under two milliseconds a second; an alert fires quickly and clears
slowly; what was firing before a restart still is after it; who is told hears of the cause, not of its consequences; a
disk that refuses to write keeps nobody from being told.
Never: decides whom to wake, or why something is so.

    book = AlertBook(log, rules, on_change=told)
    await book.run(series, clock)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace

from doorbuster.clock import Clock
from doorbuster.errors import DoorbusterError, EventLogUnavailable
from doorbuster.journal import EventLog
from doorbuster.watch import alert as life
from doorbuster.watch import silences
from doorbuster.watch.alert import Alert, Firings, Standing
from doorbuster.watch.past import Past
from doorbuster.watch.rule import Reading, Rule
from doorbuster.watch.series import Series
from doorbuster.watch.signals import Tick
from doorbuster.watch.silences import Silence
from doorbuster.watch.windows import MINUTES, SECONDS

OnChange = Callable[[Sequence[Alert]], Awaitable[None]]

SUBJECTS_MAX = 50
SILENCES_SECONDS = 2
KEEP_SECONDS = 15
FORGET_SECONDS = 3_600
UNTOLD_MAX = 500

OVERLOAD = frozenset({
    "DatabaseSlow", "ConnectionsHigh", "ConnectionsExhausted", "PoolWaiting", "LockWaits", "IdleInTransaction",
    "GuardShedding", "SaleShedding", "BrownOutLong", "EventLoopLate", "JobsStuck", "OrdersSilent", "SaleSilent",
    "LatencyShifted",
})  # fmt: skip
CONSEQUENCES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((
        "missing_index", "bad_query", "lock_contention", "io_saturation", "database_cpu", "traffic_spike",
        "bot_flood", "disk_full", "replication_lag",
    ), OVERLOAD),
    "connection_exhaustion": OVERLOAD - {"ConnectionsExhausted"},
    "database_down": OVERLOAD | {"ReplicationLag", "PaymentsFailing", "MailFailing"},
    "web_cpu": frozenset({"EventLoopLate", "PoolWaiting", "OrdersSilent", "SaleSilent", "LatencyShifted"}),
    "event_loop_block": frozenset({"WebCpuHigh", "PoolWaiting", "OrdersSilent", "SaleSilent", "LatencyShifted"}),
    "memory": frozenset({"WorkerRestarting", "HostMemoryHigh", "EventLoopLate"}),
    "slow_payments": frozenset({"PaymentsFailing", "PaymentProviderSlow", "PoolWaiting", "JobsStuck", "OrdersSilent"}),
    "job_backlog": frozenset({"MailFailing"}),
}  # fmt: skip
"""Cause, as a diagnosis names it -> the alerts that say no more than that it is so."""


async def nobody(_: Sequence[Alert]) -> None:
    """Tell nobody."""


def remember(past: Past, series: Series) -> None:
    """Fill the past's minutes from the series, a day at a time, so that nobody waits for the series for long."""
    for name, minutes in past.minutes.items():
        for since in range(past.now - MINUTES * 60, past.now, 86_400):
            sums: dict[int, list[float]] = {}
            for at, value in series.read(name, since, since + 86_399):
                sums.setdefault(at - at % 60, []).append(value)
            minutes.load((at, sum(values) / len(values)) for at, values in sums.items())


class AlertBook:
    """Every alert that is pending or firing, and the past that they are judged by.

    `cause` is the diagnosed cause of what is going on, None while there is none; `know()` tells it.
    `silences` are those in force, looked up every other second.
    `on_change` is told of each alert that fires, is resolved, or is muted or not muted any more; never of pending ones.
    """

    def __init__(self, log: EventLog, rules: Sequence[Rule], *, on_change: OnChange = nobody) -> None:
        """Begin with nothing firing; `restore()` reads back what was."""
        self.past, self.cause = Past(), None
        self.rules = {rule.name: rule for rule in rules}
        self._log, self._on_change = log, on_change
        self._standing: dict[str, dict[str, Standing]] = {name: {} for name in self.rules}
        self._firings = Firings()
        self.silences: list[Silence] = []
        self._untold: dict[str, Alert] = {}
        self._unkept: dict[str, Alert] = {}

    cause: str | None

    def know(self, cause: str | None) -> None:
        """Hear the diagnosed cause, or that there is none (any more)."""
        self.cause = cause

    def firing(self) -> list[Alert]:
        """Return what fires: pages before tickets, the loud before the muted, the newest first."""
        found = [each.alert for each in self._all() if each.alert.state == "firing"]
        return sorted(found, key=lambda each: (each.muted, each.severity, -(each.fired_at or 0)))

    def pending(self) -> list[Alert]:
        """Return what is beyond its bound, but not for long enough."""
        return [each.alert for each in self._all() if each.alert.state == "pending"]

    def curve(self, alert: Alert) -> list[float]:
        """Return the last five minutes of what an alert is about, second by second; empty when it cannot be drawn."""
        signal = self.rules[alert.rule].measure.drawn
        return self.past.values(f"{signal}:{alert.subject}" if alert.subject else signal, 300) if signal else []

    def judge(self, now: int, tick: Tick | None = None) -> list[Alert]:
        """Judge every rule at `now` (seconds since 1970), with a new second's signals or without any.

        Return the alerts that whoever is told must hear of; `tell()` tells them.
        """
        if tick is not None:
            self.past.add(tick)
        self.past.move_to(now)
        for rule in self.rules.values():
            self._judge(rule, now)
        return self._mute_and_collect()

    def restore(self) -> None:
        """Read back what was firing; a rule that is no more resolves its alerts. To be called in a thread."""
        for alert in life.open_alerts(self._log):
            if alert.rule in self.rules:
                standing = Standing(alert, alert.value, told=("firing", alert.muted))
                self._standing[alert.rule][alert.subject] = standing
            else:
                life.keep(self._log, [replace(alert, state="resolved", resolved_at=alert.since)], alert.since)

    async def run(self, series: Series, clock: Clock) -> None:
        """Judge each second until cancelled; what happened before is read from the series."""
        with suppress(EventLogUnavailable):
            await asyncio.to_thread(self.restore)
        self.past.begin(int(clock.now().timestamp()))
        await asyncio.to_thread(remember, self.past, series)
        for tick in series.recent(SECONDS - 1):
            self.past.add(tick)
        while True:
            now = int(clock.now().timestamp())
            ticks = [tick for tick in series.recent(10) if tick.at > self.past.newest_at]
            for tick in ticks[:-1]:
                self.past.add(tick)
            await self.tell(self.judge(now, ticks[-1] if ticks else None), now)
            if now % SILENCES_SECONDS == 0:
                with suppress(EventLogUnavailable):
                    self.silences = await asyncio.to_thread(silences.in_force, self._log, clock.now())
            await asyncio.sleep(1.0)

    async def tell(self, changed: Sequence[Alert], now: int) -> None:
        """Tell what has changed and write it down; what could not be is tried again the next time."""
        for alert in changed:
            self._untold[alert.id] = self._unkept[alert.id] = alert
        if now % KEEP_SECONDS == 0:
            self._unkept |= {alert.id: alert for alert in self.firing() if alert.id not in self._unkept}
        if self._untold:
            telling = list(self._untold.values())[-UNTOLD_MAX:]
            with suppress(DoorbusterError, TimeoutError):
                await self._on_change(telling)
                self._untold.clear()
        if self._unkept:
            keeping = list(self._unkept.values())[-UNTOLD_MAX:]
            with suppress(EventLogUnavailable):
                await asyncio.to_thread(life.keep, self._log, keeping, now)
                self._unkept.clear()
        if now % FORGET_SECONDS == 0:
            with suppress(EventLogUnavailable):
                await asyncio.to_thread(life.forget, self._log, now)

    def _all(self) -> list[Standing]:
        return [standing for of_rule in self._standing.values() for standing in of_rule.values()]

    def _judge(self, rule: Rule, now: int) -> None:
        standing = self._standing[rule.name]
        readings = {reading.subject: reading for reading in rule.judge(self.past)}
        # A subject of which there is nothing to say any more is well.
        readings |= {gone: Reading(gone, 0.0, False, True) for gone in standing.keys() - readings.keys()}
        for subject, reading in readings.items():
            before = standing.get(subject)
            if before is None and (not reading.bad or len(standing) >= SUBJECTS_MAX):
                continue
            after = life.step(rule, before, reading, now, self._firings)
            if after is None:
                standing.pop(subject, None)
            else:
                standing[subject] = after

    def _mute_and_collect(self) -> list[Alert]:
        changed = []
        firing = {name for name, of_rule in self._standing.items() if of_rule}
        for name, of_rule in self._standing.items():
            for subject, standing in list(of_rule.items()):
                if standing.alert.state == "pending":
                    continue
                standing.alert = self._muted(standing.alert, firing)
                state = (standing.alert.state, standing.alert.muted)
                if state != standing.told:
                    standing.told = state
                    changed.append(standing.alert)
                if standing.alert.state == "resolved":
                    del self._standing[name][subject]
        return changed

    def _muted(self, alert: Alert, standing: set[str]) -> Alert:
        """Say whose consequence an alert is, and which silence covers it.

        A parent that is pending mutes as well: the cause often takes a second longer than what follows from it. A
        diagnosis calls nobody by itself, so a page is its consequence only beside another page that is none.
        """
        if alert.state == "resolved":
            return alert
        parent = next((name for name in self.rules[alert.rule].follows if name in standing), "")
        consequences = CONSEQUENCES.get(self.cause or "", frozenset())
        if (
            not parent
            and alert.rule in consequences
            and (alert.severity == "ticket" or self._calls_beside(consequences))
        ):
            parent = self.cause or ""
        covering = (each.id for each in self.silences if each.covers(alert.rule, alert.subject, alert.team))
        silence = next(covering, None)
        if (parent, silence) == (alert.follows, alert.silence):
            return alert
        return replace(alert, follows=parent, silence=silence)

    def _calls_beside(self, consequences: Set[str]) -> bool:
        """Say whether a page fires that is none of these."""
        return any(each.severity == "page" and each.rule not in consequences for each in self.firing())
