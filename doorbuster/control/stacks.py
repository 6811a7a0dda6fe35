"""Areas upon each other over time, as the `d` of SVG paths; where nothing is known there is a gap."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from doorbuster.watch.signals import Tick

WIDTH = 600
HEIGHT = 160
POINTS_MAX = 150


@dataclass(frozen=True, slots=True)
class Layer:
    """One area: its name, its path, and its value now (None when that is not known)."""

    name: str
    path: str
    now: float | None


@dataclass(frozen=True, slots=True)
class Stack:
    """The areas, the lowest first; `top` is the value at full height."""

    layers: tuple[Layer, ...]
    top: int
    begins: int
    ends: int


def stack(ticks: Sequence[Tick], names: Sequence[str], seconds: int) -> Stack | None:
    """Draw these signals over the last `seconds`; None while there is too little to draw."""
    if len(ticks) < 2:
        return None
    ends = ticks[-1].at
    begins, step = ends - seconds, max(1, seconds // POINTS_MAX)
    points = _points(ticks, names, begins, step)
    top = max(1, math.ceil(max((sum(values) for values in points.values()), default=0)))
    layers = []
    for number, name in enumerate(names):
        path = " ".join(_areas(points, number, seconds // step, top))
        layers.append(Layer(name, path, ticks[-1].values.get(name)))
    return Stack(tuple(layers), top, begins, ends)


def _points(ticks: Sequence[Tick], names: Sequence[str], begins: int, step: int) -> dict[int, list[float]]:
    """Return the means of each step in which anything is known, by the number of the step."""
    found = {}
    for number, group in groupby(ticks, lambda tick: (tick.at - begins) // step):
        known = [tick.values for tick in group if names[0] in tick.values]
        if known and number >= 0:
            found[number] = [sum(values.get(name, 0.0) for values in known) / len(known) for name in names]
    return found


def _areas(points: Mapping[int, Sequence[float]], layer: int, last: int, top: int) -> list[str]:
    """Return an area for each run of steps without a gap."""
    runs: list[list[int]] = []
    for number in sorted(points):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [_area(points, run, layer, last, top) for run in runs if len(run) > 1]


def _area(points: Mapping[int, Sequence[float]], run: Sequence[int], layer: int, last: int, top: int) -> str:
    def at(number: int, height: float) -> str:
        return f"{number / last * WIDTH:.1f} {HEIGHT - height / top * HEIGHT:.1f}"

    upper = [at(number, sum(points[number][: layer + 1])) for number in run]
    lower = [at(number, sum(points[number][:layer])) for number in reversed(run)]
    return "M" + " L".join([*upper, *lower]) + " Z"
