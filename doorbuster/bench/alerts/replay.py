"""Replays days through the whole table, and plants trouble into them to see how soon it is told."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doorbuster.bench.alerts.shop import Shop, day, remembered
from doorbuster.bench.alerts.traces import Trace, nasa, worldcup
from doorbuster.bench.measures import Measure
from doorbuster.bench.rounds import Say
from doorbuster.journal import EventLog
from doorbuster.watch.alert import Alert
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.rules import RULES

SEED = 20260622
PLANTED = 20
WARM_SECONDS, TROUBLE_SECONDS = 700, 60
SILENCE_RULES = {"VisitorsSilent", "OrdersSilent"}
LONG_SILENCE_SECONDS, AFTER_SECONDS = 300, 120


@dataclass(frozen=True, slots=True)
class Judged:
    """What fired on a day, and what a second's judgement cost."""

    fired: list[Alert]
    milliseconds: float

    def of(self, severity: str) -> list[Alert]:
        """Return the alerts of a severity that somebody would have been told of."""
        return [alert for alert in self.fired if alert.severity == severity and not alert.muted]


def days(folder: Path) -> Iterator[tuple[Trace, float]]:
    """Yield the days with the capacity of a shop that just carries them: the busiest, the steepest, an ordinary one."""
    chance = random.Random(SEED)  # noqa: S311 - a rehearsal must be repeatable
    for name in ("1998-06-23", "1998-05-28"):
        trace = worldcup(folder, name, 0.2, chance)
        yield trace, max(trace.seconds) * 1.3
    for number in (12, 13):
        trace = nasa(folder, number, 20, chance)
        yield trace, max(trace.seconds) * 1.3


def replay(trace: Trace, capacity: float, log: EventLog) -> Judged:
    """Judge every second of a day; nobody is told."""
    book = AlertBook(log, RULES)
    remembered(trace, book.past)
    fired: dict[str, Alert] = {}
    spent = 0.0
    for tick in day(trace, Shop(capacity, random.Random(SEED))):  # noqa: S311
        started = time.process_time()
        changed = book.judge(tick.at, tick)
        spent += time.process_time() - started
        fired |= {alert.id: alert for alert in changed if alert.state == "firing"}
    return Judged(list(fired.values()), spent * 1000 / len(trace.seconds))


def of_days(folder: Path, log: EventLog, say: Say) -> list[Measure]:
    """Return the pages of each day, of which there must be none but for a real outage, its tickets and the cost."""
    found: list[Measure] = []
    for trace, capacity in days(folder):
        say(f"a day of {trace.name}")
        judged = replay(trace, capacity, log)
        true = [alert for alert in judged.of("page") if _is_true(alert, trace)]
        false = [alert for alert in judged.of("page") if alert not in true]
        tickets = judged.of("ticket")
        found += [
            Measure(f"{trace.name}: false pages", len(false), "pages", at_most=0, absolutes=_named(false)),
            Measure(f"{trace.name}: tickets", len(tickets), "tickets", absolutes=_named(tickets)),
            Measure(f"{trace.name}: judging a second", judged.milliseconds, "ms", at_most=2),
        ]
        long = [each for each in trace.silences if each[1] - each[0] + 1 >= LONG_SILENCE_SECONDS]
        if trace.silences:
            seen = sum(any(_is_true(alert, trace, one) for alert in true) for one in long)
            absolutes = f"{len(true)} true pages, {len(trace.silences)} silences of a minute and more in the trace"
            found.append(
                Measure(f"{trace.name}: of {len(long)} silences of five minutes, paged", seen, "silences",
                        at_least=len(long), absolutes=absolutes)
            )  # fmt: skip
    return found


def _is_true(alert: Alert, trace: Trace, silence: tuple[int, int] | None = None) -> bool:
    """Say whether an alert tells of a silence that is in the trace, or of this one."""
    second = (alert.fired_at or 0) - trace.begins
    real = (silence,) if silence else trace.silences
    return alert.rule in SILENCE_RULES and any(low <= second <= high + AFTER_SECONDS for low, high in real)


def of_trouble(folder: Path, log: EventLog, say: Say) -> list[Measure]:
    """Return how soon trouble that is planted at random seconds of the busiest day is told of."""
    say("trouble at random seconds")
    trace, capacity = next(days(folder))
    chance = random.Random(SEED)  # noqa: S311
    starts = [chance.randrange(WARM_SECONDS, len(trace.seconds) - TROUBLE_SECONDS) for _ in range(PLANTED)]
    hurt = [seconds_until(trace, capacity, log, start, rule="CustomersHurt", hurt=0.6) for start in starts]
    crowd = [seconds_until(trace, capacity, log, start, rule="TrafficSpike", times=10) for start in starts]
    return [
        Measure("60 % of the answers broken: paged after, at worst", max(hurt), "s", at_most=10),
        Measure("ten times the requests: told after, at worst", max(crowd), "s", at_most=10),
    ]


def seconds_until(
    trace: Trace, capacity: float, log: EventLog, start: int, *, rule: str, hurt: float = 0.0, times: float = 1.0
) -> float:
    """Return how many seconds after `start` a rule fires on what is planted there; infinite when it does not."""
    book, shop = AlertBook(log, RULES), Shop(capacity * times, random.Random(start))  # noqa: S311
    for second in range(start - WARM_SECONDS, start + TROUBLE_SECONDS):
        bad = second >= start
        # Night has fewer requests than a spike needs; the planted crowd is a crowd at any hour.
        requests = max(trace.seconds[second], 10.0) * (times if bad else 1)
        tick = shop.tick(trace.begins + second, requests, hurt if bad else 0.0)
        if any(alert.rule == rule and alert.state == "firing" for alert in book.judge(tick.at, tick)) and bad:
            return float(second - start + 1)
    return float("inf")


def _named(alerts: list[Alert]) -> str:
    names = sorted({alert.rule for alert in alerts})
    return ", ".join(f"{name} {sum(alert.rule == name for alert in alerts)}" for name in names)
