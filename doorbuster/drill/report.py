"""The report of a drill: one HTML file that needs nothing else, with its plots and the tables behind them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from doorbuster.drill import plots, series
from doorbuster.drill.answers import SLOW_SECONDS
from doorbuster.drill.measures import Outcome, percentile, told
from doorbuster.drill.scenario import Scenario
from doorbuster.drill.verdict import Verdict

FATES = {
    "bought": "bought a unit", "told_sold_out": "were told it is sold out",
    "told_to_wait": "were told to wait until they left",
    "looked": "looked around, as they came to do", "scraped": "were programs, asking for page after page",
    "hoarded": "held what they could and never paid",
    "left_on_purpose": "left a held unit behind, as planned", "gave_up": "gave up without an answer",
    "failed": "were refused for no good reason",
}  # fmt: skip


WAIT_CLASSES = ("cpu", "lock", "io", "lwlock", "client")


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with its words, its colours' meanings and the table behind it."""

    title: str
    caption: str
    plot: Markup
    legend: Sequence[tuple[str, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def render(scenario: Scenario, outcome: Outcome, verdict: Verdict, made_at: datetime, facts: dict[str, str]) -> str:
    """Return the whole page; `facts` are words about the run for its foot, such as the seed."""
    environment = Environment(
        loader=PackageLoader("doorbuster.drill"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = told
    css = resources.files("doorbuster.drill").joinpath("templates/report.css").read_text()
    style = Markup(f"<style>\n{css}</style>")  # noqa: S704 -- our own file
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return environment.get_template("report.html").render(
        scenario=scenario, outcome=outcome, verdict=verdict, made_at=made_at, style=style,
        facts=facts | {"machine": machine}, figures=figures(outcome), fates=fates(outcome), answers=answers(outcome),
        headlines=headlines(outcome, verdict),
    )  # fmt: skip


def headlines(outcome: Outcome, verdict: Verdict) -> list[tuple[str, str]]:
    """Return the four numbers that tell the story."""
    lines = {line.name: line for line in (*verdict.expected, *verdict.others)}
    said = [(f"of {outcome.sale.units:,} units sold", told(outcome.sold))]
    for name, words in (
        ("oversold_units", "units sold twice"), ("purchase_p99_seconds", "a purchase, at its slowest (p99)"),
        ("no_p99_seconds", "to an honest no (p99)"),
    ):  # fmt: skip
        said.append((words, told(lines[name].value, lines[name].unit)))
    return said


def fates(outcome: Outcome) -> list[tuple[str, str, int, float]]:
    """Return (name, words, shoppers, share of the crowd) for every way it ended."""
    whole = len(outcome.record.fates) or 1
    counted = series.tally(fate.outcome for fate in outcome.record.fates)
    return [(name, FATES[name], count, count / whole) for name, count in counted]


def answers(outcome: Outcome) -> list[tuple[str, str, int, float, float]]:
    """Return (step, kind, count, p50, p99 in seconds) for every kind of answer."""
    grouped: dict[tuple[str, str], list[float]] = {}
    for attempt in outcome.record.attempts:
        grouped.setdefault((attempt.step, attempt.kind), []).append(attempt.latency_seconds)
    return [
        (step, kind, len(each), percentile(each, 0.5), percentile(each, 0.99))
        for (step, kind), each in sorted(grouped.items())
    ]


def figures(outcome: Outcome) -> list[Figure]:
    """Return every figure of the report."""
    cut = series.intervals_of(outcome)
    drawn = [_arrivals(outcome, cut), _answers(outcome, cut), _latencies(outcome, cut), _hurt(outcome, cut)]
    ever_busy = any(look.by_class for look in outcome.witness.waits)
    return [*drawn, _stock(outcome, cut), *([_waits(outcome, cut)] if ever_busy else [])]


def _hurt(outcome: Outcome, cut: series.Intervals) -> Figure:
    points = series.hurt_shares(outcome, cut)
    frame = _frame("Share of requests that hurt over time", cut, (0, 1))
    floor = [(at, 0.0) for at, _ in points]
    layers = [plots.area(frame, floor, points, "soft-stop"), plots.line(frame, points, "stop-line")]
    caption = (
        "The share of requests that met an error, no answer, or one slower than 3 s, and no honest word; 1 is all."
    )
    rows = [(f"{at:+.2f}", told(share, "share")) for at, share in points]
    return Figure(
        "Who was hurt", caption, plots.drawn(frame, layers), [("stop-line", "hurt")], ("seconds", "hurt"), rows
    )


def _waits(outcome: Outcome, cut: series.Intervals) -> Figure:
    by_class = series.waits_by_class(outcome, cut)
    edges = series.stacked(list(by_class.values()))
    frame = _frame("Active sessions of PostgreSQL by wait class over time", cut, (0, max(2.0, *edges[-1]) * 1.08))
    layers, legend = [], []
    for number, (name, lower, upper) in enumerate(zip(by_class, edges, edges[1:], strict=False)):
        colour = f"wait-{name}" if name in WAIT_CLASSES else f"wait-other-{number % 3}"
        layers.append(plots.bars(frame, [(cut.at(i), lower[i], upper[i]) for i in range(cut.count)], cut.step, colour))
        legend.append((colour, "on the processor" if name == "cpu" else f"waits for {name}"))
    rows = [(f"{cut.at(i):+.2f}", *(f"{by_class[name][i]:.1f}" for name in by_class)) for i in range(cut.count)]
    caption = (
        "Sessions that were at work, by what they waited for. Many on the processor are queries that cost too much."
    )
    return Figure(
        "What PostgreSQL was doing", caption, plots.drawn(frame, layers), legend, ("seconds", *by_class), rows
    )  # fmt: skip


def _arrivals(outcome: Outcome, cut: series.Intervals) -> Figure:
    came = series.counted(cut, (fate.arrived - outcome.opened_at for fate in outcome.record.fates))
    left = series.counted(cut, (fate.ended - outcome.opened_at for fate in outcome.record.fates))
    inside, present = [], 0
    for arrived, gone in zip(came, left, strict=True):
        present += arrived - gone
        inside.append(present)
    frame = _frame("Shoppers in the shop over time", cut, (0, max(inside, default=1) * 1.08))
    points = [(cut.at(index), float(value)) for index, value in enumerate(inside)]
    floor = [(x, 0.0) for x, _ in points]
    layers = [plots.area(frame, floor, points, "soft-info"), plots.line(frame, points, "info")]
    rows = [(f"{cut.at(i):+.2f}", str(came[i]), str(left[i]), str(inside[i])) for i in range(cut.count)]
    return Figure(
        "The crowd", "Shoppers in the shop at once. They come when they planned to, however the shop is doing.",
        plots.drawn(frame, layers), [("info", "in the shop")], ("seconds", "came", "left", "in the shop"), rows,
    )  # fmt: skip


def _answers(outcome: Outcome, cut: series.Intervals) -> Figure:
    groups = series.answers_by_group(outcome, cut)
    edges = series.stacked(list(groups.values()))
    frame = _frame("Answers by kind over time", cut, (0, max(edges[-1], default=1) * 1.08))
    layers = []
    for (group, _), lower, upper in zip(groups.items(), edges, edges[1:], strict=False):
        heights = [(cut.at(i), lower[i], upper[i]) for i in range(cut.count)]
        layers.append(plots.bars(frame, heights, cut.step, f"group-{group}"))
    shown = [group for group, counts in groups.items() if sum(counts)]
    rows = [(f"{cut.at(i):+.2f}", *(str(groups[group][i]) for group in shown)) for i in range(cut.count)]
    legend = [(f"group-{group}", series.GROUP_TITLES[group]) for group in shown]
    head = ("seconds", *(series.GROUP_TITLES[group] for group in shown))
    caption = f"Answers in each {cut.step:g} s, by what they told the shopper."
    return Figure("What they were told", caption, plots.drawn(frame, layers), legend, head, rows)


def _latencies(outcome: Outcome, cut: series.Intervals) -> Figure:
    curves = series.latencies(outcome, cut)
    slowest = max((value for _, value in curves["max"]), default=1.0)
    frame = _frame("Latency percentiles over time", cut, (0.0001, max(10.0, slowest)), y_unit="s", log=True)
    layers = [plots.line(frame, curves[name], f"latency-{name}") for name in reversed(series.PERCENTILES)]
    slow = [(cut.span[0], SLOW_SECONDS), (cut.span[1], SLOW_SECONDS)]
    layers.insert(0, plots.line(frame, slow, "limit"))
    by_moment = {name: dict(points) for name, points in curves.items()}
    rows = [
        (f"{moment:+.2f}", *(told(by_moment[name][moment], "s") for name in series.PERCENTILES))
        for moment, _ in curves["p50"]
    ]  # fmt: skip
    legend = [(f"latency-{name}", name) for name in series.PERCENTILES] + [("limit", f"{SLOW_SECONDS:g} s: hurt")]
    caption = "From the moment each request was planned, so that a stalled shop can't hide; logarithmic."
    return Figure(
        "How long it took", caption, plots.drawn(frame, layers), legend, ("seconds", *series.PERCENTILES), rows
    )


def _stock(outcome: Outcome, cut: series.Intervals) -> Figure:
    curve = series.stock_curve(outcome)
    frame = _frame("Units left, held and sold over time", cut, (0, outcome.sale.units * 1.05))
    sold = [(at, float(point_sold)) for at, _, _, point_sold in curve]
    held = [(at, float(point_held + point_sold)) for at, _, point_held, point_sold in curve]
    left = [(at, float(point_left + point_held + point_sold)) for at, point_left, point_held, point_sold in curve]
    floor = [(at, 0.0) for at, _ in sold]
    layers = []
    for lower, upper, colour in ((floor, sold, "sold"), (sold, held, "held"), (held, left, "left")):
        layers.append(plots.area(frame, lower, upper, f"stock-{colour}"))
    legend = [("stock-sold", "sold"), ("stock-held", "held"), ("stock-left", "left")]
    rows = [(f"{at:+.2f}", str(a), str(b), str(c)) for at, a, b, c in curve]
    caption = "Every unit is left, held or sold; the three always add up. Held units that nobody pays for come back."
    return Figure(
        "Where the units went", caption, plots.drawn(frame, layers), legend, ("seconds", "left", "held", "sold"), rows
    )


def _frame(
    title: str, cut: series.Intervals, y_span: tuple[float, float], y_unit: str = "", log: bool = False
) -> plots.Frame:
    return plots.Frame(title=title, x_span=cut.span, y_span=y_span, y_unit=y_unit, log=log, marks=cut.marks)
