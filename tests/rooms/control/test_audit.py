"""The page of the audit."""

from doorbuster.audit.last import LastAudit, remember
from doorbuster.audit.report import Report, Result
from doorbuster.control.calm import why_not_now
from doorbuster.watch.signals import Tick
from tests.rooms.control.room import Room

SOUND = Result("limits", "nobody got more than one customer may", 7, "customers", 0, ())
DRIFT = Result(
    "pools_oversold", "no pool sells more than it has", 3, "pools", 21, ("pool 7 of LAMP has 10 but 11 sold",)
)


def audited(room: Room, *results: Result) -> None:
    report = Report(results, 1.5)
    remember(room.settings.home, LastAudit(room.clock.now(), report.clean, report))


async def test_a_clean_audit_reads_as_one_even_without_postgresql(dark_room: Room) -> None:
    audited(dark_room, SOUND)

    page = await (await dark_room.enter("viewer")).get("/audit")

    assert page.says("Every promise holds", "nobody got more than one customer may", "7 customers")
    assert not page.says("Audit now")


async def test_what_disagrees_is_shown_first_with_its_rows(dark_room: Room) -> None:
    audited(dark_room, SOUND, DRIFT)

    page = await (await dark_room.enter("viewer")).get("/audit")

    assert page.says("The books disagree", "1 of 2 checks", "pool 7 of LAMP has 10 but 11 sold", "and 20 more")
    assert page.text.index("no pool sells more") < page.text.index("nobody got more")


async def test_who_asks_is_told_what_the_audit_waits_for_and_the_journal_knows_who_asked(dark_room: Room) -> None:
    operator = await dark_room.enter("operator")

    assert (await operator.post("/audit")).location == "/audit"
    await operator.post("/audit")

    assert (await operator.get("/audit")).says("Not audited yet")
    assert dark_room.house.rounds.asked
    assert [line.actor for line in dark_room.story("audit")] == ["operator"]


def test_the_audit_waits_for_a_database_that_is_away_a_gate_that_sheds_and_customers_who_wait() -> None:
    calm = {"db.up": 1.0, "hurt.share": 0.01, "guard.shed": 0.0, "guard.brownout_step": 0.0}

    assert why_not_now(Tick(1, calm)) == ""
    assert "does not answer" in why_not_now(None)
    for name, value in (("db.up", 0.0), ("hurt.share", 0.1), ("guard.shed", 2.0), ("guard.brownout_step", 1.0)):
        assert why_not_now(Tick(1, {**calm, name: value}))
