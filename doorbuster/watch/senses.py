"""The senses' beat: each second the signals of all processes, of PostgreSQL and of the host become one tick.

Promises: beats whatever fails; says within two seconds that PostgreSQL does not answer; what changed is noted.
Never: waits for PostgreSQL: it takes what the database's own watch saw last.
"""

import asyncio
from collections.abc import Callable, Iterable

from doorbuster.clock import Clock
from doorbuster.watch.changes import Changes
from doorbuster.watch.collector import Collector
from doorbuster.watch.database_health import DatabaseSample
from doorbuster.watch.database_watch import COST, DatabaseWatch
from doorbuster.watch.host import Host
from doorbuster.watch.series import SAVE_SECONDS, Series
from doorbuster.watch.signals import Signals, Tick

SILENT_SECONDS_MAX = 1.2
SETTLED_BEATS = 5
"""Processes that ran before the control plane did need a moment to be heard of."""
VISITORS_SECONDS = 60
CHANGES_NOTE = "changes"

AFTER_SECOND_SECONDS = 0.005
"""A timer may wake a millisecond early: the tick of that second would be lost, being that of the one before again."""

Levers = Callable[[], Iterable[tuple[int, int, str]]]


class Senses:
    """What is felt now: `tick` is the last second, `sample` the last look at PostgreSQL."""

    def __init__(
        self,
        collector: Collector,
        watch: DatabaseWatch,
        host: Host,
        series: Series,
        clock: Clock,
        *,
        sales: Callable[[], dict[str, float]],
        books: Callable[[], dict[str, float]],
        levers: Levers,
    ) -> None:
        """Begin without a tick.

        `sales` gives the signals of the sales, `books` those of the audit, `levers` the newest levers by number.
        """
        self._collector, self._watch, self._host, self.series = collector, watch, host, series
        self._clock, self._sales, self._books, self._levers = clock, sales, books, levers
        self._signals, self._changes = Signals(), Changes(series.noted(CHANGES_NOTE))
        self._beats = 0
        self.tick: Tick | None = None

    @property
    def sample(self) -> DatabaseSample | None:
        """Return the last look at PostgreSQL."""
        return self._watch.sample

    async def run(self) -> None:
        """Beat right after each full second until cancelled, and save the series now and then."""
        while True:
            await asyncio.sleep(until_tick(self._clock.now().timestamp()))
            if self.tick is not None and int(self._clock.now().timestamp()) <= self.tick.at:
                continue
            tick = self.beat()
            if tick.at % SAVE_SECONDS == 0:
                await asyncio.to_thread(self._save)

    def beat(self) -> Tick:
        """Make the tick of the second that is over, and keep it."""
        started = self._clock.monotonic()
        at = int(self._clock.now().timestamp())
        values = {**self._signals.of(self._collector, started), **self._sales(), **self._host.measure(started)}
        values |= {**self._database(values, started), **self._books(), **self._visitors(at)}
        self.tick = Tick(at, values)
        self.series.add(self.tick)
        self._note_changes(at, started)
        COST.set(self._clock.monotonic() - started, "signals")
        return self.tick

    def _visitors(self, at: int) -> dict[str, float]:
        lately = self._collector.visitors.between(at - VISITORS_SECONDS, at)
        return {"visitors.seen": lately.seen, "visitors.hurt": lately.hurt}

    def _database(self, values: dict[str, float], now: float) -> dict[str, float]:
        """Return what is known of PostgreSQL; it is up while it answers us, or anybody else."""
        sample = self._watch.sample
        silent = sample is None or not sample.up or now - self._watch.answered_at > SILENT_SECONDS_MAX
        answers = any(value > 0 for name, value in values.items() if name.startswith("query.calls:"))
        if silent and not answers:
            waited = sample is not None or now - self._watch.answered_at > SILENT_SECONDS_MAX
            return {"db.up": 0.0} if waited else {}
        seen = {} if sample is None or silent else {**sample.values, "db.answer_seconds": sample.answer_seconds}
        return {**seen, "db.up": 1.0}

    def _note_changes(self, at: int, now: float) -> None:
        self._beats += 1
        living = [each.snapshot for each in self._collector.living(now)]
        found = [
            *self._changes.of_definitions(self._watch.definitions, at),
            *self._changes.of_server(self._watch.started_at, at),
        ]
        if self._beats >= SETTLED_BEATS:
            found += self._changes.of_workers((each.identity for each in living), self._collector.left(), at)
            found += self._changes.of_releases((each.release for each in living), at)
        for change in found:
            self.series.note(change)

    def _save(self) -> None:
        for change in self._changes.of_levers(self._levers()):
            self.series.note(change)
        self.series.remember(CHANGES_NOTE, self._changes.kept())
        self.series.save()


def until_tick(now: float) -> float:
    """Return how long to sleep at `now` (seconds since 1970) to wake a moment after a full second."""
    return 1.0 - (now - AFTER_SECOND_SECONDS) % 1.0
