"""A measure is judged by its target alone; what could not be measured is no success."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from doorbuster.bench.measures import Findings, Measure, show, written


@pytest.mark.parametrize(
    ("measure", "holds"),
    [
        (Measure("gain", 15.0, "ratio", at_least=15), True),
        (Measure("gain", 14.99, "ratio", at_least=15), False),
        (Measure("wait", 1.1, "ratio", at_most=1.1), True),
        (Measure("wait", 1.11, "ratio", at_most=1.1), False),
        (Measure("rate", 0.0, "holds/s"), True),
        (Measure("drill", 2.0, "s", at_most=1, told=True), True),
        (Measure("drill", 0.0, "s", at_most=1, told=False), False),
    ],
)
def test_a_measure_holds_when_it_reaches_its_target(measure: Measure, holds: bool):
    assert measure.holds is holds


def test_what_was_skipped_is_no_success():
    assert Findings([Measure("rate", 1.0, "holds/s")]).hold
    assert not Findings([Measure("rate", 1.0, "holds/s")], skipped=["pages: wrk is not installed"]).hold


def test_the_file_is_a_list_of_name_value_unit_target_and_holds(tmp_path: Path):
    findings = Findings([Measure("gain", 7.4712345, "ratio", at_least=15), Measure("rate", 3.0, "holds/s")])

    written(findings, tmp_path / "out" / "bench.json")

    assert json.loads((tmp_path / "out" / "bench.json").read_text()) == [
        {"name": "gain", "value": 7.4712, "unit": "ratio", "target": 15, "holds": False},
        {"name": "rate", "value": 3.0, "unit": "holds/s", "target": None, "holds": True},
    ]


def test_the_table_names_what_missed_and_what_was_skipped():
    told = StringIO()

    show(
        Console(file=told, width=120),
        Findings([Measure("gain", 7.4, "ratio", at_least=15, absolutes="37,000/s")], ["pages: wrk is not installed"]),
    )

    assert "✗" in told.getvalue()
    assert "7.40 ×" in told.getvalue()
    assert "≥ 15.00 ×" in told.getvalue()
    assert "37,000/s" in told.getvalue()
    assert "skipped pages: wrk is not installed" in told.getvalue()
