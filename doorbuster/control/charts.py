"""Drawings of numbers: points in, the `d` of an SVG path out; the templates draw the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.control.pulse import Point

WIDTH = 600
HEIGHT = 160
POINTS_DRAWN_MAX = 300


@dataclass(frozen=True, slots=True)
class SaleChart:
    """The curve of a sale as areas upon each other: sold at the bottom, held above it; `top` units are full height."""

    sold: str
    held: str
    top: int
    begins: Point
    ends: Point


def sparkline(values: Sequence[float], width: int = 120, height: int = 28) -> str:
    """Return the path of a line through the values; the highest touches the top, zero the bottom."""
    if len(values) < 2:
        return f"M0 {height} H{width}"
    highest = max(*values, 1e-9)
    step = width / (len(values) - 1)
    points = (f"{i * step:.1f} {height - value / highest * (height - 2):.1f}" for i, value in enumerate(values))
    return "M" + " L".join(points)


def sale_chart(points: Sequence[Point], units: int) -> SaleChart | None:
    """Return the areas of a sale's curve, or None while there is too little to draw."""
    if len(points) < 2:
        return None
    drawn = _thinned(points)
    top = max(units, *(point.sold + point.held for point in drawn), 1)
    base = [0.0] * len(drawn)
    sold = [float(point.sold) for point in drawn]
    taken = [float(point.sold + point.held) for point in drawn]
    return SaleChart(_area(drawn, base, sold, top), _area(drawn, sold, taken, top), top, drawn[0], drawn[-1])


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most POINTS_DRAWN_MAX points, the first and the last among them."""
    step = max(1, -(-len(points) // POINTS_DRAWN_MAX))
    return [*points[:-1:step], points[-1]]


def _area(points: Sequence[Point], low: Sequence[float], high: Sequence[float], top: int) -> str:
    began = points[0].at
    span_seconds = max((points[-1].at - began).total_seconds(), 1e-9)
    across = [(point.at - began).total_seconds() / span_seconds * WIDTH for point in points]
    upper = [f"{x:.1f} {_y(units, top)}" for x, units in zip(across, high, strict=True)]
    lower = [f"{x:.1f} {_y(units, top)}" for x, units in zip(across, low, strict=True)]
    return "M" + " L".join([*upper, *reversed(lower)]) + " Z"


def _y(units: float, top: int) -> str:
    return f"{HEIGHT - units / top * HEIGHT:.1f}"
