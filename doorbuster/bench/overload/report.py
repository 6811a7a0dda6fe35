"""The findings of the overload runs: the table against its targets, the figures for programs, and the picture."""

from importlib import resources
from pathlib import Path

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from doorbuster.bench.measures import Findings, Measure
from doorbuster.bench.overload.runs import CALM_SECONDS, Bar, Run
from doorbuster.drill.plots import Frame, drawn, line


class Overload(msgspec.Struct, frozen=True):
    """Everything the runs showed, and what they are held against."""

    bar: Bar
    gate_microseconds: dict[str, float]
    runs: list[Run]


def findings_of(overload: Overload) -> Findings:
    """Judge the runs with the gate; those without it are only told."""
    shares = overload.bar.peak.shares
    told = f"cores: PostgreSQL {shares.database:.2f}, shop {shares.shop:.2f}, crowd {shares.crowd:.2f}"
    found = Findings([Measure("capacity, requests a second", overload.bar.peak.rate, "req/s", absolutes=told)])
    for each in overload.runs:
        found.measures += _judged(each, overload.bar.median)
    for name, microseconds in overload.gate_microseconds.items():
        most = 50.0 if name == "admitted" else 200.0
        found.measures.append(Measure(f"cost of the gate, {name}", microseconds, "µs", at_most=most))
    return found


def _judged(run: Run, median: float) -> list[Measure]:
    name = f"{run.name}{'' if run.gate else ' without the gate'}"
    shares = run.shares
    told = (
        f"{run.goodput:,.0f} of {run.peak:,.0f}/s; cores: PostgreSQL {shares.database:.2f}, shop {shares.shop:.2f}, "
        f"crowd {shares.crowd:.2f}; {run.saturated} not sent"
    )
    if not run.gate:
        return [
            Measure(f"{name}: goodput of peak", run.share_of_peak, "ratio", absolutes=told),
            Measure(f"{name}: success after the spike", run.after_success, "ratio"),
        ]
    demanding = run.times >= 2 or run.slowed > 1
    least = 0.95 if demanding else None
    settled = run.settled_seconds if run.settled_seconds is not None else 99.0
    measures = [
        Measure(f"{name}: goodput of peak", run.share_of_peak, "ratio", at_least=least, absolutes=told),
        Measure(f"{name}: the same, weighed by cost", run.share_of_work, "ratio", at_least=least),
        Measure(f"{name}: checkout success", run.checkout_success, "ratio", at_least=0.995),
        Measure(f"{name}: success after the spike", run.after_success, "ratio", at_least=0.99),
    ]
    if demanding:
        measures.append(Measure(f"{name}: settled after", settled, "s", at_most=2.0))
    if run.slowed == 1:
        told = f"p50 {run.p50 * 1000:.0f} ms, p99 {run.p99 * 1000:.0f} ms; unloaded median {median * 1000:.1f} ms"
        measures.append(
            Measure(f"{name}: p99 of the admitted", run.p99 / median, "ratio", at_most=10.0, absolutes=told)
        )
    return measures


def write(overload: Overload, folder: Path) -> None:
    """Write overload.json and overload.html into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overload.json").write_bytes(msgspec.json.format(msgspec.json.encode(overload), indent=2) + b"\n")
    environment = Environment(loader=PackageLoader("doorbuster.bench.overload"), autoescape=select_autoescape())
    css = resources.files("doorbuster.drill").joinpath("templates/report.css").read_text()
    page = environment.get_template("overload.html").render(
        style=Markup(f"<style>\n{css}</style>"),  # noqa: S704 -- our own file
        overload=overload, findings=findings_of(overload), figures=_figures(overload),
    )  # fmt: skip
    (folder / "overload.html").write_text(page)


def _figures(overload: Overload) -> list[tuple[str, Markup]]:
    """Return a plot for each run that was made twice: what was answered in time, with the gate and without."""
    pairs: dict[str, dict[bool, Run]] = {}
    for run in overload.runs:
        pairs.setdefault(run.name, {})[run.gate] = run
    return [(name, _plot(name, pair)) for name, pair in pairs.items() if len(pair) == 2]


def _plot(name: str, pair: dict[bool, Run]) -> Markup:
    peak, highest = pair[True].peak, max(second.good for second in pair[True].seconds)
    last = min(len(run.seconds) for run in pair.values()) - 1
    title = f"{name}: requests answered in time, with the gate and without"
    frame = Frame(title=title, x_span=(-CALM_SECONDS, last - CALM_SECONDS), y_span=(0, 1.2 * highest))
    with_gate, without = (
        line(frame, [(second.at - CALM_SECONDS, second.good) for second in pair[gate].seconds[:last]], colour)
        for gate, colour in ((True, "go"), (False, "stop"))
    )
    level = line(frame, [(-CALM_SECONDS, peak), (last - CALM_SECONDS, peak)], "info")
    return drawn(frame, [level, without, with_gate])
