"""A drill that is written from an incident has what was measured in it: crowd, indexes, the size of the shop."""

from dataclasses import replace
from pathlib import Path

from doorbuster.drill import reading
from doorbuster.guard import levers
from doorbuster.guard.policy import BrownOutSetting, GateSetting, LaneSetting, Limit
from doorbuster.incident import replay
from doorbuster.incident.incident import Diagnosed
from doorbuster.journal import Actor, open_event_log
from doorbuster.web.pages import moment_of
from tests.rooms.incident.test_writing import IT, T0

SAID = Diagnosed(
    cause="missing_index", trigger="index dropped: products_search",
    headline="Sequential scans on products by query search_products; add index products_newest",
    evidence=(
        "The plan of search_products reads products from end to end, 118,400 rows, for search.",
        "The index products_newest on products is missing.", "The index products_search on products is missing.",
    ),
)  # fmt: skip
RECORDED = replace(IT, said=SAID, visitors_seen=300, visitors_hurt=200)


def read(name: str, since: int, until: int) -> list[tuple[int, float]]:
    """Sixty requests a second before it began, and while it lasted."""
    return [(at, 60.0) for at in range(since, until + 1)] if name == "http.requests" else []


def test_the_index_that_was_dropped_is_dropped_again_and_as_it_was_all_are_missing() -> None:
    drill = replay.drill_of(RECORDED, read)
    scenario = reading.parse(drill, "incident-7.toml", "incident-7")

    assert [(fault.kind, fault.what) for fault in scenario.when.faults] == [("drop-index", "products_search")]
    assert 'without_indexes = ["products_search", "products_newest"]' in drill


def test_as_it_was_nothing_is_dropped_that_is_missing_already_and_nothing_is_mended() -> None:
    scenario = reading.parse(replay.drill_of(RECORDED, read), "incident-7.toml", "incident-7")

    assert reading.as_it_was(scenario).when.faults == []
    assert reading.as_it_was(scenario).given.without_indexes == ["products_search", "products_newest"]


def test_the_shop_is_as_large_as_the_plan_says_it_was() -> None:
    assert "products = 118400\n" in replay.drill_of(RECORDED, read)
    assert "products = 30000\n" in replay.drill_of(replace(RECORDED, said=Diagnosed()), read)


def test_the_crowd_is_as_many_people_as_were_counted() -> None:
    end = T0 + 64
    counted = replay.requests_of_a_visitor(RECORDED, read, end)

    assert round(counted, 1) == round(65 * 60 / 300, 1)
    assert replay.requests_of_a_visitor(replace(RECORDED, visitors_seen=None), read, end) == 8.0
    assert f"{counted:.1f} of each visitor" in replay.drill_of(RECORDED, read)


def test_the_levers_that_were_in_force_when_it_began_are_pulled_again(tmp_path: Path) -> None:
    actor = Actor("Augusta", "operator")
    limit = Limit(rate=2.5, burst=5, network_rate=20.0, network_burst=40, enforced=False)
    with open_event_log(tmp_path) as log:
        for name, setting in (("gate", GateSetting(on=False)), ("lane:search", LaneSetting()), ("browse", limit),
                              ("brownout", BrownOutSetting(2))):  # fmt: skip
            levers.pull(log, actor, name, setting, reason="a test", now=moment_of(T0 - 60), lasts=None)
        levers.pull(log, actor, "gate", GateSetting(on=True), reason="a step", now=moment_of(T0 + 9), lasts=None)
        drill = replay.drill_of(RECORDED, read, replay.levers_of(log, RECORDED))
    then = reading.as_it_was(reading.parse(drill, "incident-7.toml", "incident-7")).given.commands

    assert [words.partition(" --reason")[0] for words in then] == [
        "brownout set 2", "limit set browse --rate 2.5 --burst 5 --network-rate 20 --network-burst 40 --count-only",
        "lane gate off", "lane close search",
    ]  # fmt: skip
