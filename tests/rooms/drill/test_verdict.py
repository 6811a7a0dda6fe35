import dataclasses
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import msgspec
import pytest

from doorbuster.drill import reading, report
from doorbuster.drill.measured import MEASURES
from doorbuster.drill.measures import Held, Outcome, StockPoint
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.record import Attempt, Fate, Promise, Record
from doorbuster.drill.target import is_local, require_consent
from doorbuster.drill.verdict import as_json, judge
from doorbuster.drill.witness import Mark, Told, Waits, Witness
from doorbuster.errors import Misconfigured

SALE = SaleFacts(id="s", handle="s", sku="LAMP", opens_at=0.0, units=2)
OPENING = reading.load("opening")


def test_a_flawless_drill_holds():
    decided = judge(OPENING, outcome_of())

    assert decided.holds, [line for line in decided.expected if not line.holds]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"stock": [StockPoint(9.0, 1, 0, 1)]}, {"unsold_units"}),
        ({"stock": [StockPoint(9.0, 0, 0, 3)]}, {"oversold_units", "ghost_orders"}),
        ({"findings": ["a hold was acknowledged and does not exist"]}, {"audit_findings"}),
        ({"attempts": [Attempt(0, "home", 1, 1, 1.1, 500, "Status500")]}, {"server_errors"}),
        ({"fates": [Fate(9, "gave_up", 0.0, 1.0, 31.0, hurt=True)]}, {"hurt_share", "unanswered_share"}),
        ({"broken_promises": ["one key, two holds"]}, {"broken_promises"}),
    ],
)
def test_every_kind_of_harm_breaks_the_verdict(change, broken):
    decided = judge(OPENING, outcome_of(**change))

    assert {line.name for line in decided.expected if not line.holds} == broken
    assert not decided.holds


def test_a_sale_to_somebody_who_had_left_is_a_ghost_order():
    assert MEASURES["ghost_orders"].read(outcome_of(stock=[StockPoint(9.0, 0, 0, 2)], paid=1)) == 1


def test_a_leak_shows_in_the_last_fifth_of_a_long_drill_and_filling_caches_are_none():
    filling = [Held(5.0 * n, 100e6 + 50e6 * min(n, 20) / 20, 60) for n in range(100)]
    leaking = [Held(5.0 * n, 100e6 + 1e6 * n, 60 + n) for n in range(100)]

    assert grown(filling) == (0, 0)
    assert grown(leaking) == (pytest.approx(60 / 129.5), pytest.approx(60 / 89.5))
    assert grown(leaking[:50]) == (None, None)


def grown(held):
    outcome = dataclasses.replace(outcome_of(), held_by_shop=held)
    return tuple(MEASURES[name].read(outcome) for name in ("memory_grown_share", "files_grown_share"))


def test_thinking_is_not_the_shops_fault():
    outcome = outcome_of(fates=[Fate(1, "bought", 0.0, claim_planned=10.0, ended=14.0, thought=3.5)])

    assert MEASURES["purchase_p99_seconds"].read(outcome) == 0.5


def test_a_machine_reads_value_and_target_in_the_same_unit():
    rows = msgspec.json.decode(as_json(judge(OPENING, outcome_of())))

    assert {frozenset(row) for row in rows} == {frozenset({"name", "value", "unit", "target", "holds"})}
    assert next(row for row in rows if row["name"] == "no_p99_seconds")["target"] == 1


def test_the_report_needs_nothing_else():
    page = rendered()

    assert not re.search(r"(src|href)\s*=|url\(|@import|<script", page)
    assert "The verdict holds" in page


def test_the_plots_are_well_formed_and_have_words_and_numbers_beside_them():
    page = rendered()
    plots = re.findall(r'<svg class="plot".*?</svg>', page, re.DOTALL)

    assert len(plots) == 5
    assert all(ET.fromstring(plot).get("aria-label") for plot in plots)
    assert page.count("The numbers behind it") == 5


def test_what_the_auditor_says_is_shown_as_text():
    page = rendered(findings=["<script>alert(1)</script>"])

    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_shop_elsewhere_needs_its_name_typed():
    assert is_local("http://127.0.0.1:8000")
    assert is_local("http://localhost")
    require_consent("http://127.0.0.1:8000", lambda _: "")
    require_consent("https://shop.example", lambda _: "shop.example")
    with pytest.raises(Misconfigured, match=r"shop\.example was not confirmed"):
        require_consent("https://shop.example", lambda _: "yes")


SICK = [
    *(Attempt(n, "home", 2.0, 2.0, 2.1, 200, "Ok") for n in range(100)),
    *(Attempt(n, "home", 10.0, 10.0, 10.2, 503, "Status503") for n in range(40)),
    *(Attempt(n, "home", 28.0, 28.0, 35.0, 200, "Ok") for n in range(40, 60)),
    *(Attempt(n, "home", 14.0, 14.0, 14.1, 200, "Ok") for n in range(60, 100)),
]
SICK_PEOPLE = [Fate(n, "looked", 0.0, hurt=n < 60) for n in range(100)]
DROPPED = Mark(9.0, "fault", "drop-index", "missing_index", 20.0)


@pytest.mark.parametrize(
    ("incident", "off"),
    [
        (Told(1, "missing_index", 11.2, 13.0, 25.0, 100, 60), (1.0, 0.0, 0)),
        (Told(1, "web_cpu", 21.2, 22.0, 30.0, 200, 30), (11.0, 0.45, 1)),
        (None, (float("inf"), float("inf"), 1)),
    ],
)
def test_what_the_incident_says_is_held_against_what_the_crowd_felt(incident, off):
    """Four people of ten meet an error at 10.2; two begin to wait seven seconds at 28."""
    witness = Witness([DROPPED], diagnosed=True, alerting=True, incident=incident)
    outcome = dataclasses.replace(outcome_of(), record=Record(SICK, fates=SICK_PEOPLE), witness=witness)

    names = ("incident_beginning_off", "incident_share_off", "incident_cause_wrong")
    assert [MEASURES[name].read(outcome) for name in names] == pytest.approx(list(off))


def test_a_share_of_a_handful_of_people_is_not_judged():
    told = Told(1, "missing_index", 11.2, 13.0, 25.0, 10, 6)
    witness = Witness([DROPPED], diagnosed=True, alerting=True, incident=told)
    few = [each for each in SICK if each.shopper % 10 == 0]
    outcome = dataclasses.replace(outcome_of(), record=Record(few, fates=SICK_PEOPLE[::10]), witness=witness)

    assert MEASURES["incident_share_off"].read(outcome) is None
    assert MEASURES["incident_beginning_off"].read(outcome) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "waits",
    [[Waits(1.0, {}), Waits(1.5, {})], []],
    ids=["a database that was idle whenever it was looked at", "nothing seen at all"],
)
def test_a_drill_of_which_next_to_nothing_was_seen_is_judged_and_reported(waits):
    outcome = Outcome(sale=SALE, opened_at=5.0, record=Record(), stock=[], findings=[], witness=Witness(waits=waits))
    decided = judge(OPENING, outcome)

    assert "Units left" in report.render(OPENING, outcome, decided, datetime(2026, 1, 1, tzinfo=UTC), {})


def test_a_share_of_people_is_not_judged_over_a_few_seconds():
    brief = Record(SICK[:140], fates=SICK_PEOPLE)
    witness = Witness(
        [DROPPED], diagnosed=True, alerting=True, incident=Told(1, "missing_index", 11.2, 13.0, 25.0, 10, 6)
    )
    outcome = dataclasses.replace(outcome_of(), record=brief, witness=witness)

    assert MEASURES["incident_share_off"].read(outcome) is None


def test_an_alert_that_calls_somebody_before_anything_is_broken_is_a_false_page():
    marks = [Mark(3.0, "alert", "DiskLow"), Mark(4.0, "alert", "CustomersHurt", pages=True), DROPPED,
             Mark(12.0, "alert", "DatabaseSlow", pages=True)]  # fmt: skip
    outcome = dataclasses.replace(outcome_of(), witness=Witness(marks, alerting=True))

    assert MEASURES["false_pages"].read(outcome) == 1


def outcome_of(*, paid=2, stock=None, findings=(), attempts=(), fates=(), broken_promises=()):
    """An outcome in which two units went to two of three shoppers, with changes."""
    fine = [Attempt(n, "hold", 5.0, 5.0, 5.01, 201, "Held") for n in range(2)]
    fine += [Attempt(2, "hold", 5.0, 5.0, 5.02, 409, "SoldOut"), Attempt(2, "home", 1.0, 1.0, 1.01, 200, "Ok")]
    people = [Fate(n, "bought", 0.5, 5.0, 5.3) for n in range(2)] + [Fate(2, "told_sold_out", 0.7, 5.0, 5.1)]
    promises = [Promise(n, what, f"{what}-{n}", "k", 5.3) for n in range(paid) for what in ("hold", "order", "paid")]
    record = Record([*fine, *attempts], promises, [*people, *fates], list(broken_promises))
    curve = stock or [StockPoint(0.0, 2, 0, 0), StockPoint(5.2, 0, 2, 0), StockPoint(6.0, 0, 0, 2)]
    return Outcome(sale=SALE, opened_at=5.0, record=record, stock=curve, findings=list(findings))


def rendered(**changes):
    outcome = outcome_of(**changes)
    return report.render(OPENING, outcome, judge(OPENING, outcome), datetime(2026, 1, 1, tzinfo=UTC), {"seed": "1"})
