"""What a rule measures: a number out of the past, and the same number as Prometheus would compute it.

Promises: both are written in one place, so that the rule that runs here and the one that is exported mean the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

from doorbuster.watch import detectors
from doorbuster.watch.naming import exported_name, label_of
from doorbuster.watch.past import Past
from doorbuster.watch.windows import SECONDS

SCRAPED_SECONDS = 15
"""The shortest range in PromQL: with a scrape each five seconds there are values in it."""

MINUTES_OF_EACH_HOUR_MIN = 20

Read = Callable[[Past, str], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number to be judged. `of` is the signal whose subjects are judged one by one, empty when there is but one.

    `drawn` is the signal that a picture of it shows, empty when there is none to show.
    """

    read: Read
    promql: str
    of: str = ""
    drawn: str = ""


def metric(name: str) -> str:
    """Return the metric of a signal, selected if it names a subject; a name that ends in a colon is of them all."""
    base, colon, subject = name.partition(":")
    exported = exported_name(base, of_subjects=bool(colon))
    return f'{exported}{{{label_of(base)}="{subject}"}}' if subject else exported


def last(name: str, of: bool = False) -> Measure:
    """Return the signal as it is in the newest second; `of` judges each of its subjects."""
    return Measure(lambda past, subject: past.last(_full(name, subject)), _metric(name, of), name if of else "", name)


def mean(name: str, seconds: int, of: bool = False) -> Measure:
    """Return the signal's mean over the last seconds."""

    def read(past: Past, subject: str) -> float | None:
        return past.mean(_full(name, subject), seconds)

    return Measure(
        read, f"avg_over_time({_metric(name, of)}[{range_of(max(seconds, SCRAPED_SECONDS))}])", name if of else ""
    )


def count(name: str, seconds: int) -> Measure:
    """Return what a rate per second amounts to over the last seconds."""

    def read(past: Past, subject: str) -> float | None:
        return past.known_total(_full(name, subject), seconds)

    return Measure(
        read, f"{seconds} * avg_over_time({metric(name)}[{range_of(max(seconds, SCRAPED_SECONDS))}])", "", name
    )


def share(part: Measure, whole: Measure) -> Measure:
    """Return one measure as a share of another; 0 when the whole is nothing."""

    def read(past: Past, subject: str) -> float | None:
        some, all_ = part.read(past, subject), whole.read(past, subject)
        return None if some is None or all_ is None else some / all_ if all_ else 0.0

    return Measure(read, f"({part.promql}) / ({whole.promql} > 0)", part.of, part.drawn)


def plus(one: Measure, other: Measure) -> Measure:
    """Return the sum of two measures; what is not known counts nothing beside what is."""

    def read(past: Past, subject: str) -> float | None:
        known = [value for each in (one, other) if (value := each.read(past, subject)) is not None]
        return sum(known) if known else None

    return Measure(
        read, f"(({one.promql}) + ({other.promql}) or ({one.promql}) or ({other.promql}))", one.of, one.drawn
    )


def minus(one: Measure, other: Measure) -> Measure:
    """Return one measure less another; an unknown other takes nothing away."""

    def read(past: Past, subject: str) -> float | None:
        value = one.read(past, subject)
        return None if value is None else value - (other.read(past, subject) or 0.0)

    return Measure(read, f"(({one.promql}) - ({other.promql}) or ({one.promql}))", one.of, one.drawn)


def or_nothing(measure: Measure) -> Measure:
    """Return the measure, 0 when it is not known: for what is counted from its first time on."""
    return Measure(
        lambda past, subject: measure.read(past, subject) or 0.0, f"({measure.promql}) or vector(0)", "", measure.drawn
    )


def where(measure: Measure, floor: Measure, least: float) -> Measure:
    """Return the measure of those subjects of which another one is at least so much, 0 of the others."""

    def read(past: Past, subject: str) -> float | None:
        return measure.read(past, subject) if (floor.read(past, subject) or 0.0) >= least else 0.0

    promql = f"({measure.promql}) and on({label_of(measure.of)}) ({floor.promql}) >= {least:.15g}"
    return Measure(read, promql, measure.of, measure.drawn)


def over_all(name: str) -> Measure:
    """Return the sum of a signal over its subjects as it is in the newest second."""

    def read(past: Past, _: str) -> float | None:
        return sum(past.last(f"{name}:{subject}") or 0.0 for subject in past.subjects(name))

    return Measure(read, f"sum({metric(f'{name}:')})")


def unheard(name: str = "") -> Measure:
    """Return for how many seconds a signal, or all of them, were not heard of."""
    heard = metric(name or "web.workers")
    return Measure(
        lambda past, _: past.silent_seconds(name), f"(time() - max(timestamp({heard}))) or (absent({heard}) * 900)"
    )


def spike(name: str, floor: float) -> Measure:
    """Return how many times its median of ten minutes a signal's mean of five seconds is; 0 below the floor."""

    def read(past: Past, _: str) -> float | None:
        usual = past.once_a_minute(("middle", name), lambda: past.middle(name, 600, ago=30))
        return detectors.spike(past.mean(name, 5), usual, floor)

    now, usual = f"avg_over_time({metric(name)}[15s])", f"quantile_over_time(0.5, {metric(name)}[10m] offset 30s)"
    return Measure(read, f"({now} >= {floor:g}) / clamp_min({usual}, {floor / detectors.SPIKE_RATIO:g})", "", name)


def shifted(name: str, floor: float) -> Measure:
    """Return how many times its level of the last day a signal's level of the last five minutes is."""

    def read(past: Past, _: str) -> float | None:
        minute, minutes = past.now // 60, past.minutes[name]
        return past.once_a_minute(
            ("shifted", name),
            lambda: detectors.shift(
                minutes.between(minute - 5, minute - 1), minutes.between(minute - 1440, minute - 10), floor
            ),
        )

    now, before = (
        f"quantile_over_time(0.5, {metric(name)}[5m])",
        f"quantile_over_time(0.5, {metric(name)}[1d] offset 10m)",
    )
    return Measure(read, f"({now} >= {floor:g}) / clamp_min({before}, {floor / detectors.SHIFT_RATIO:g})", "", name)


def of_usual(name: str) -> Measure:
    """Return a rate as a share of what is usual at this hour, over as long as it takes to be sure (1 to 30 min)."""

    def read(past: Past, _: str) -> float | None:
        rate, window = past.once_a_minute(("usual", name), lambda: _usual(past, name))
        seen = past.whole_mean(name, window) if window else None
        return seen / rate if rate and seen is not None else None

    before = " or ".join(f"avg_over_time({metric(name)}[30m] offset {days}d)" for days in (7, 1))
    floor = detectors.EVENTS_EXPECTED_MIN / detectors.SILENCE_SECONDS[1]
    return Measure(read, f"avg_over_time({metric(name)}[30m]) / (({before}) > {floor:.3g})", "", name)


def _usual(past: Past, name: str) -> tuple[float | None, int | None]:
    """Return the usual rate, and over how many seconds it has to be missed."""
    rate, minute = usual_rate(past, name), past.now // 60
    if not rate:
        return None, None
    lately = [60 * mean for mean in past.minutes[name].between(minute - 75, minute - 15)]
    return rate, detectors.silence_window(rate, detectors.scatter(lately))


def usual_rate(past: Past, name: str) -> float | None:
    """Return the rate that is usual at this time of the week, or of the day while fewer weeks are known.

    Minutes of a sale teach nothing about an ordinary hour.
    """
    minute = past.now // 60
    weeks = [rate for ago in (1, 2, 3, 4) if (rate := _around(past, name, minute - ago * 10_080)) is not None]
    days = [rate for ago in (1, 2, 3) if (rate := _around(past, name, minute - ago * 1_440)) is not None]
    lately = _ordinary(past, name, minute - 75, minute - 15)
    return detectors.usual(weeks if len(weeks) >= 2 else days, lately)


def until_empty(name: str, hours: int) -> Measure:
    """Return in how many seconds a falling amount is used up, by the line through its last hours; a year if never."""

    def compute(past: Past) -> float | None:
        minute = past.now // 60
        points = past.minutes[name].points(minute - hours * 60, minute - 1)
        if len(points) < hours * MINUTES_OF_EACH_HOUR_MIN:
            return None
        seconds = detectors.seconds_until_empty([(at * 60.0, amount) for at, amount in points])
        return min(seconds, _YEAR) if seconds is not None else _YEAR

    def read(past: Past, _: str) -> float | None:
        return past.once_a_minute(("until empty", name, hours), lambda: compute(past))

    return Measure(read, f"{metric(name)} / clamp_min(-deriv({metric(name)}[{hours}h]), 1e-9)", "", name)


def burn(window_seconds: int) -> Measure:
    """Return which share of the answers hurt over the window, refusals that were honest left out.

    None while less than a quarter of a long window is known: a bad minute of the first ten is not a bad day.
    """

    def known(past: Past) -> bool:
        minutes, last_ = window_seconds // 60, past.now // 60 - 1
        return len(past.minutes["http.requests"].between(last_ - minutes, last_)) * 4 >= minutes

    def read(past: Past, _: str) -> float | None:
        if window_seconds >= SECONDS and not past.once_a_minute(("known", window_seconds), lambda: known(past)):
            return None
        return hurt_share(past, window_seconds)

    return Measure(read, f"doorbuster:hurt:ratio_{range_of(window_seconds)}", "", "hurt.share")


def hurts(window_seconds: int) -> Measure:
    """Return how many answers hurt over the window."""
    promql = f"increase(doorbuster_answers_hurt_total[{range_of(window_seconds)}])"
    return Measure(lambda past, _: _hurt(past, window_seconds), promql)


def sale_burn() -> Measure:
    """Return which share of the answers hurt since the sale began to be expected; None outside one."""

    def read(past: Past, _: str) -> float | None:
        return None if past.sale_since is None else hurt_share(past, max(30, past.now - past.sale_since))

    return Measure(read, "doorbuster_sale_hurt_ratio", "", "hurt.share")


def hurt_share(past: Past, seconds: int) -> float | None:
    """Return which share of the answers of the last seconds were errors or slow; None without answers."""
    answered = past.total("http.requests", seconds) - past.total("http.refused", seconds)
    return min(1.0, _hurt(past, seconds) / answered) if answered > 0 else None


def range_of(seconds: int) -> str:
    """Write a duration as PromQL does: 30s, 5m, 6h, 3d."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


_YEAR = 365 * 86_400.0


def _hurt(past: Past, seconds: int) -> float:
    return past.total("http.errors", seconds) + past.total("http.slow", seconds)


def _metric(name: str, of: bool) -> str:
    return metric(f"{name}:" if of else name)


def _full(name: str, subject: str) -> str:
    return f"{name}:{subject}" if subject else name


def _around(past: Past, name: str, minute: int) -> float | None:
    return _ordinary(past, name, minute - 15, minute + 15)


def _ordinary(past: Past, name: str, first: int, last_: int) -> float | None:
    """Return the mean of the minutes without a sale, when half of them at least are known."""
    sales = {minute for minute, expected in past.minutes["sale.expected"].points(first, last_) if expected > 0}
    known = [rate for minute, rate in past.minutes[name].points(first, last_) if minute not in sales]
    return sum(known) / len(known) if len(known) * 2 > last_ - first else None
