"""Real traffic: the 1998 World Cup's site by minutes, NASA's site of July 1995 by seconds.

M. Arlitt and T. Jin, 1998 World Cup Web Site Access Logs; NASA-HTTP, the Internet Traffic Archive. Neither is shipped.
"""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, sqrt
from pathlib import Path

DAY_SECONDS = 86_400
SILENT_SECONDS, SILENT_REQUESTS = 60, 60


@dataclass(frozen=True, slots=True)
class Trace:
    """A day to be replayed: the mean rate of each minute before it, by time, and each of its seconds' requests.

    `silences` are the stretches (first and last second of the day) in which the site really did not answer.
    """

    name: str
    begins: int
    before: list[tuple[int, float]]
    seconds: list[float]
    silences: tuple[tuple[int, int], ...] = ()


def worldcup(folder: Path, day: str, scale: float, chance: random.Random) -> Trace:
    """Return a day of the World Cup's site; seconds are drawn (Poisson) between the minutes' rates."""
    path = folder / "traffic" / "worldcup98-per-minute-1998-04-30_06-24.csv.gz"
    begins = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    rates = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = int(datetime.fromisoformat(row["period"]).replace(tzinfo=UTC).timestamp())
            rates[at] = int(row["count"]) / 60 * scale
    before = [(at, rate) for at, rate in rates.items() if at < begins]
    seconds = [_poisson(_between(rates, begins + second), chance) for second in range(DAY_SECONDS)]
    return Trace(f"World Cup {day}", begins, before, seconds)


def nasa(folder: Path, day: int, scale: int, chance: random.Random) -> Trace:
    """Return a day of July 1995 of NASA's site with `scale` times as many visitors: each request is made so often.

    Each of them is up to half a minute earlier or later, by chance.
    """
    path = folder / "traffic" / "nasa-http-1995-07-per-second.txt.gz"
    first = int(datetime(1995, 7, 1, 4, 0, tzinfo=UTC).timestamp())
    with gzip.open(path, "rt", encoding="utf-8") as file:
        counts = [int(line) for line in file]
    start = (day - 1) * DAY_SECONDS
    before = [(first + at, sum(counts[at : at + 60]) / 60 * scale) for at in range(0, start, 60)]
    seconds = [0.0] * DAY_SECONDS
    for second, count in enumerate(counts[start : start + DAY_SECONDS]):
        for _ in range(count * scale):
            seconds[min(max(second + chance.randint(-30, 30), 0), DAY_SECONDS - 1)] += 1
    return Trace(f"NASA 1995-07-{day:02}", first + start, before, seconds, tuple(_silences(counts, start)))


def _silences(counts: list[int], start: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a day without any request of a minute and more, where the hour before had 60 in that time.

    By chance that happens once in 10 to the power of 26 times.
    """
    run = 0
    for at in range(start, start + DAY_SECONDS):
        if counts[at] == 0:
            run += 1
            continue
        hour = counts[max(0, at - run - 3_600) : at - run]
        if run >= SILENT_SECONDS and run * sum(hour) / 3_600 >= SILENT_REQUESTS:
            yield at - run - start, at - 1 - start
        run = 0


def _between(rates: dict[int, float], at: int) -> float:
    """Return the rate at a second, on a straight line between the middles of two minutes; a gap keeps the last rate."""
    middle = at - 30
    low = middle - middle % 60
    share = (middle - low) / 60
    here = rates.get(low, rates.get(low + 60, 0.0))
    return here * (1 - share) + rates.get(low + 60, here) * share


def _poisson(mean: float, chance: random.Random) -> float:
    if mean > 60:
        return max(0.0, float(round(chance.gauss(mean, sqrt(mean)))))
    limit, product, count = exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return float(count)


def drawn(means: Iterator[float], chance: random.Random) -> Iterator[float]:
    """Yield Poisson counts of these means."""
    return (_poisson(mean, chance) for mean in means)
