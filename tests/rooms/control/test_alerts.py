"""The page of alerts: what fires stands first, with what to do; silences; runbooks; with PostgreSQL gone."""

import json

from doorbuster.clock import ManualClock
from doorbuster.journal import lines
from doorbuster.watch.rules import RULES
from tests.rooms.control.room import Room
from tests.rooms.watch.ticks import seconds


async def trouble(room: Room, count: int = 40, **values: float) -> None:
    assert isinstance(room.clock, ManualClock)
    book, now = room.house.alerts, int(room.clock.now().timestamp())
    named = {name.replace("_", ".", 1): value for name, value in values.items()}
    for tick in seconds(count, named, since=now + 1):
        room.clock.advance(1)
        await book.tell(book.judge(tick.at, tick), tick.at)


async def test_what_fires_stands_first_with_its_numbers_its_lever_and_its_runbook(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    await trouble(dark_room, hurt_share=0.3)

    page = await ann.get("/alerts")

    assert page.says("CustomersHurt", "30% of the last ten seconds' answers", "Take load off")
    assert 'href="/runbooks/customers-hurt"' in page.text
    assert 'href="/guard/load"' in page.text


async def test_the_overview_shows_what_fires_too(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    await trouble(dark_room, hurt_share=0.3)

    assert (await ann.get("/")).says("CustomersHurt")


async def test_consequences_are_shown_under_the_alert_that_they_follow_from(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    await trouble(dark_room, db_up=0.0, hurt_share=0.9)

    page = await ann.get("/alerts")

    assert page.says("Muted: consequences", "follows from DatabaseDown")
    assert page.text.index("DatabaseDown") < page.text.index("CustomersHurt")


async def test_with_nothing_firing_it_says_so(dark_room: Room) -> None:
    ann = await dark_room.enter("viewer")
    await trouble(dark_room)

    assert (await ann.get("/alerts")).says("Nothing asks for you", f"{len(RULES)} rules")


async def test_an_operator_silences_an_alert_with_a_reason_and_ends_the_silence(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    form = {"rule": "CustomersHurt", "team": "", "subject": "", "minutes": "120", "reason": "a drill"}

    assert (await ann.post("/alerts/silence", form)).status == 303
    assert (await ann.get("/alerts")).says("CustomersHurt", "a drill", "operator")
    assert lines(dark_room.house.event_log)[0].verb == "alert.silence"

    assert (await ann.post("/alerts/silences/1/end")).status == 303
    assert (await ann.get("/alerts")).says("Nothing is silenced.")


async def test_everything_at_once_is_never_silenced(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    form = {"rule": "", "team": "", "subject": "", "minutes": "120", "reason": "I want to sleep"}

    answer = await ann.post("/alerts/silence", form)

    assert answer.status == 422
    assert answer.says("Choose an alert or a team; never everything.")
    assert "I want to sleep" in answer.text


async def test_a_viewer_looks_and_silences_nothing(dark_room: Room) -> None:
    eve = await dark_room.enter("viewer")

    assert (await eve.get("/alerts/silence")).status == 403
    assert not (await eve.get("/alerts")).says("Silence something")


async def test_what_fired_and_passed_is_in_the_history(dark_room: Room) -> None:
    ann = await dark_room.enter("operator")
    await trouble(dark_room, 40, hurt_share=0.3)
    await trouble(dark_room, 90)

    page = await ann.get("/alerts")
    assert page.says("Nothing asks for you", "The last day", "CustomersHurt")
    assert (await ann.get("/alerts?days=31")).says("The last month", "CustomersHurt")


async def test_every_runbook_is_a_page(dark_room: Room) -> None:
    ann = await dark_room.enter("viewer")

    index = await ann.get("/runbooks")
    for rule in RULES:
        assert f'href="/runbooks/{rule.runbook}"' in index.text
    page = await ann.get("/runbooks/sequential-scans")
    assert page.says("SequentialScans", "Meaning", "Impact", "Diagnosis", "Mitigation", "CREATE INDEX CONCURRENTLY")
    assert (await ann.get("/runbooks/nothing-of-the-kind")).status == 404
    assert (await ann.get("/runbooks/..%2Frules")).status == 404


async def test_the_metrics_carry_what_fires_and_what_the_rules_judge(dark_room: Room) -> None:
    await trouble(dark_room, hurt_share=0.3)
    somebody = dark_room.visitor(address="127.0.0.1")

    text = (await somebody.get("/metrics")).text

    assert 'doorbuster_alert_firing{rule="CustomersHurt",severity="page"} 1.0' in text
    assert 'doorbuster_alert_firing{rule="DatabaseDown",severity="page"} 0.0' in text
    assert "doorbuster_hurt_share 0.3" in text
    assert 'doorbuster_signal_downstream_calls_by_peer{peer="payments"} 0.5' in text


async def test_programs_are_told_what_fires_and_strangers_nothing(dark_room: Room) -> None:
    await trouble(dark_room, hurt_share=0.3)

    told = json.loads((await dark_room.visitor(address="127.0.0.1").get("/api/v1/alerts")).text)

    assert [each["severity"] for each in told["alerts"] if each["rule"] == "CustomersHurt"] == ["page"]
    assert (await dark_room.visitor(address="192.0.2.7").get("/api/v1/alerts")).status == 403
