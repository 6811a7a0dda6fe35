"""The generic detectors against labelled series: the Numenta Anomaly Benchmark (MIT), as far as it lies in the folder.

A detector's alarms that follow each other within an hour's worth of samples are one. An alarm inside a labelled window
is true; recall is the share of windows with a true alarm, precision the share of alarms that are true. Untuned.
"""

import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from doorbuster.bench.measures import Measure, ratio
from doorbuster.watch import detectors

LATELY, BEFORE, MERGED = 12, 288, 12
"""In samples, mostly of five minutes: an hour, a day, an hour."""
PROBATION = 0.15
"""Of each file; labelled windows lie behind it, and the floor is its median."""

Alarm = Callable[[Sequence[float], int, float], bool]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series with the windows in which something was wrong, as first and last index."""

    values: list[float]
    windows: list[tuple[int, int]]


def is_spike(values: Sequence[float], now: int, floor: float) -> bool:
    """Say whether a value stands out from the median of the day before it."""
    found = detectors.spike(values[now], median(values[now - BEFORE : now]), floor)
    return found is not None and found > detectors.SPIKE_RATIO


def is_silent(values: Sequence[float], now: int, floor: float) -> bool:
    """Say whether the last quarter of an hour is next to nothing beside the day before."""
    usual = median(values[now - BEFORE : now])
    return usual >= floor / 2 and sum(values[now - 2 : now + 1]) / 3 < detectors.SILENT_SHARE * usual


def is_shifted(values: Sequence[float], now: int, floor: float) -> bool:
    """Say whether the last hour has another level than the day before."""
    found = detectors.shift(values[now - LATELY + 1 : now + 1], values[now - LATELY - BEFORE : now - LATELY], floor)
    return found is not None and found > detectors.SHIFT_RATIO


DETECTORS: Mapping[str, Alarm] = {"spike": is_spike, "silence": is_silent, "level shift": is_shifted}


def of_series(folder: Path) -> list[Measure]:
    """Return precision and recall of each detector, and of all of them together."""
    labelled = list(_read(folder / "nab"))
    found = []
    for name, alarms in {**{name: (one,) for name, one in DETECTORS.items()}, "any": tuple(DETECTORS.values())}.items():
        true, false, hit, windows = (
            sum(column) for column in zip(*(scored(one, alarms) for one in labelled), strict=True)
        )
        absolutes = f"{true} of {true + false} alarms true, {hit} of {windows} windows found"
        found.append(Measure(f"NAB, {name}: precision", ratio(true, true + false), "share", absolutes=absolutes))
        found.append(Measure(f"NAB, {name}: recall", ratio(hit, windows), "share"))
    return found


def scored(series: Labelled, alarms: Sequence[Alarm]) -> tuple[int, int, int, int]:
    """Return true alarms, false ones, windows that were found, and all windows."""
    first = max(BEFORE + LATELY, int(len(series.values) * PROBATION))
    floor = max(median(series.values[: int(len(series.values) * PROBATION)]), 1e-9)
    raised = [
        place
        for place in range(first, len(series.values))
        if any(alarm(series.values, place, floor) for alarm in alarms)
    ]
    begun = [place for at, place in enumerate(raised) if at == 0 or place - raised[at - 1] > MERGED]
    true = sum(any(low <= place <= high for low, high in series.windows) for place in begun)
    hit = sum(any(low <= place <= high for place in raised) for low, high in series.windows)
    return true, len(begun) - true, hit, len(series.windows)


def _read(folder: Path) -> list[Labelled]:
    labels: dict[str, list[list[str]]] = json.loads((folder / "combined_windows.json").read_text(encoding="utf-8"))
    found = []
    for name, windows in labels.items():
        path = folder / f"{name}.gz"
        if not path.exists():
            continue
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [(row["timestamp"], float(row["value"])) for row in csv.DictReader(file)]
        times = [at for at, _ in rows]
        found.append(Labelled([value for _, value in rows], [_places(times, *window) for window in windows]))
    return found


def _places(times: Sequence[str], first: str, last: str) -> tuple[int, int]:
    inside = [place for place, at in enumerate(times) if first[:19] <= at[:19] <= last[:19]]
    return (inside[0], inside[-1]) if inside else (len(times), len(times))
