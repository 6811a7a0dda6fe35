"""Puts the control room together: what is opened at the start becomes the house, and what beats in it each second."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random

from doorbuster.accounts.passwords import Passwords
from doorbuster.accounts.sessions import Sessions
from doorbuster.accounts.throttle import Throttle
from doorbuster.audit.rounds import Rounds
from doorbuster.clock import Clock
from doorbuster.control.calm import why_not_now
from doorbuster.control.guarding import PolicyKeeper
from doorbuster.control.house import ControlHouse
from doorbuster.control.overview import WATCHED_COUNTERS, WATCHED_HISTOGRAMS
from doorbuster.control.pulse import Pulse
from doorbuster.control.telling import tell_of_sums
from doorbuster.database import Database
from doorbuster.errors import DatabaseFault, EventLogUnavailable
from doorbuster.guard import levers
from doorbuster.jobs.parked import measure_backlog
from doorbuster.journal import EventLog, mirror
from doorbuster.on_call.links import token_of
from doorbuster.on_call.pager import Pager
from doorbuster.on_call.sending import Sender
from doorbuster.settings import Settings
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.collector import Collector
from doorbuster.watch.database_watch import DatabaseWatch
from doorbuster.watch.diagnosis.doctor import attend
from doorbuster.watch.diagnosis.practice import doctor_of
from doorbuster.watch.history import History
from doorbuster.watch.host import Host
from doorbuster.watch.process import Reporter, measure_lag
from doorbuster.watch.rules import rules
from doorbuster.watch.senses import Senses
from doorbuster.watch.series import Series
from doorbuster.web.pages import Pages

BACKLOG_SECONDS = 5.0
ANEW_SECONDS = 1.0
logger = logging.getLogger(__name__)
MIRROR_SECONDS = 5.0
WARM_UP_BEATS = 3

Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is opened at the start: files, connections, and who hears the workers."""

    settings: Settings
    clock: Clock
    log: EventLog
    series: Series
    database: Database
    watch: DatabaseWatch
    audited: Database
    collector: Collector
    keeper: PolicyKeeper


def built(parts: Parts) -> ControlHouse:
    """Return the house that the handlers reach."""
    passwords, pulse = Passwords(), Pulse(parts.database, parts.clock)
    table = rules(parts.settings.month_objective, parts.settings.sale_objective)
    rounds = _rounds(parts, lambda: why_not_now(senses.tick))
    senses = _senses(parts, pulse, rounds)
    return ControlHouse(
        database=parts.database,
        clock=parts.clock,
        settings=parts.settings,
        pages=Pages(parts.settings, frame="control/layout.html"),
        event_log=parts.log,
        passwords=passwords,
        sessions=Sessions(parts.log, parts.clock, passwords, Throttle()),
        collector=parts.collector,
        keeper=parts.keeper,
        history=History(WATCHED_COUNTERS, WATCHED_HISTOGRAMS),
        pulse=pulse,
        series=parts.series,
        senses=senses,
        alerts=AlertBook(parts.log, table),
        sender=Sender(parts.settings),
        doctor=doctor_of(parts.database, parts.log, parts.series, senses),
        rounds=rounds,
    )


def works(parts: Parts, house: ControlHouse) -> tuple[Work, ...]:
    """Return how to begin everything that goes on beside the answering of requests, until it is cancelled."""
    return (
        house.pulse.run,
        partial(_remember, house),
        partial(_mirror, house),
        partial(_count_waiting_work, house),
        partial(parts.keeper.run, parts.log, parts.clock, parts.settings.home),
        partial(tell_of_sums, parts.log, parts.collector, parts.clock),
        parts.watch.run,
        house.senses.run,
        partial(house.alerts.run, parts.series, parts.clock),
        partial(_pager(parts, house.sender).run, parts.clock),
        partial(attend, house.doctor, parts.clock, house.alerts.know),
        house.rounds.run,
    )


async def go_on(work: Work) -> None:
    """Do a work until it is cancelled; a fault is written down and costs it a second, and nobody else anything.

    The control room is what people look at when something nobody thought of has happened.
    """
    while True:
        try:
            await work()
            return
        except Exception:
            logger.exception("a work of the control plane failed, and begins anew")
        await asyncio.sleep(ANEW_SECONDS)


def _rounds(parts: Parts, why_not_now: Callable[[], str]) -> Rounds:
    return Rounds(
        parts.audited, parts.clock, parts.settings.home,
        every_seconds=parts.settings.audit_seconds, why_not_now=why_not_now, chance=Random(),  # noqa: S311
    )  # fmt: skip


def _senses(parts: Parts, pulse: Pulse, rounds: Rounds) -> Senses:
    return Senses(
        parts.collector,
        parts.watch,
        Host(parts.settings.home),
        parts.series,
        parts.clock,
        sales=pulse.signals,
        books=rounds.signals,
        levers=lambda: _levers(parts.log),
    )


def _pager(parts: Parts, sender: Sender) -> Pager:
    settings = parts.settings

    def link(page_id: str, person_id: int) -> str:
        return f"{settings.room_url}/on-call/pages/{page_id}/{token_of(settings.secret, page_id, person_id)}"

    return Pager(parts.log, link, sender.send)


def _levers(log: EventLog) -> list[tuple[int, int, str]]:
    """Return the newest levers: number, time and words."""
    try:
        return [(each.id, int(each.at.timestamp()), f"{each.name}: {each.reason}") for each in levers.newest(log)]
    except EventLogUnavailable:
        return []


async def _remember(house: ControlHouse) -> None:
    """Count this process among the others, and keep the last quarter of an hour for the overview."""
    reporter = Reporter("control")
    for beat in count():
        house.collector.take(reporter.report(), house.clock.monotonic())
        # Workers that ran before bring all they ever counted with their first push; that is not the growth of a second.
        if beat >= WARM_UP_BEATS:
            house.history.remember(house.collector, house.clock.monotonic())
        await measure_lag()


async def _count_waiting_work(house: ControlHouse) -> None:
    """Measure how much background work waits; a job worker that hangs or is gone could not tell of it."""
    while True:
        with contextlib.suppress(DatabaseFault):
            await measure_backlog(house.database)
        await asyncio.sleep(BACKLOG_SECONDS)


async def _mirror(house: ControlHouse) -> None:
    """Carry the journal to PostgreSQL whenever that is well."""
    while True:
        with contextlib.suppress(DatabaseFault, EventLogUnavailable):
            while await mirror(house.event_log, house.database):
                pass
        await asyncio.sleep(MIRROR_SECONDS)
