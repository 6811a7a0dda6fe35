"""Keeps the incidents: opens what pages, gathers the story, feels how bad it is, proposes the end, writes it all up.

Promises: one trouble opens one incident: what fires while one is open is a line of it; a page is sent once for each,
and again when it has become worse; the postmortem is there within a minute of the resolution; a fault of a beat is
written down and costs that beat.
Never: closes an incident by itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from msgspec import structs

from doorbuster.clock import Clock
from doorbuster.errors import EventLogUnavailable
from doorbuster.incident import gathering, incident, postmortem, timeline
from doorbuster.incident.evidence import AFTER_SECONDS, freeze
from doorbuster.incident.incident import Diagnosed, Firing, Incident
from doorbuster.incident.onset import impact_start, quiet_since
from doorbuster.incident.timeline import Told
from doorbuster.journal import EventLog
from doorbuster.watch.diagnosis import Diagnosis, records
from doorbuster.watch.series import Series
from doorbuster.watch.visitors import VisitorBook, Visitors

BEAT_SECONDS = 1.0
QUIET_SECONDS = 300
WRITE_UP_SECONDS = 3_600
NAMING_SECONDS = 4
"""A page waits so long for the cause, so that it goes to the right team at once."""
WORSE_SECONDS = 60
"""Who was just told is not told again of each step of a trouble that grows."""
GROWN = 1.2
"""How many times as much waiting makes what the diagnosis says of the same cause worth taking over."""
AFTERWARDS_SECONDS = 120
"""An alert of an incident that was resolved may fire for so long yet before it is another incident."""
LAST_SECONDS = 86_400
FROZEN_A_BEAT_MAX = 20
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Senses:
    """What the keeper is handed: who fires (pages only), what the diagnosis says, the series, whom to tell and where.

    `lately` is what it says, or said last when that was over only just now: an alert may take longer than the trouble.
    `notify` is told of an incident once when it opens, again when its cause becomes known, and, with True, when it has
    become worse than was told; `agree` carries what became of the pages to the incidents and back; `show` writes the
    page for shoppers.
    """

    firing: Callable[[], Sequence[Firing]]
    diagnosis: Callable[[], Diagnosis | None]
    lately: Callable[[], Diagnosis | None]
    series: Series
    visitors: VisitorBook
    notify: Callable[[Incident, bool], Awaitable[None]]
    agree: Callable[[int], None]
    show: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Last:
    """What the on-call was told last of an incident, and when."""

    cause: str
    severity: int
    at: int


class Keeper:
    """Looks after the incidents once a second."""

    def __init__(self, log: EventLog, senses: Senses) -> None:
        """Begin; what is open is read from the event log."""
        self._log, self._senses = log, senses
        self._told: dict[int, Last] = {}
        self._stood: dict[int, dict[str, float]] = {}
        """Incident -> cause -> for how many seconds the diagnosis has named it, and what was waited in them."""
        self._shown = ""

    async def run(self, clock: Clock) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat(int(clock.now().timestamp()))
            except EventLogUnavailable:
                logger.warning("the incidents wait for the event log")
            except Exception:
                logger.exception("a beat of the incidents failed")
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self, now: int) -> None:
        """Look once."""
        firing, said, lately = list(self._senses.firing()), self._senses.diagnosis(), self._senses.lately()
        open_ones = await asyncio.to_thread(self._look, firing, said, lately, now)
        for it in open_ones:
            await self._tell(it, now)
        self._told = {it.id: self._told[it.id] for it in open_ones if it.id in self._told}
        self._stood = {it.id: self._stood[it.id] for it in open_ones if it.id in self._stood}
        await asyncio.to_thread(self._senses.agree, now)
        await asyncio.to_thread(self._write_up, now)
        await asyncio.to_thread(self._show, open_ones, now)

    async def _tell(self, it: Incident, now: int) -> None:
        """Page for what is new: the trouble, its cause, or that it is worse than whoever took it was told."""
        last = self._told.get(it.id)
        unnamed = not it.cause and now - it.detected_at < NAMING_SECONDS
        news = it.state == "detected" and not unnamed and (last is None or last.cause != it.cause)
        worse = last is not None and it.severity < last.severity and now - last.at >= WORSE_SECONDS
        if not news and not worse:
            if it.state != "detected":
                # After a restart: what somebody took was told to them as bad as it is.
                self._told.setdefault(it.id, Last(it.cause, it.severity, now))
            return
        await self._senses.notify(it, worse)
        self._told[it.id] = Last(it.cause, it.severity, now)
        text = f"The {it.team} on-call is paged: {it.title}"
        if worse:
            text = f"It has become worse, severity {it.severity}: the {it.team} on-call is paged again."
        key = f"page/{it.team}/{it.severity}" if worse else f"page/{it.team}"
        await asyncio.to_thread(timeline.add, self._log, it.id, Told(now, "page", text, "watch", key))

    def _look(
        self, firing: Sequence[Firing], diagnosis: Diagnosis | None, lately: Diagnosis | None, now: int
    ) -> list[Incident]:
        open_ones, said = incident.open_ones(self._log), _short(diagnosis)
        if not open_ones:
            open_ones = self._opened(self._not_of_the_last(firing, now), lately, now)
        for number, it in enumerate(open_ones):
            # What fires belongs to the newest; an older one that is still open has its own story.
            lines = gathering.from_alerts(firing, it, now) if number == 0 else []
            news = self._news(it, said) if number == 0 and said and said.cause else None
            if news is not None:
                incident.name_cause(self._log, it.id, news, now, diagnosis.team if diagnosis else "")
            self._gather(it, lines, now)
            self._feel(it, bool(firing) and number == 0, now)
        return incident.open_ones(self._log)

    def _opened(self, firing: Sequence[Firing], said: Diagnosis | None, now: int) -> list[Incident]:
        """Open an incident for the oldest alert whose incident nobody has resolved; none when all have been."""
        for alert in sorted(firing, key=lambda each: each.since):
            if (it := incident.open_from(self._log, alert, _short(said), now, said.team if said else "")).is_open:
                return [it]
        return []

    def _not_of_the_last(self, firing: Sequence[Firing], now: int) -> list[Firing]:
        """Return what fires and began after the last incident was resolved, or will not go away after it."""
        ended = max((it.resolved_at or 0 for it in incident.newest(self._log, since=now - LAST_SECONDS)), default=0)
        return [each for each in firing if each.since > ended or now - ended >= AFTERWARDS_SECONDS]

    def _news(self, it: Incident, said: Diagnosed) -> Diagnosed | None:
        """Return what the incident is to take over of what the diagnosis says; another cause only when it hurt more.

        Each second for which a cause stands counts, and what was waited in it: of two troubles in one incident the one
        that nearly nobody felt may last longer.
        """
        stood = self._stood.setdefault(it.id, {})
        stood[said.cause] = stood.get(said.cause, 0.0) + 1.0 + said.waiting
        if said.cause != it.cause:
            return said if stood[said.cause] > stood.get(it.cause, 0.0) else None
        # A trouble that grew is better seen in its worst figures than in those of its first second, or of its end.
        grew = said.waiting >= GROWN * it.said.waiting if it.said.waiting else said.headline != it.said.headline
        if grew:
            return said
        # What mends it is what mends it now: one session that held the lock is gone, and the next one has it.
        mending = structs.replace(it.said, steps=said.steps, remedy=said.remedy)
        return mending if said.steps and said.steps != it.said.steps else None

    def _gather(self, it: Incident, lines: list[Told], now: int) -> None:
        since = it.began_at - gathering.LEAD_SECONDS
        lines += gathering.from_changes(self._senses.series.changes(since), it, now)
        lines += gathering.from_journal(self._log, it, now)
        lines += gathering.from_diagnoses(records.between(self._log, max(since, self._ended_before(it)), now))
        known = timeline.add_all(self._log, it.id, lines)
        waiting = [line for line in timeline.lines_of(self._log, it.id) if not line.evidence.curves]
        ripe = [line for line in waiting if now - AFTER_SECONDS - 5 <= line.at + AFTER_SECONDS <= now]
        for line in ripe[:FROZEN_A_BEAT_MAX]:
            evidence = gathering.with_plan(self._log, line.evidence)
            timeline.freeze(self._log, line.id, freeze(self._senses.series.read, line.at, line.source, evidence))
        for line in waiting:
            # Curves need a minute after the line; a plan is there at once, and the incident may be over in a minute.
            planned = gathering.with_plan(self._log, line.evidence) if line.at + AFTER_SECONDS > now else line.evidence
            if planned != line.evidence:
                timeline.freeze(self._log, line.id, planned)
        if known:
            logger.info("incident %s: %s new lines", it.id, known)

    def _ended_before(self, it: Incident) -> int:
        """Return when the incident before was resolved, 0 for none: what was said until then was said of that."""
        resolved = (each.resolved_at or 0 for each in incident.newest(self._log) if each.id != it.id)
        return max((at for at in resolved if at <= it.began_at), default=0)

    def _feel(self, it: Incident, firing: bool, now: int) -> None:
        read = self._senses.series.read
        hurt = read("hurt.share", it.detected_at - 1_800, now)
        since = it.impact_at if it.impact_at is not None else impact_start(hurt, it.detected_at)
        peak = max((share for at, share in hurt if at >= (since or it.detected_at)), default=None)
        quiet = None if firing else quiet_since(hurt, now)
        selling = read("sale.open", it.began_at, now)
        incident.felt(
            self._log, it.id, impact_at=since, hurt_peak=peak, sale_running=any(value > 0 for _, value in selling),
            quiet_since=max(quiet, it.detected_at) if quiet is not None else None,
            visitors=self._visitors(since or it.detected_at),
        )  # fmt: skip
        if quiet is not None and now - max(quiet, it.detected_at) >= QUIET_SECONDS:
            text = f"Nobody has been hurt for {QUIET_SECONDS // 60} minutes: resolve it, if you think so too."
            timeline.add(self._log, it.id, Told(now, "status", text, "watch", f"quiet/{quiet}"))

    def _visitors(self, began: int) -> Visitors | None:
        """Return who came while it hurt; None when that is longer ago than is known (this process began later)."""
        book = self._senses.visitors
        return book.while_it_hurt(began) if book.since is not None and book.since <= began else None

    def _write_up(self, now: int) -> None:
        """Write the postmortem of what was resolved lately and has none; freeze what was not frozen in time."""
        for it in incident.newest(self._log, since=now - 35 * 86_400):
            lately = it.resolved_at is not None and now - it.resolved_at <= WRITE_UP_SECONDS
            if lately and postmortem.written_at(self._log, it.id) is None:
                self._gather(it, [], now)
                postmortem.write(self._log, it, self._senses.series.read, now)

    def _show(self, open_ones: Sequence[Incident], now: int) -> None:
        state = repr([(it.id, it.state, it.severity) for it in open_ones]) + str(now // 60)
        if state != self._shown:
            with suppress(OSError):
                self._senses.show()
                self._shown = state


def _short(said: Diagnosis | None) -> Diagnosed | None:
    if said is None:
        return None
    return Diagnosed(
        cause=said.cause or "", subject=said.subject, trigger=said.trigger or "", share=said.share,
        headline=said.headline, evidence=said.evidence, not_because=said.not_because, remedy=said.remedy,
        steps=said.steps, lever=said.lever, waiting=sum(seconds for _, seconds in said.waits),
    )  # fmt: skip
