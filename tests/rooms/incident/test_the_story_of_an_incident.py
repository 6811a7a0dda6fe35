"""An incident opens by itself, is worked, is resolved, and its postmortem reads right; all without PostgreSQL."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from doorbuster.clock import ManualClock
from doorbuster.database.plan import Step
from doorbuster.incident import incident, items, postmortem, timeline
from doorbuster.incident.clocks import clocks_of
from doorbuster.incident.incident import Incident
from doorbuster.incident.keeper import AFTERWARDS_SECONDS, NAMING_SECONDS, QUIET_SECONDS, Keeper, Senses
from doorbuster.incident.timeline import Told
from doorbuster.journal import Actor, EventLog, Line, append, open_event_log
from doorbuster.on_call import people
from doorbuster.watch.changes import Change
from doorbuster.watch.diagnosis import Diagnosis, records
from doorbuster.watch.diagnosis.doctor import Evidence as Frozen
from doorbuster.watch.diagnosis.examination import Examination, Scan
from doorbuster.watch.series import Series, open_series
from doorbuster.watch.signals import Tick
from doorbuster.watch.visitors import Lookout, VisitorBook
from doorbuster.web.pages import moment_of

T0 = 1_800_000_000
BEGAN, DETECTED, NAMED = T0 + 100, T0 + 108, T0 + 120
PERSON = Actor("Augusta", "operator")
SAID = Diagnosis(
    at=NAMED, onset=BEGAN, cause="missing_index", subject="products_search", trigger="index dropped: products_search",
    share=0.9, headline="Sequential scans on products; add index products_search", evidence=("400,000 rows a second",),
    not_because=("Web workers: 20 % busy. Restarting them will not help.",), remedy="Build the index.",
    lever="/guard", team="database",
)  # fmt: skip


@dataclass(frozen=True)
class Alert:
    rule: str = "CustomersHurt"
    subject: str = ""
    since: int = BEGAN
    team: str = "web"
    summary: str = "Half of the answers hurt somebody."


class Night:
    """A shop that gets ill at BEGAN, and its keeper."""

    def __init__(self, log: EventLog, series: Series) -> None:
        self.log, self.series, self.now = log, series, T0
        self.visitors = VisitorBook()
        self.firing: tuple[Alert, ...] = ()
        self.said: Diagnosis | None = None
        self.was: Diagnosis | None = None
        self.paged: list[Incident] = []
        self.worse: list[bool] = []

        async def notify(it: Incident, worse: bool) -> None:
            self.paged.append(it)
            self.worse.append(worse)

        self.keeper = Keeper(
            log,
            Senses(
                lambda: self.firing,
                lambda: self.said,
                lambda: self.said or self.was,
                series,
                self.visitors,
                notify,
                lambda _: None,
                lambda: None,
            ),
        )

    def live(self, until: int, hurt: float) -> None:
        for at in range(self.now, until):
            self.series.add(Tick(at, {"hurt.share": hurt, "http.requests": 80.0, "http.p95": 4.0, "sale.open": 1.0}))
            lookout = Lookout(ManualClock(moment_of(at)))
            for number in range(5):
                # Each comes again after ten seconds; of ten people six are hurt, and those meet it every time.
                lookout.saw(f"visitor {at % 10 * 5 + number}", hurt > 0 and number < 3)
            self.visitors.add(lookout.tell())
        self.now = until

    async def until_named(self) -> Incident:
        self.live(BEGAN, 0.0)
        self.live(DETECTED, 0.6)
        self.series.note(Change(BEGAN - 3, "index_dropped", "products_search"))
        self.firing = (Alert(),)
        await self.keeper.beat(self.now)
        self.live(NAMED, 0.6)
        self.said = SAID
        await self.keeper.beat(self.now)
        return incident.open_ones(self.log)[0]


@pytest.fixture
def night(tmp_path: Path):
    with open_event_log(tmp_path) as log, open_series(tmp_path / "series.sqlite", T0) as series:
        yield Night(log, series)


async def test_it_opens_by_itself_once_and_knows_when_it_began(night: Night) -> None:
    it = await night.until_named()

    assert len(incident.newest(night.log)) == 1
    assert (it.impact_at, it.detected_at, it.named_at) == (BEGAN, DETECTED, NAMED)
    assert (it.severity, it.sale_running, it.cause, it.team) == (1, True, "missing_index", "database")


async def test_the_on_call_of_the_cause_is_paged_when_it_is_named_and_nobody_else(night: Night) -> None:
    await night.until_named()

    assert [page.team for page in night.paged] == ["database"]


async def test_who_took_it_is_paged_again_when_it_becomes_worse_and_not_at_every_step(night: Night) -> None:
    night.live(BEGAN, 0.0)
    night.live(DETECTED, 0.02)
    night.firing, night.said = (Alert(),), SAID
    await night.keeper.beat(night.now)
    it = incident.open_ones(night.log)[0]
    incident.move(night.log, it.id, "acknowledged", PERSON, night.now)
    for hurt, seconds in ((0.02, 5), (0.06, 5), (0.6, 60), (0.7, 90)):
        night.live(night.now + seconds, hurt)
        await night.keeper.beat(night.now)
    lines = [line.text for line in timeline.lines_of(night.log, it.id) if "paged again" in line.text]

    assert night.worse == [False, True]
    assert [paged.severity for paged in night.paged] == [3, 1]
    assert len(lines) == 1


async def test_a_trouble_that_stays_without_a_name_is_told_all_the_same(night: Night) -> None:
    night.live(DETECTED, 0.6)
    night.firing = (Alert(),)
    await night.keeper.beat(night.now)
    at_once = [page.team for page in night.paged]
    night.live(night.now + NAMING_SECONDS, 0.6)
    await night.keeper.beat(night.now)

    assert (at_once, [page.team for page in night.paged]) == ([], ["web"])


async def test_what_was_diagnosed_until_just_before_the_alert_names_the_incident(night: Night) -> None:
    night.live(DETECTED, 0.02)
    night.firing, night.was = (Alert(),), SAID
    await night.keeper.beat(night.now)

    [it] = incident.open_ones(night.log)
    assert (it.cause, it.team, it.title) == (SAID.cause, "database", SAID.headline)


async def test_an_alert_that_outlives_its_resolved_incident_hides_no_new_one(night: Night) -> None:
    first = await night.until_named()
    incident.move(night.log, first.id, "resolved", PERSON, night.now)
    night.firing, night.said = (Alert(), Alert(rule="DatabaseDown", since=NAMED + 20)), None
    night.live(NAMED + 30, 0.6)
    await night.keeper.beat(night.now)

    [second] = incident.open_ones(night.log)
    assert second.id != first.id
    assert incident.must(night.log, first.id).state == "resolved"


async def test_who_resolves_an_incident_while_its_alert_still_fires_is_believed(night: Night) -> None:
    first = await night.until_named()
    incident.move(night.log, first.id, "resolved", PERSON, night.now)
    night.said = replace(SAID, headline="Query other waits for a lock", cause="lock_contention")
    await night.keeper.beat(night.now)

    assert incident.open_ones(night.log) == []
    assert incident.must(night.log, first.id).cause == "missing_index"


async def test_the_story_gathers_itself_once_and_without_names(night: Night) -> None:
    it = await night.until_named()
    append(night.log, Line(at=moment_of(NAMED), actor="Augusta", role="operator", verb="lane.set",
                           subject="lane:search",
                           detail={"reason": "take load off"}))  # fmt: skip
    for _ in range(3):
        await night.keeper.beat(night.now)
    lines = timeline.lines_of(night.log, it.id)

    told = [(line.source, line.text) for line in lines]
    assert ("schema", "Index products_search is gone.") in told
    assert ("alert", "CustomersHurt: Half of the answers hurt somebody.") in told
    assert ("lever", "lane search: set (take load off)") in told
    assert len(told) == len(set(told))
    assert not any("Augusta" in line.text + line.role for line in lines)


async def test_curves_are_frozen_beside_the_lines(night: Night) -> None:
    it = await night.until_named()
    night.live(NAMED + 62, 0.6)
    await night.keeper.beat(night.now)

    frozen = [line for line in timeline.lines_of(night.log, it.id) if line.evidence.curves]
    assert frozen
    assert max(value for _, value in frozen[0].evidence.curves[0].points) == pytest.approx(0.6)


async def test_the_end_is_proposed_and_never_declared(night: Night) -> None:
    it = await night.until_named()
    night.firing, night.said = (), None
    night.live(NAMED + QUIET_SECONDS + 60, 0.0)
    await night.keeper.beat(night.now)

    assert any("resolve it, if you think so too" in line.text for line in timeline.lines_of(night.log, it.id))
    assert incident.must(night.log, it.id).is_open


async def worked(night: Night) -> Incident:
    it = await night.until_named()
    for state, at in (("acknowledged", NAMED + 5), ("mitigated", NAMED + 60), ("resolved", NAMED + 300)):
        incident.move(night.log, it.id, state, PERSON, at)  # type: ignore[arg-type]
    timeline.add(night.log, it.id, Told(NAMED + 10, "note", "Augusta restarted the web servers.", "operator", "n"))
    line = next(each for each in timeline.lines_of(night.log, it.id) if each.source == "note")
    timeline.mark_wrong(night.log, it.id, line.id, "it did not help")
    incident.assign(night.log, it.id, "commander", "Augusta", actor=PERSON, at=NAMED + 6)
    night.live(NAMED + 310, 0.0)
    night.firing, night.said = (), None
    await night.keeper.beat(night.now)
    return incident.must(night.log, it.id)


async def test_the_postmortem_is_there_within_a_minute_and_its_facts_are_right(night: Night) -> None:
    it = await worked(night)
    doc = postmortem.document(night.log, it)
    assert doc is not None
    written = postmortem.markdown(doc)

    assert doc.generated_at - NAMED - 300 <= 60
    for heading in ("Introduction", "Issue Summary", "Timeline", "Root Cause and Resolution",
                    "Corrective and Preventative Measures", "Action Items"):  # fmt: skip
        assert f"## {heading}\n" in written
    assert "60 % of visitors were hurt (30 of 50)" in written
    assert "Just before, the index products_search was dropped." in written
    assert "a wrong path: it did not help" in written
    assert {curve.name for curve in doc.curves} >= {"hurt.share", "http.requests"}


async def test_the_postmortem_names_roles_and_not_people(night: Night) -> None:
    doc = postmortem.document(night.log, await worked(night))

    assert doc is not None
    assert "Augusta" not in postmortem.markdown(doc)
    assert "the commander restarted the web servers" in postmortem.markdown(doc)


async def test_the_clocks_tell_what_was_recorded(night: Night) -> None:
    readings = {each.name: (each.state, each.seconds) for each in clocks_of(await worked(night))}

    assert readings == {
        "detect": ("recorded", 8), "acknowledge": ("recorded", 17), "name the cause": ("recorded", 12),
        "mitigate": ("recorded", 72), "resolve": ("recorded", 312),
    }  # fmt: skip


async def test_it_is_reviewed_only_with_a_drill_or_a_reason(night: Night) -> None:
    it = await worked(night)

    assert "no drill yet" in str(incident.move(night.log, it.id, "reviewed", PERSON, night.now))
    incident.settle_drill(night.log, it.id, drill="incident-1")
    assert isinstance(incident.move(night.log, it.id, "reviewed", PERSON, night.now), Incident)


def test_an_item_is_verified_by_its_proof_alone_and_falls_back_with_it(night: Night) -> None:
    it = incident.open_by(night.log, PERSON, "a trouble", T0)
    items.add(night.log, it.id, "Add the index", "prevent", proof="drill:x", done_at=T0)
    good = [items.Measured("hurt_share", 0.0, "share", 0.02, True)]
    bad = [items.Measured("hurt_share", 0.6, "share", 0.02, False)]

    def state(now: int) -> tuple[str, bool]:
        item = items.board(night.log, now)[0]
        return item.state, item.rotted

    items.record_run(night.log, "drill:x", items.run_of(good, T0))
    assert state(T0) == ("done", False), "what never failed proves nothing"
    items.record_run(night.log, "drill:x", items.run_of(bad, T0 - 10))
    assert state(T0) == ("verified", False)
    assert state(T0 + items.STALE_SECONDS + 1) == ("done", True)
    items.record_run(night.log, "drill:x", items.run_of(bad, T0 + 10))
    assert state(T0 + 10) == ("done", True)


def test_a_restart_loses_no_line(tmp_path: Path) -> None:
    with open_event_log(tmp_path) as log:
        it = incident.open_by(log, PERSON, "a trouble", T0)
        timeline.add(log, it.id, Told(T0, "note", "it smells of smoke", "operator"))
    with open_event_log(tmp_path) as log:
        assert [line.text for line in timeline.lines_of(log, it.id)][-1] == "it smells of smoke"


def test_merged_and_split_stories_are_told_where_they_belong(night: Night) -> None:
    one, two = (incident.open_by(night.log, PERSON, title, T0) for title in ("one", "two"))
    timeline.add(night.log, two.id, Told(T0, "note", "the same thing", "operator"))

    assert incident.merge(night.log, two.id, one.id, PERSON, T0) == ""
    assert "the same thing" in [line.text for line in timeline.lines_of(night.log, one.id)]
    assert incident.merge(night.log, two.id, one.id, PERSON, T0)
    assert incident.split(night.log, one.id, "three", PERSON, T0).title == "three"


async def test_a_cause_that_is_named_for_a_moment_does_not_take_the_place_of_one_that_stood(night: Night) -> None:
    it = await night.until_named()
    causes = []
    for seconds, cause in ((5, "missing_index"), (2, "connection_exhaustion"), (10, "connection_exhaustion")):
        night.said = replace(SAID, cause=cause, headline=f"It is {cause}")
        for _ in range(seconds):
            await night.keeper.beat(night.now)
        causes.append(incident.must(night.log, it.id).cause)

    assert causes == ["missing_index", "missing_index", "connection_exhaustion"]


async def test_of_two_troubles_the_cause_is_the_one_for_which_most_was_waited(night: Night) -> None:
    it = await night.until_named()
    for cause, waiting, seconds in (("lock_contention", 12.0, 5), ("connection_exhaustion", 0.5, 20)):
        night.said = replace(SAID, cause=cause, headline=f"It is {cause}", waits=(("lock", waiting),))
        for _ in range(seconds):
            await night.keeper.beat(night.now)

    assert incident.must(night.log, it.id).cause == "lock_contention"


async def test_the_steps_are_those_that_mend_it_now(night: Night) -> None:
    it = await night.until_named()
    for pid in (7, 9):
        steps = (f"end session {pid} --of psql",)
        night.said = replace(SAID, headline=SAID.headline, steps=steps, waits=(("lock", 5.0),))
        await night.keeper.beat(night.now)

        assert incident.must(night.log, it.id).said.steps == steps


async def test_a_trouble_is_told_with_the_figures_of_its_worst_and_not_of_its_end(night: Night) -> None:
    night.live(DETECTED, 0.6)
    night.firing = (Alert(),)
    for waiting, figure in ((2.0, "80 ms"), (20.0, "900 ms"), (4.0, "100 ms")):
        night.said = replace(
            SAID, evidence=(figure,), waits=(("database", waiting),), headline=f"A call takes {figure}"
        )
        await night.keeper.beat(night.now)
    it = incident.open_ones(night.log)[0]

    assert (it.said.evidence, it.title) == (("900 ms",), "A call takes 900 ms")
    assert it.named_at == DETECTED


async def test_what_was_said_of_an_incident_that_is_over_is_no_line_of_the_next(night: Night) -> None:
    records.keep(night.log, Frozen(SAID, (Tick(NAMED, {"http.p95": 4.0}),), (), Examination(), ()))
    first = await night.until_named()
    await night.keeper.beat(night.now)
    incident.move(night.log, first.id, "resolved", PERSON, night.now)
    night.said, night.firing = None, ()
    night.live(night.now + 20, 0.0)
    second = incident.open_by(night.log, PERSON, "another trouble", night.now)
    await night.keeper.beat(night.now)

    told = [[line.text for line in timeline.lines_of(night.log, it.id)] for it in (first, second)]
    assert [SAID.headline in lines for lines in told] == [True, False]


async def test_what_still_fires_when_it_is_resolved_is_not_another_incident_unless_it_stays(night: Night) -> None:
    it = await night.until_named()
    night.firing = (Alert(), Alert("LatencyHigh", since=BEGAN + 3))
    incident.move(night.log, it.id, "resolved", PERSON, night.now)
    night.firing = (Alert("LatencyHigh", since=BEGAN + 3),)
    night.live(night.now + AFTERWARDS_SECONDS - 1, 0.02)
    await night.keeper.beat(night.now)
    afterwards = len(incident.newest(night.log))
    night.live(night.now + 1, 0.02)
    await night.keeper.beat(night.now)

    assert (afterwards, len(incident.newest(night.log))) == (1, 2)


async def test_what_begins_after_it_was_resolved_is_another_incident_at_once(night: Night) -> None:
    it = await night.until_named()
    incident.move(night.log, it.id, "resolved", PERSON, night.now)
    night.live(night.now + 5, 0.6)
    night.firing = (Alert(since=night.now),)
    await night.keeper.beat(night.now)

    assert len(incident.newest(night.log)) == 2


async def test_a_cause_that_is_known_before_the_alert_pages_its_own_team(night: Night) -> None:
    night.live(DETECTED, 0.6)
    night.firing, night.said = (Alert(),), SAID

    await night.keeper.beat(night.now)

    assert [(it.cause, it.team) for it in night.paged] == [("missing_index", "database")]


def test_names_in_notes_and_titles_are_roles_in_the_postmortem(night: Night) -> None:
    people.add_person(night.log, PERSON, "Beatrice Hall", moment_of(T0))
    it = incident.open_by(night.log, PERSON, "Beatrice dropped the index", T0)
    incident.assign(night.log, it.id, "commander", "Augusta King", actor=PERSON, at=T0)
    timeline.add(night.log, it.id, Told(T0, "note", "Augusta King asked Beatrice to restart the workers", "operator"))
    incident.move(night.log, it.id, "resolved", PERSON, T0 + 60)
    postmortem.write(night.log, incident.must(night.log, it.id), night.series.read, T0 + 60)
    doc = postmortem.document(night.log, incident.must(night.log, it.id))
    assert doc is not None
    text = postmortem.markdown(doc)

    assert "the commander asked the on-call to restart the workers" in text
    assert not [name for name in ("Augusta", "Beatrice", "King", "Hall") if name in text]


async def test_the_plan_that_the_diagnosis_froze_is_evidence_and_stands_drawn_in_the_postmortem(night: Night) -> None:
    it = await night.until_named()
    scan = Scan("products", 400_000.0, "search @@ to_tsquery($1)")
    tree = Step("Limit", 24.0, 5_010.0, children=(Step("Seq Scan products", 400_000.0, 5_000.0, ("Filter: search",)),))
    examined = Examination({"search_products": (scan,)}, plans={"search_products": tree})
    records.keep(night.log, Frozen(SAID, (), (), examined, ()))
    await night.keeper.beat(night.now)
    incident.move(night.log, it.id, "resolved", PERSON, night.now + 10)
    await night.keeper.beat(night.now + 10)
    plans = [line.evidence for line in timeline.lines_of(night.log, it.id) if line.evidence.plan]
    doc = postmortem.document(night.log, incident.must(night.log, it.id))
    assert doc is not None

    reads = "search_products reads products from end to end, 400,000 rows, for search @@ to_tsquery($1)."
    assert [(each.plan, each.trees) for each in plans] == [(reads, {"search_products": tree})]
    assert reads in postmortem.markdown(doc)
    assert "How PostgreSQL would run search_products" in postmortem.markdown(doc)
    assert "└─ Seq Scan products  (400,000 rows, cost 5,000)  ← here" in postmortem.markdown(doc)


async def test_curves_are_frozen_beside_a_plan_that_was_there_before_them(night: Night) -> None:
    it = await night.until_named()
    tree = Step("Seq Scan products", 400_000.0, 5_000.0)
    scan = Scan("products", 400_000.0)
    records.keep(
        night.log, Frozen(SAID, (), (), Examination({"search_products": (scan,)}, plans={"search_products": tree}), ())
    )
    await night.keeper.beat(night.now)
    night.live(night.now + 62, 0.6)
    await night.keeper.beat(night.now)

    [line] = [each for each in timeline.lines_of(night.log, it.id) if each.evidence.trees]
    assert line.evidence.curves
