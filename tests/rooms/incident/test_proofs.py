"""A proof is what drills and reviews really wrote: found by its name, held against what is expected, run again."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from doorbuster.drill import reading, runs
from doorbuster.incident import alert_proof, importing, incident, items, postmortem, proofs, proving
from doorbuster.incident.items import Item
from doorbuster.incident.proving import Chances, Prover
from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.review import commands as review
from doorbuster.review.findings import Finding, Level
from doorbuster.review.result import Result
from doorbuster.web.pages import moment_of
from tests.house.rooms import ROOT
from tests.planted_queries import __main__ as planted

NOW = 1_800_000_000
PERSON = Actor("Augusta", "operator")
FOUNDING = "2024-06-18-flash-sale"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with open_event_log(tmp_path) as opened:
        yield opened


def promised(log: EventLog, proof: str) -> int:
    it = incident.open_by(log, PERSON, "The search is slow", NOW)
    items.add(log, it.id, f"Keep it quick ({proof})", "prevent", proof=proof, done_at=NOW)
    return it.id


def item(log: EventLog, now: int = NOW) -> Item:
    return items.board(log, now)[0]


def played(home: Path, name: str, hurt: float, at: int = NOW, **more: object) -> None:
    expected = reading.load(name.removesuffix(proofs.AS_IT_WAS)).then["hurt_share"].most or 0.0
    measured = [
        runs.Measured("hurt_share", "Hurt", "share", hurt, bound=expected, holds=hurt <= expected),
        runs.Measured("answer_p99_seconds", "p99", "s", 9.0),
    ]
    run = runs.Run(name=name, title="", at=moment_of(at).isoformat(), commit="c0ffee", holds=hurt <= expected,
                   measured=measured, **more)  # type: ignore[arg-type]  # fmt: skip
    runs.remember(run, home)


def test_the_files_are_those_that_drills_and_reviews_write() -> None:
    assert proofs.file_of("drill:opening") == "drill-opening.json"
    assert proofs.file_of("drill:opening", as_it_was=True) == "drill-opening-as-it-was.json"
    assert Path("out") / proofs.file_of("review:house") == review.OUT
    assert Path("out") / proofs.file_of("review:review") == planted.OUT


def test_every_proof_of_the_founding_incident_is_something_that_runs() -> None:
    text = (ROOT / "docs" / "postmortems" / f"{FOUNDING}.md").read_text()
    named = [proof for *_, proof, _ in importing.read(text).promised if proof]

    assert named
    assert not [proof for proof in named if not proof.startswith("review:") and proof[6:] not in reading.names()]


def test_a_review_says_for_each_rule_how_many_breaches_there_are() -> None:
    breach = Finding("sequential_scan", Level.BREACH, "search", "", 0, "reads all of it", "add an index")
    good, bad = (
        items.read_results(Result().measurements()),
        items.read_results(Result(findings=[breach]).measurements()),
    )

    assert isinstance(good, list)
    assert isinstance(bad, list)
    assert items.run_of(good, NOW).holds
    assert items.run_of(bad, NOW).detail == "2 measurements, 2 missed: breaches, sequential_scan"


def test_what_was_played_with_this_home_counts_without_being_told(log: EventLog, tmp_path: Path) -> None:
    promised(log, f"drill:{FOUNDING}")
    played(tmp_path, FOUNDING, hurt=0.01)
    proofs.from_history(log, tmp_path)
    before = item(log).state
    played(tmp_path, FOUNDING + proofs.AS_IT_WAS, hurt=0.6, at=NOW + 60)
    proofs.from_history(log, tmp_path)

    assert (before, item(log).state) == ("done", "verified")
    assert proofs.from_history(log, tmp_path) == 0


def test_a_drill_that_passes_as_it_was_too_proves_nothing(log: EventLog, tmp_path: Path) -> None:
    promised(log, f"drill:{FOUNDING}")
    played(tmp_path, FOUNDING, hurt=0.01)
    played(tmp_path, FOUNDING + proofs.AS_IT_WAS, hurt=0.02)
    proofs.from_history(log, tmp_path)

    assert item(log).state == "done"


def test_an_item_falls_back_when_its_drill_fails_and_not_when_it_was_skipped(log: EventLog, tmp_path: Path) -> None:
    promised(log, f"drill:{FOUNDING}")
    played(tmp_path, FOUNDING + proofs.AS_IT_WAS, hurt=0.6, at=NOW - 10)
    played(tmp_path, FOUNDING, hurt=0.01)
    played(tmp_path, FOUNDING, hurt=0.9, at=NOW + 1, skipped="one core")
    played(tmp_path, FOUNDING, hurt=0.9, at=NOW + 2, saturated=True)
    proofs.from_history(log, tmp_path)
    proved = item(log)
    played(tmp_path, FOUNDING, hurt=0.9, at=NOW + 3)
    proofs.from_history(log, tmp_path)

    assert (proved.state, proved.rotted) == ("verified", False)
    assert (item(log).state, item(log).rotted) == ("done", True)


def test_a_file_of_a_run_that_is_remembered_is_not_counted_twice(log: EventLog, tmp_path: Path) -> None:
    promised(log, f"drill:{FOUNDING}")
    file = tmp_path / proofs.file_of(f"drill:{FOUNDING}")
    file.write_bytes(msgspec.json.encode([
        {"name": "hurt_share", "value": 0.0, "unit": "share", "target": 0.02, "holds": True},
        {"name": "answer_p99_seconds", "value": None, "unit": "s", "target": None, "holds": None},
    ]))  # fmt: skip
    played(tmp_path, FOUNDING, hurt=0.0, at=int(file.stat().st_mtime) - 1)
    proofs.from_history(log, tmp_path)
    run, new = proofs.from_file(log, f"drill:{FOUNDING}", file)

    assert (run.holds, new, len(item(log).runs)) == (True, False, 1)


def test_an_alert_is_tried_on_what_was_measured_during_the_incident(log: EventLog) -> None:
    number = promised(log, "alert:CustomersHurt")
    nothing = alert_proof.tried(log, "CustomersHurt", number, NOW)
    curve = {"hurt.share": 0.6, "http.requests": 80.0, "http.errors": 50.0}
    postmortem.write(log, incident.must(log, number), lambda name, since, until: [
        (at, curve.get(name, 0.0)) for at in range(NOW - 60, NOW + 1)
    ], NOW)  # fmt: skip
    found = alert_proof.tried(log, "CustomersHurt", number, NOW)
    unknown = alert_proof.tried(log, "NoSuchAlert", number, NOW)

    assert nothing == alert_proof.NOTHING_KEPT
    assert not isinstance(found, str)
    assert found.holds, found.detail
    assert not isinstance(unknown, str)
    assert not unknown.holds


async def beaten(log: EventLog, home: Path, *, every: float = 86_400.0, quiet: bool = True, settled: bool = True):
    prover = Prover(log, home, Chances(every, lambda: quiet))
    return await prover.beat(NOW + 90_000, settled=settled)


async def test_nothing_runs_by_itself_while_customers_might_notice(log: EventLog, tmp_path: Path) -> None:
    promised(log, "alert:CustomersHurt")

    assert await beaten(log, tmp_path, quiet=False) is None
    assert await beaten(log, tmp_path, settled=False) is None
    assert await beaten(log, tmp_path, every=0.0) is None


async def test_one_proof_runs_at_a_time_and_the_one_that_waited_longest(log: EventLog, tmp_path: Path) -> None:
    promised(log, "alert:CustomersHurt")
    promised(log, "alert:ShopDown")
    in_turn = [await beaten(log, tmp_path) for _ in range(3)]

    assert in_turn == ["alert:CustomersHurt", "alert:ShopDown", None]
    assert item(log).unproved_because == alert_proof.NOTHING_KEPT


async def test_a_drill_that_cannot_be_played_says_why_on_the_board(log: EventLog, tmp_path: Path) -> None:
    promised(log, "drill:no-such-drill")
    await beaten(log, tmp_path)

    assert "there is no drill called 'no-such-drill'" in item(log).unproved_because
    assert item(log).state == "done"


def test_the_reason_is_the_fault_that_was_named_and_not_the_words_of_the_drills_shop(tmp_path: Path) -> None:
    said = tmp_path / "last.txt"
    said.write_text(
        "Opening a shop ...\ndoorbuster: the shop did not open; it said:\nfirst operator: http://x/links/1\n"
    )

    assert proving._reason(said) == "the shop did not open; it said:"


def test_a_drill_that_was_played_and_says_nothing_has_its_reason_on_the_board(tmp_path: Path) -> None:
    played(tmp_path, FOUNDING, hurt=0.6, saturated=True)
    crowded = proofs.uncounted(tmp_path, f"drill:{FOUNDING}", NOW)
    played(tmp_path, FOUNDING, hurt=0.6, skipped="it needs two cores")

    assert crowded == "the crowd itself was the bottleneck: this machine had too much else to do"
    assert proofs.uncounted(tmp_path, f"drill:{FOUNDING}", NOW) == "it was skipped: it needs two cores"
    assert proofs.uncounted(tmp_path, f"drill:{FOUNDING}", NOW + 10) == ""
