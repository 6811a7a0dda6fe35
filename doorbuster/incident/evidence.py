"""The curves around a line of the timeline, frozen while the series still has each second; drawn on the server.

Promises: a frozen curve has at most POINTS_MAX points; what is drawn is what was frozen.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from markupsafe import Markup, escape

from doorbuster.database.plan import HERE
from doorbuster.incident.timeline import Curve, Evidence

BEFORE_SECONDS = 120
AFTER_SECONDS = 60
POINTS_MAX = 180
WIDTH, HEIGHT = 600, 110
CURVES = ("hurt.share", "http.p95", "http.requests")
BY_SOURCE: Mapping[str, tuple[str, ...]] = {
    "lever": ("hurt.share", "http.requests", "guard.shed"),
    "schema": ("hurt.share", "db.seq_rows", "db.active"),
    "release": ("hurt.share", "http.p95", "http.errors"),
    "restart": ("hurt.share", "web.workers", "db.up"),
    "scaling": ("hurt.share", "web.workers", "web.cpu_share"),
    "diagnosis": ("hurt.share", "db.active", "db.lock", "web.cpu_share"),
}
"""Source of a line -> the signals that are frozen beside it; others have CURVES."""

Read = Callable[[str, int, int], Sequence[tuple[int, float]]]


def freeze(read: Read, at: int, source: str, evidence: Evidence | None = None) -> Evidence:
    """Return the evidence with the curves from two minutes before a line to one minute after it."""
    names = BY_SOURCE.get(source, CURVES)
    found = [Curve(name, thinned(read(name, at - BEFORE_SECONDS, at + AFTER_SECONDS))) for name in names]
    return msgspec.structs.replace(evidence or Evidence(), curves=tuple(each for each in found if len(each.points) > 1))


def thinned(points: Sequence[tuple[int, float]], most: int = POINTS_MAX) -> tuple[tuple[int, float], ...]:
    """Return at most so many points: of each stretch the highest, so that no peak is lost."""
    step = -(-len(points) // most) or 1
    return tuple(max(points[i : i + step], key=lambda point: point[1]) for i in range(0, len(points), step))


def drawn(curve: Curve, marks: Sequence[int] = (), width: int = WIDTH, height: int = HEIGHT) -> Markup:
    """Return a curve as an SVG that stands for itself, with a line at each of the marks."""
    if len(curve.points) < 2:
        return Markup("")
    first, last = curve.points[0][0], curve.points[-1][0]
    top, span = max(*(value for _, value in curve.points), 1e-9), max(last - first, 1)

    def x(at: int) -> str:
        return f"{(at - first) / span * width:.1f}"

    path = "M" + " L".join(f"{x(at)} {height - value / top * (height - 4):.1f}" for at, value in curve.points)
    lines = "".join(f'<path class="plot__mark" d="M{x(at)} 0V{height}"/>' for at in marks if first <= at <= last)
    label = f"{curve.name}: at most {number(top)}, at the end {number(curve.points[-1][1])}"
    return Markup(  # noqa: S704 - numbers, and an escaped label
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}" preserveAspectRatio="none"><path class="plot__area" d="{path} V{height} H0 Z"/>'
        f'<path class="plot__line" d="{path}"/>{lines}</svg>'
    )


def drawn_plan(text: str) -> Markup:
    """Return a plan's lines (`plan.as_text`) as HTML, the costly step marked."""
    lines = [
        Markup('<span class="plan__step{}">{}</span>').format(" plan__step--here" if line.endswith(HERE) else "", line)
        for line in text.rstrip("\n").split("\n")
    ]
    return Markup('<pre class="plan" tabindex="0">{}</pre>').format(Markup("").join(lines))


def number(value: float) -> str:
    """Write a number with three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
