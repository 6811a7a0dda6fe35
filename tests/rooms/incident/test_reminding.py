"""Who promised something is reminded, and the company reads by mail what was learnt: once, to a real mail server."""

import quopri
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from doorbuster.incident import importing, incident, items, postmortem
from doorbuster.incident.reminding import Post, Reminder, morning
from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.on_call import people, rota
from doorbuster.on_call.rota import Rotation
from doorbuster.on_call.sending import Sender
from doorbuster.settings import from_environment
from tests.house.rooms import ROOT
from tests.mailbox import Mailbox, mailbox_open

PERSON = Actor("Augusta", "operator")
MONDAY = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
TOMORROW = MONDAY + timedelta(days=1)


class Company:
    """An event log, a mail server, and who reminds."""

    def __init__(self, log: EventLog, mailbox: Mailbox, home: Path, smtp_url: str) -> None:
        self.log, self.mailbox = log, mailbox
        settings = from_environment({"DOORBUSTER_HOME": str(home), "SMTP_URL": smtp_url})
        self.sender = Sender(settings)
        self.post = Post(self.sender.send, (), 7, "http://room.test", "Doorbuster")

    def promise(self, text: str, owner: str, due: str = "2026-11-30") -> None:
        it = incident.open_by(self.log, PERSON, "The search is slow", 1_000)
        assert items.add(self.log, it.id, text, "prevent", owner=owner, due=due) == len(items.board(self.log, 0))

    async def at(self, moment: datetime, digest_to: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Let a beat pass; return what arrived: to whom, and the whole text."""
        self.mailbox.mails.clear()
        await Reminder(self.log, replace(self.post, digest_to=digest_to)).beat(moment)
        return sorted((mail["To"], f"{mail['Subject']}\n{mail.get_payload()}") for mail in self.mailbox.mails)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with mailbox_open() as (mailbox, url), open_event_log(tmp_path) as log:
        made = Company(log, mailbox, tmp_path, url)
        yield made
        made.sender.close()


async def test_an_owner_is_reminded_on_the_day_once_a_week_and_not_before(company: Company) -> None:
    company.promise("Add the index", "bea@shop.example")
    company.promise("Write the runbook", "bea@shop.example", due="2026-12-24")
    early = await company.at(MONDAY - timedelta(days=1))
    [(receiver, text)] = await company.at(MONDAY)
    again = [await company.at(MONDAY + timedelta(hours=hours)) for hours in (1, 24)]

    assert early == []
    assert receiver == "bea@shop.example"
    assert "Add the index" in text
    assert "Write the runbook" not in text
    assert again == [[], []]
    assert len(await company.at(MONDAY + timedelta(days=7))) == 1


async def test_a_teams_item_goes_to_its_on_call_and_nobodys_to_the_digest(company: Company) -> None:
    number = people.add_person(company.log, PERSON, "Max", MONDAY)
    people.add_target(company.log, PERSON, "Max", "max@shop.example", important=False, now=MONDAY)
    rotation = Rotation("database", "UTC", time(9), 7, MONDAY.date() - timedelta(days=28), (number,))
    rota.set_rotation(company.log, PERSON, rotation, MONDAY)
    company.promise("Add the index", "the database team")
    company.promise("Tell customers", "marketing")
    company.promise("Buy a server", "platform")
    arrived = await company.at(MONDAY, digest_to=("all@shop.example",))
    reminders = [(to, text.count("\n- ")) for to, text in arrived if "wait" in text.partition("\n")[0]]

    assert reminders == [("all@shop.example", 2), ("max@shop.example", 1)]


async def test_a_mail_server_that_is_unwell_is_tried_again(company: Company) -> None:
    company.promise("Add the index", "bea@shop.example")
    company.mailbox.unwell = True
    failed = await company.at(MONDAY)
    company.mailbox.unwell = False

    assert failed == []
    assert len(await company.at(MONDAY + timedelta(minutes=15))) == 1


async def test_the_digest_tells_what_is_new_once_and_nothing_when_there_is_nothing(company: Company) -> None:
    everybody = ("all@shop.example",)
    empty = await company.at(MONDAY, everybody)
    text = (ROOT / "docs" / "postmortems" / "2024-06-18-flash-sale.md").read_text()
    made = importing.store(company.log, importing.read(text), text, PERSON, int(MONDAY.timestamp()))
    assert not isinstance(made, str)
    postmortem.publish(company.log, made.id, int(MONDAY.timestamp()))
    same_week = await company.at(TOMORROW, everybody)
    [(_, told)] = await company.at(MONDAY + timedelta(days=7), everybody)

    assert (empty, same_week) == ([], [])
    assert "up to 60 % of users were hurt" in quopri.decodestring(told).decode()
    assert f"/incidents/{made.id}/postmortem" in told
    assert await company.at(MONDAY + timedelta(days=14), everybody) == []


@pytest.mark.parametrize(("days", "begun"), [(1, "2026-12-02 08:00"), (7, "2026-11-30 08:00")])
def test_a_morning_begins_at_eight_and_a_week_on_monday(days: int, begun: str) -> None:
    wednesday = datetime(2026, 12, 3, 7, 59, tzinfo=UTC)

    assert f"{morning(wednesday, days):%Y-%m-%d %H:%M}" == begun
