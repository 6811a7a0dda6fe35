"""An incident and its page: what happens to one happens to the other, and no reminder is swallowed on the way."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doorbuster.incident import incident, paging
from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.on_call import pages, people
from doorbuster.on_call.pager import Pager
from doorbuster.on_call.pages import AGAIN_SECONDS
from doorbuster.on_call.sending import Message

ANN = Actor("Augusta", "operator")
BEGAN = 1_795_791_600
MOMENT = datetime.fromtimestamp(BEGAN, UTC)
TAKEN_AT = BEGAN + 60


class Night:
    """An incident that is acknowledged in the control room, second by second."""

    def __init__(self, log: EventLog) -> None:
        self.log, self.sent = log, []
        self.number = incident.open_by(log, ANN, "Sequential scans", BEGAN, team="database").id
        people.add_person(log, ANN, "Bea", MOMENT)
        people.add_target(log, ANN, "Bea", "bea@shop.example", important=False, now=MOMENT)
        pages.notify(log, self.trouble("database"), BEGAN)
        self.pager = Pager(log, lambda page_id, _: page_id, self.send)

    def trouble(self, team: str) -> pages.Trouble:
        return pages.Trouble(f"incident/{self.number}", "", team, "Sequential scans", "", "http://room.test")

    async def send(self, message: Message) -> str:
        self.sent.append(message.title)
        return ""

    def at(self, now: int) -> list[str]:
        """Let the pager and the keeper look at an instant; return what was sent."""
        self.sent.clear()
        asyncio.run(self._at(now))
        return list(self.sent)

    async def _at(self, now: int) -> None:
        async with asyncio.TaskGroup() as group:
            await self.pager.beat(now, group)
        paging.agree(self.log, now)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with open_event_log(tmp_path) as log:
        night = Night(log)
        night.at(BEGAN)
        incident.move(log, night.number, "acknowledged", ANN, TAKEN_AT)
        night.at(TAKEN_AT)
        yield night


def state(night: Night) -> str:
    return pages.newest(night.log)[0].state


def test_an_incident_taken_in_the_control_room_takes_its_page(night: Night):
    assert state(night) == "acknowledged"
    assert night.at(TAKEN_AT + 600) == []


def test_what_was_taken_and_is_not_over_reminds_until_somebody_takes_it_again(night: Night):
    assert night.at(TAKEN_AT + AGAIN_SECONDS) == ["[database] Sequential scans"]
    assert state(night) == "open"
    assert night.at(TAKEN_AT + AGAIN_SECONDS + 300) == ["[database] Sequential scans"]


def test_another_teams_page_is_not_taken_by_an_older_acknowledgement(night: Night):
    pages.notify(night.log, night.trouble("web"), TAKEN_AT + 10)

    assert night.at(TAKEN_AT + 10) == ["[web] Sequential scans"]
    assert state(night) == "open"


def test_an_incident_that_is_over_ends_its_page(night: Night):
    incident.move(night.log, night.number, "resolved", ANN, TAKEN_AT + 100)

    night.at(TAKEN_AT + 100)

    assert state(night) == "closed"


def test_who_took_it_is_told_again_that_it_is_worse(tmp_path: Path) -> None:
    with open_event_log(tmp_path) as log:
        night = Night(log)
        at_first = night.at(BEGAN)
        pages.acknowledge(log, pages.newest(log)[0].id, "Bea", TAKEN_AT)
        quiet = night.at(TAKEN_AT + 10)
        pages.notify(log, night.trouble("database"), TAKEN_AT + 60, again=True)

        assert (len(at_first), quiet) == (1, [])
        assert len(night.at(TAKEN_AT + 60)) == 1
