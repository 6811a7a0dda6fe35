"""When shoppers come: open loop, so a slow shop does not make the crowd polite.

Promises: the same chance gives the same crowd; every arrival lies within the given span; the list is sorted.
"""

import bisect
import csv
import gzip
import itertools
import math
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from doorbuster.errors import Misconfigured

Curve = Literal["uniform", "poisson", "ramp", "at_once"]

COUNTED = (["count"], ["value"])
"""Headings of a last column that holds a number of requests."""
TRACE_SECONDS_MAX = 366 * 86_400


def arrivals(curve: Curve, shoppers: int, seconds: float, chance: random.Random) -> list[float]:
    """Return each shopper's arrival, in seconds from the start, sorted; the same chance gives the same crowd.

    `uniform` is evenly spaced, `poisson` independent of each other (sorted uniform draws: a Poisson process given its
    count), `ramp` grows linearly from nothing, `at_once` has everybody there at the start.
    """
    assert shoppers >= 0
    assert seconds >= 0
    match curve:
        case "uniform":
            return [seconds * (index + 0.5) / shoppers for index in range(shoppers)]
        case "poisson":
            return sorted(seconds * chance.random() for _ in range(shoppers))
        case "ramp":
            return sorted(seconds * math.sqrt(chance.random()) for _ in range(shoppers))
        case "at_once":
            return [0.0] * shoppers


def along(points: Sequence[tuple[float, float]], chance: random.Random) -> list[float]:
    """Return arrivals of a Poisson process whose rate follows (second, shoppers a second), linear in between.

    By inversion: a process of rate one is drawn and each of its moments is mapped through the inverse of the
    cumulated rate (Çinlar, Introduction to Stochastic Processes, 1975).
    """
    sums = [0.0]
    for (start, low), (end, high) in itertools.pairwise(points):
        sums.append(sums[-1] + (end - start) * (low + high) / 2)
    moments, drawn = [], chance.expovariate(1.0)
    while drawn < sums[-1]:
        piece = bisect.bisect_right(sums, drawn) - 1
        moments.append(_moment(points[piece], points[piece + 1], drawn - sums[piece]))
        drawn += chance.expovariate(1.0)
    return moments


def replayed(counts: Sequence[int], shoppers: int, seconds: float, chance: random.Random) -> list[float]:
    """Return so many arrivals spread over the span as a recorded trace was: its shape, scaled in both directions."""
    sums = list(itertools.accumulate(counts, initial=0))
    if sums[-1] == 0:
        return []
    step = seconds / len(counts)
    drawn = sorted(chance.random() * sums[-1] for _ in range(shoppers))
    moments = []
    for each in drawn:
        piece = bisect.bisect_right(sums, each) - 1
        moments.append(step * (piece + (each - sums[piece]) / counts[piece]))
    return moments


def read_trace(path: Path) -> list[int]:
    """Return the requests of each interval of a recorded trace; raises Misconfigured for anything else.

    A trace is a text file, `.gz` or not. One column: the number of requests of each interval. A heading that ends in
    `count` or `value`: the same, in the last column. Else each line is one request, and its first column the moment
    (ISO 8601), which is counted by the second.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as fault:
        raise Misconfigured(f"the trace {path} cannot be read: {fault}") from fault
    heading = [] if not rows or rows[0][0][:1].isdecimal() else rows.pop(0)
    try:
        if rows and (len(rows[0]) == 1 or heading[-1:] in COUNTED):
            counts = [int(float(row[-1])) for row in rows]
        else:
            counts = _by_second(row[0] for row in rows)
    except (ValueError, OverflowError) as fault:
        raise Misconfigured(f"the trace {path} is neither counts nor moments: {fault}") from None
    if min(counts, default=0) < 0 or not any(counts):
        raise Misconfigured(f"the trace {path} has {'fewer than no requests' if any(counts) else 'no requests'} in it")
    return counts


def busiest(counts: Sequence[int], intervals: int) -> Sequence[int]:
    """Return the run of so many intervals that holds most requests, the first of equal ones; all of them for none."""
    if not 0 < intervals < len(counts):
        return counts
    sums = list(itertools.accumulate(counts, initial=0))
    first = max(range(len(counts) - intervals + 1), key=lambda at: sums[at + intervals] - sums[at])
    return counts[first : first + intervals]


def _by_second(moments: Iterable[str]) -> list[int]:
    seen = Counter(int(datetime.fromisoformat(each.strip()[:19]).replace(tzinfo=UTC).timestamp()) for each in moments)
    if seen and max(seen) - min(seen) > TRACE_SECONDS_MAX:
        raise ValueError("its moments are more than a year apart")
    return [seen[second] for second in range(min(seen), max(seen) + 1)] if seen else []


def _moment(start: tuple[float, float], end: tuple[float, float], area: float) -> float:
    """Return when the area under the line from `start` to `end` has grown to `area`."""
    span, slope = end[0] - start[0], (end[1] - start[1]) / (end[0] - start[0])
    if abs(slope) < 1e-9:
        return start[0] + area / start[1]
    root = math.sqrt(max(0.0, start[1] ** 2 + 2 * slope * area))
    return min(end[0], start[0] + min(span, (root - start[1]) / slope))
