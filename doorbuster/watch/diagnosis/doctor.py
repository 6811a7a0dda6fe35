"""Runs the diagnosis: feels for pain each second, diagnoses while it lasts, keeps the evidence of the first minutes.

Promises: a beat without pain costs a fraction of a millisecond; a named cause stays named until another one has stood
for three seconds; evidence is frozen 5, 30 and 120 seconds after the onset; works while PostgreSQL does not.
Never: acts. It names the lever; a person pulls it.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from doorbuster.clock import Clock
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import Holder, Session
from doorbuster.watch.database_watch import COST
from doorbuster.watch.diagnosis.causes import Diagnosis
from doorbuster.watch.diagnosis.comparison import BEFORE_SECONDS, compare
from doorbuster.watch.diagnosis.decide import diagnose
from doorbuster.watch.diagnosis.examination import Examination
from doorbuster.watch.diagnosis.facts import TRIGGER_SECONDS, Facts
from doorbuster.watch.diagnosis.pain import Pain, calm, pain_of, usual_before
from doorbuster.watch.diagnosis.signs import Usual, usual
from doorbuster.watch.signals import Tick

HISTORY_SECONDS = 600
STAND_BEATS = 3
LATELY_SECONDS = 30
UNFELT_SECONDS = 60
"""What hurts nobody for so long need not be the beginning of what hurts then."""
EXAMINE_SECONDS, EXAMINING_SECONDS_MAX = 5, 2.0
FREEZE_SECONDS = (5, 30, 120)
EPISODES_KEPT = 50
BUSIEST_MAX = 3
AFTER_TICK_SECONDS = 0.05
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was known at one instant of an episode, kept for those who ask later."""

    diagnosis: Diagnosis
    ticks: tuple[Tick, ...]
    sessions: tuple[Session, ...]
    examined: Examination
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Episode:
    """One time of pain: since when, what was usual before it, what was said of it."""

    pain: Pain
    usual: Usual
    diagnosis: Diagnosis
    named_at: int | None = None
    ended_at: int | None = None
    frozen: int = 0
    rivals: list[Diagnosis] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Senses:
    """What the doctor feels with: ticks of the last seconds, changes since an instant, sessions, plans, a keeper."""

    ticks: Callable[[int], Sequence[Tick]]
    changes: Callable[[int], Sequence[Change]]
    sessions: Callable[[], tuple[Session, ...]]
    holders: Callable[[], tuple[Holder, ...]]
    examine: Callable[[Sequence[str]], Awaitable[Examination | None]]
    keep: Callable[[Evidence], Awaitable[None]]
    database_cores: int


class Doctor:
    """The state of the house: whether it hurts, since when, and of what."""

    def __init__(self, senses: Senses) -> None:
        """Begin healthy."""
        self._senses = senses
        self._examined, self._examined_at = Examination(), 0
        self.episode: Episode | None = None
        self.past: deque[Episode] = deque(maxlen=EPISODES_KEPT)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return what is the matter, or None while nothing hurts."""
        return self.episode.diagnosis if self.episode else None

    def lately(self, now: int) -> Diagnosis | None:
        """Return what is the matter, or was until less than half a minute ago (`now` in seconds since 1970)."""
        if self.episode is None and self.past and (self.past[-1].ended_at or 0) > now - LATELY_SECONDS:
            return self.past[-1].diagnosis
        return self.diagnosis

    async def look(self) -> None:
        """Feel once; to be called after each tick."""
        ticks = self._senses.ticks(HISTORY_SECONDS)
        if not ticks:
            return
        now, known = ticks[-1].at, self._usual(ticks)
        pain = pain_of(ticks, known)
        if self.episode is None:
            if pain is not None:
                await self._begin(pain, ticks, now)
            return
        if pain is None:
            if calm(ticks, known):
                self._end(now)
            return
        if self._is_another(pain, ticks, now):
            self._end(now)
            await self._begin(pain, ticks, now, known)
            return
        if self.episode.pain.felt and not pain.felt:
            # It is getting better: what clears up last is no cause of what was.
            return
        self.episode.pain = replace(pain, onset=min(pain.onset, self.episode.pain.onset))
        await self._think(ticks, now)

    def _usual(self, ticks: Sequence[Tick]) -> Usual:
        """Return what is usual: in an episode what was so before it, but what nobody felt for long is usual by now."""
        episode = self.episode
        if episode is None or self._is_old(ticks):
            return usual_before(ticks)
        return episode.usual

    def _is_old(self, ticks: Sequence[Tick]) -> bool:
        pain = self.episode.pain if self.episode else None
        return pain is not None and not pain.felt and ticks[-1].at - pain.onset >= HISTORY_SECONDS

    def _is_another(self, pain: Pain, ticks: Sequence[Tick], now: int) -> bool:
        """Say whether what is felt now is another trouble than the one that nobody felt until a minute ago or more.

        The same one that has grown is still the same: against the time before it, its cause explains what is felt.
        """
        assert self.episode is not None
        before = self.episode.pain
        if before.felt or not pain.felt or pain.onset - before.onset <= UNFELT_SECONDS:
            return False
        if self._is_old(ticks):
            return True
        since = replace(pain, onset=before.onset)
        said = diagnose(self._facts(ticks, since, now), since, now)
        return said.cause not in (None, self.episode.diagnosis.cause)

    def _end(self, now: int) -> None:
        assert self.episode is not None
        self.episode.ended_at = now
        self.past.append(self.episode)
        self.episode = None

    async def _begin(self, pain: Pain, ticks: Sequence[Tick], now: int, known: Usual | None = None) -> None:
        self._examined = Examination()
        await self._examine(ticks, pain, now)
        calm_ticks = [tick for tick in ticks if tick.at < pain.onset][-BEFORE_SECONDS:]
        facts = self._facts(ticks, pain, now)
        self.episode = Episode(pain, known or usual(calm_ticks), diagnose(facts, pain, now))
        self._note_name(now)
        await self._freeze(ticks, facts, now)

    async def _think(self, ticks: Sequence[Tick], now: int) -> None:
        assert self.episode is not None
        pain = self.episode.pain
        if now - self._examined_at >= EXAMINE_SECONDS:
            await self._examine(ticks, pain, now)
        facts = self._facts(ticks, pain, now)
        self._weigh(diagnose(facts, pain, now))
        self._note_name(now)
        await self._freeze(ticks, facts, now)

    def _weigh(self, said: Diagnosis) -> None:
        """Take over what was said, unless it takes a name away that has not been disproved for three beats."""
        episode = self.episode
        assert episode is not None
        known = episode.diagnosis
        if known.cause is None or said.cause == known.cause:
            episode.diagnosis, episode.rivals = said, []
        elif said.cause is not None:
            same = episode.rivals and episode.rivals[-1].cause == said.cause
            episode.rivals = [*episode.rivals, said] if same else [said]
            if len(episode.rivals) >= STAND_BEATS:
                episode.diagnosis, episode.rivals = said, []

    def _note_name(self, now: int) -> None:
        assert self.episode is not None
        if self.episode.named_at is None and self.episode.diagnosis.cause is not None:
            self.episode.named_at = now

    def _facts(self, ticks: Sequence[Tick], pain: Pain, now: int) -> Facts:
        changes = self._senses.changes(pain.onset - TRIGGER_SECONDS)
        self._examined = replace(self._examined, holders=self._senses.holders() or self._examined.holders)
        return Facts(
            compared=compare(ticks, pain.onset, now),
            changes=tuple(changes),
            sessions=self._senses.sessions(),
            examined=self._examined,
            database_cores=self._senses.database_cores,
        )

    async def _examine(self, ticks: Sequence[Tick], pain: Pain, now: int) -> None:
        compared = compare(ticks, pain.onset, now)
        by_sample = [name for name, _ in compared.grown("db.active")[:BUSIEST_MAX]]
        by_measure = [name for name, _ in compared.grown("query.seconds")[:BUSIEST_MAX]]
        self._examined_at = now
        found: Examination | None = None
        # A database that does not answer is not asked, and one that is slow to answer is not waited for long.
        if ticks[-1].values.get("db.up") != 0.0:
            with suppress(TimeoutError):
                async with asyncio.timeout(EXAMINING_SECONDS_MAX):
                    found = await self._senses.examine(list(dict.fromkeys([*by_sample, *by_measure])))
        if found is not None:
            self._examined = found.after(self._examined, now)

    async def _freeze(self, ticks: Sequence[Tick], facts: Facts, now: int) -> None:
        episode = self.episode
        assert episode is not None
        due = sum(1 for seconds in FREEZE_SECONDS if now - episode.pain.onset >= seconds)
        if due > episode.frozen:
            episode.frozen = due
            await self._senses.keep(
                Evidence(episode.diagnosis, tuple(ticks[-180:]), facts.sessions, facts.examined, facts.changes)
            )


async def attend(doctor: Doctor, clock: Clock, tell: Callable[[str | None], None]) -> None:
    """Let the doctor look at each second's tick, a moment after it was made, until cancelled; `tell` hears the cause.

    A fault of the diagnosis is written down and costs one look: who watches must not end because something is odd.
    """
    while True:
        now = clock.now().timestamp()
        await asyncio.sleep(1.0 - (now - AFTER_TICK_SECONDS) % 1.0)
        started = time.perf_counter()
        try:
            await doctor.look()
        except Exception:
            logger.exception("a look of the diagnosis failed")
        tell(doctor.diagnosis.cause if doctor.diagnosis else None)
        COST.set(time.perf_counter() - started, "diagnosis")
