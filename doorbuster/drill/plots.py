"""Plots as inline SVG, drawn by us: no script, no foreign font, colours by CSS class so that dark mode is free.

A plot is a frame (axes, grid, the opening's mark) around layers; every layer is plain points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 880, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 22, 34
MARK_ROWS = 4

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to pixels, linearly or by their logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is drawn at the edge."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return round values: powers of ten on a logarithmic scale, else about five steps of 1, 2 or 5."""
        if self.log:
            return [10.0**power for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]
        step = round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds the layers: the spans of both axes, how their values are written, and marked moments."""

    title: str
    x_span: tuple[float, float]
    y_span: tuple[float, float]
    y_unit: str = ""
    log: bool = False
    marks: Sequence[tuple[float, str]] = ()

    @property
    def x(self) -> Scale:
        """Return the horizontal scale."""
        return Scale(*_open(self.x_span), LEFT, WIDTH - RIGHT)

    @property
    def y(self) -> Scale:
        """Return the vertical scale, which grows upwards."""
        return Scale(*_open(self.y_span), HEIGHT - BOTTOM, TOP, self.log)


def drawn(frame: Frame, layers: Sequence[Markup]) -> Markup:
    """Return the whole plot as one accessible SVG."""
    parts = Markup("").join([_grid(frame), *layers, _marks(frame)])
    return Markup(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, frame.title, parts)  # fmt: skip


def line(frame: Frame, points: Points, colour: str) -> Markup:
    """Return a line through the points."""
    path = " ".join(f"{'L' if index else 'M'}{frame.x(x)} {frame.y(y)}" for index, (x, y) in enumerate(points))
    return Markup('<path class="line {}" d="{}"/>').format(colour, path)


def area(frame: Frame, lower: Points, upper: Points, colour: str) -> Markup:
    """Return the filled space between two lines over the same moments."""
    path = "M" + " L".join(f"{frame.x(x)} {frame.y(y)}" for x, y in [*upper, *reversed(lower)]) + " Z"
    return Markup('<path class="area {}" d="{}"/>').format(colour, path)


def bars(frame: Frame, bottoms_and_tops: Sequence[tuple[float, float, float]], step: float, colour: str) -> Markup:
    """Return one bar for each (moment, bottom, top) with a height; a bar is `step` wide."""
    width = max(1.0, frame.x(frame.x_span[0] + step) - frame.x(frame.x_span[0]) - 1)
    x, y = frame.x, frame.y
    rectangles = [
        f"M{x(at)} {y(bottom)} V{y(top)} h{width:.1f} V{y(bottom)} Z"
        for at, bottom, top in bottoms_and_tops
        if top > bottom
    ]
    return Markup('<path class="bar {}" d="{}"/>').format(colour, " ".join(rectangles))


def round_step(step: float) -> float:
    """Return the nearest larger step of the form 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next((factor * power for factor in (1, 2, 5) if factor * power >= step * 0.999), 10 * power)


def written(value: float, unit: str = "") -> str:
    """Write a value of an axis: 1,500 or 10 ms."""
    if unit == "s":
        return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def _open(span: tuple[float, float]) -> tuple[float, float]:
    return span if span[1] > span[0] else (span[0], span[0] + 1.0)


def _grid(frame: Frame) -> Markup:
    x, y = frame.x, frame.y
    parts = []
    for tick in y.ticks():
        parts.append(Markup('<path class="grid" d="M{} {} H{}"/>').format(LEFT, y(tick), WIDTH - RIGHT))
        label = written(tick, frame.y_unit)
        parts.append(Markup('<text class="tick end" x="{}" y="{}">{}</text>').format(LEFT - 8, y(tick) + 4, label))
    for tick in x.ticks():
        label = f"{tick:+g} s" if tick else "0"
        parts.append(Markup('<text class="tick middle" x="{}" y="{}">{}</text>').format(x(tick), HEIGHT - 12, label))
    parts.append(Markup('<path class="axis" d="M{} {} H{}"/>').format(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT))
    return Markup("").join(parts)


def _marks(frame: Frame) -> Markup:
    """Return the marked moments; words that would lie on each other go one row lower each."""
    parts, row, ended = [], 0, 0.0
    for moment, words in frame.marks:
        at = frame.x(moment)
        row, before = (row + 1) % MARK_ROWS if at < ended else 0, at > WIDTH * 0.75
        ended = max(ended, at + 7 * len(words))
        top = TOP - 8 + 14 * row
        parts.append(Markup('<path class="mark" d="M{} {} V{}"/>').format(at, TOP - 6, HEIGHT - BOTTOM))
        parts.append(
            Markup('<text class="mark-words{}" x="{}" y="{}">{}</text>').format(
                " end" if before else "", at - 5 if before else at + 5, top, escape(words)
            )
        )
    return Markup("").join(parts)
