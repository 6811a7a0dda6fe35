"""One picture of two runs: what each second's requests met, and how long they took, to the same scale.

An SVG that stands alone, in light and dark, and needs nothing else: it may go into a README.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import escape

from doorbuster.drill.measures import told
from doorbuster.drill.plots import Scale
from doorbuster.drill.runs import Run, Second

WIDTH, HEIGHT = 1200, 690
PANELS = ((40, 590), (620, 1170))
COUNTS_TOP, COUNTS_BOTTOM = 250, 460
TIMES_TOP, TIMES_BOTTOM = 500, 620
SLOW_SECONDS = 3.0
LAYERS: tuple[tuple[str, str, Callable[[Second], int]], ...] = (
    ("good", "answered in time", lambda s: s.good),
    ("told", "asked to wait, or told it is sold out", lambda s: s.told),
    ("hurt", "hurt: an error, a time-out, or over 3 s", lambda s: s.hurt),
)
STYLE = """
svg { font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; }
.paper { fill: #fbfaf7; } .card { fill: #ffffff; stroke: #e4e0d8; } .ink { fill: #1f2430; } .quiet { fill: #666c78; }
.good { fill: #2f8f5b; } .told { fill: #e0a93b; } .hurt { fill: #c8372d; }
.line { fill: none; stroke: #1f2430; stroke-width: 2; stroke-linejoin: round; }
.limit { stroke: #c8372d; stroke-dasharray: 3 5; } .grid { stroke: #e4e0d8; }
.mark { stroke: #1f2430; stroke-dasharray: 2 3; opacity: .75; } .fault { fill: #c8372d; opacity: .09; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #12151b; } .card { fill: #1a1e26; stroke: #303642; } .ink { fill: #f2efe8; } .quiet { fill: #a3a9b5; }
  .good { fill: #4cb67d; } .told { fill: #d9a441; } .hurt { fill: #ef6a5e; }
  .line { stroke: #f2efe8; } .limit { stroke: #ef6a5e; } .grid { stroke: #303642; } .mark { stroke: #f2efe8; }
  .fault { fill: #ef6a5e; opacity: .13; }
}
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One run's half of the picture, and the scales that both share."""

    run: Run
    x: Scale
    counts: Scale
    times: Scale
    words: str


def of(left: Run, right: Run) -> str:
    """Return the picture as an SVG document."""
    seconds = [*left.seconds, *right.seconds]
    first, last = min((s.at for s in seconds), default=0), max((s.at for s in seconds), default=1) + 1
    most = max((s.asked for s in seconds), default=1) * 1.12
    slowest = max(10.0, *(s.p99 for s in seconds)) if seconds else 10.0
    panels = [
        Panel(
            run, Scale(first, last, start + 46, end - 14), Scale(0, most, COUNTS_BOTTOM, COUNTS_TOP),
            Scale(0.001, slowest, TIMES_BOTTOM, TIMES_TOP, log=True), words,
        )
        for run, (start, end), words in zip((left, right), PANELS, _names(left, right), strict=True)
    ]  # fmt: skip
    said = escape(_said(left, right))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">',
        f'<style>{STYLE}</style><rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        _text(40, 50, right.title, "ink", 30, weight=700),
        _text(40, 78, "The same crowd, twice. Requests by what they met, each second from the opening.", "quiet", 16),
        _text(1170, 78, f"doorbuster drill {right.name}", "quiet", 14, anchor="end"),
        *[part for panel, edges in zip(panels, PANELS, strict=True) for part in _panel(panel, edges)],
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _names(left: Run, right: Run) -> tuple[str, str]:
    if left.name == f"{right.name}-as-it-was":
        return "As it was", "As it is"
    if left.name == right.name:
        return f"{left.commit}, {left.at[:16]}", f"{right.commit}, {right.at[:16]}"
    return left.name, right.name


def _said(left: Run, right: Run) -> str:
    one, other = _names(left, right)
    return f"{one}: {_hurt(left)} of people were hurt. {other}: {_hurt(right)}."


def _hurt(run: Run) -> str:
    share = run.value("hurt_share") or 0.0
    return f"{share:.0%}" if share >= 0.1 or not share else f"{share:.1%}"


def _panel(panel: Panel, edges: tuple[int, int]) -> list[str]:
    start, end = edges
    bad = (panel.run.value("hurt_share") or 0.0) > 0.02
    return [
        f'<rect class="card" x="{start}" y="100" width="{end - start}" height="545" rx="14"/>',
        _text(start + 22, 136, panel.words, "quiet", 17, weight=600),
        _text(start + 22, 194, _hurt(panel.run), "hurt" if bad else "good", 58, weight=750),
        _text(start + 210, 150, "of people hurt", "ink", 19, weight=600),
        *(_text(start + 210, 173 + 21 * row, words, "quiet", 15) for row, words in enumerate(_facts(panel.run))),
        *_grid(panel, edges),
        *_layers(panel),
        *_times(panel),
        *_marks(panel),
    ]


def _facts(run: Run) -> tuple[str, str]:
    failed, sold, left = (run.value(name) for name in ("purchases_failed_share", "sold_units", "unsold_units"))
    twice = run.value("oversold_units") or 0
    return (
        f"{failed:.0%} of purchases failed" if failed else "no purchase failed",
        f"{sold or 0:,.0f} of {(sold or 0) + (left or 0):,.0f} units sold, {told(twice) if twice else 'none'} twice",
    )


def _grid(panel: Panel, edges: tuple[int, int]) -> list[str]:
    parts = []
    for tick in panel.counts.ticks()[1:]:
        y = panel.counts(tick)
        parts.append(f'<path class="grid" d="M{edges[0] + 46} {y} H{edges[1] - 14}"/>')
        parts.append(_text(edges[0] + 40, y + 4, f"{tick:g}", "quiet", 12, anchor="end"))
    for value, words in ((0.01, "10 ms"), (0.1, "0.1 s"), (1.0, "1 s"), (10.0, "10 s")):
        y = panel.times(value)
        parts.append(f'<path class="grid" d="M{edges[0] + 46} {y} H{edges[1] - 14}"/>')
        parts.append(_text(edges[0] + 40, y + 4, words, "quiet", 12, anchor="end"))
    for tick in panel.x.ticks():
        words = "opens" if tick == 0 else f"{tick:+g} s"
        parts.append(_text(panel.x(tick), TIMES_BOTTOM + 18, words, "quiet", 12, anchor="middle"))
    parts.append(_text(edges[0] + 46, COUNTS_TOP - 8, "requests a second", "quiet", 12))
    parts.append(_text(edges[0] + 46, TIMES_TOP - 8, "the slowest one in a hundred", "quiet", 12))
    return parts


def _layers(panel: Panel) -> list[str]:
    width = max(1.0, panel.x(1) - panel.x(0) - 1)
    parts = []
    below = [0] * len(panel.run.seconds)
    for name, _, read in LAYERS:
        bars = []
        for index, second in enumerate(panel.run.seconds):
            top = below[index] + read(second)
            if top > below[index]:
                bottom = panel.counts(below[index])
                bars.append(f"M{panel.x(second.at)} {bottom} V{panel.counts(top)} h{width:.1f} V{bottom} Z")
            below[index] = top
        parts.append(f'<path class="{name}" d="{" ".join(bars)}"/>')
    return parts


def _times(panel: Panel) -> list[str]:
    points = [(panel.x(s.at + 0.5), panel.times(max(0.001, s.p99))) for s in panel.run.seconds if s.asked]
    path = " ".join(f"{'L' if index else 'M'}{x} {y}" for index, (x, y) in enumerate(points))
    limit = panel.times(SLOW_SECONDS)
    return [
        f'<path class="limit" d="M{panel.x.start} {limit} H{panel.x.end}"/>',
        _text(panel.x.end, limit - 5, "3 s: hurt", "hurt", 11, anchor="end"),
        f'<path class="line" d="{path}"/>',
    ]


def _marks(panel: Panel) -> list[str]:
    parts = []
    for index, (at, until, words) in enumerate(_moments(panel.run)):
        x = panel.x(at)
        if until is not None and until > at + 1:
            width = panel.x(until) - x
            height = TIMES_BOTTOM - COUNTS_TOP
            parts.append(f'<rect class="fault" x="{x}" y="{COUNTS_TOP}" width="{width:.1f}" height="{height}"/>')
        y = COUNTS_TOP - 12 + 17 * index
        anchor = "end" if x > (panel.x.start + panel.x.end) / 2 + 60 else "start"
        parts.append(f'<path class="mark" d="M{x} {y + 4} V{TIMES_BOTTOM}"/>')
        parts.append(_text(x + (-5 if anchor == "end" else 5), y + 4, words, "ink", 13, weight=600, anchor=anchor))
    return parts


def _moments(run: Run) -> Sequence[tuple[float, float | None, str]]:
    """Return what is marked: faults, what people did, and the first time the true cause was named."""
    words = {"stop-all-workers": "all web workers restarted", "drop-index products_search": "the index is dropped"}
    found: list[tuple[float, float | None, str]] = []
    causes = {mark.cause for mark in run.marks if mark.kind == "fault" and mark.cause}
    for mark in run.marks:
        if mark.kind in ("fault", "lever"):
            found.append((mark.at, mark.ended, words.get(mark.words, mark.words)))
        elif mark.kind == "diagnosis" and mark.cause in causes:
            found.append((mark.at, None, f"cause named: {mark.cause.replace('_', ' ')}"))
            causes.discard(mark.cause)
    return found[:6]


def _legend() -> list[str]:
    parts, x = [], 40
    for name, words, _ in LAYERS:
        parts.append(f'<rect class="{name}" x="{x}" y="661" width="14" height="14" rx="3"/>')
        parts.append(_text(x + 22, 673, words, "quiet", 14))
        x += 70 + 7 * len(words)
    return parts


def _text(x: float, y: float, words: str, colour: str, size: int, *, weight: int = 400, anchor: str = "start") -> str:
    return (
        f'<text class="{colour}" x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )
