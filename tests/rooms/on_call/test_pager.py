"""Pages over time: who is told when, what an acknowledgement stops, what a failure hurries, what a crash costs."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from doorbuster.journal import Actor, EventLog, open_event_log
from doorbuster.on_call import pages, people
from doorbuster.on_call.pager import Message, Pager, send_by_apprise
from doorbuster.on_call.pages import AGAIN_SECONDS, Trouble
from doorbuster.on_call.policy import Policy, Step, set_policy
from doorbuster.on_call.rota import Rotation, set_rotation

ANN = Actor("ann", "operator")
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
START = int(NOW.timestamp())
SCANS = Trouble(
    "incident/1", "missing_index", "database", "Sequential scans on orders", "Add the index.", "http://room.test"
)


class Office:
    """Two people on call for the database, and what they were sent."""

    def __init__(self, log: EventLog) -> None:
        self.log, self.sent, self.broken = log, [], set()
        for name in ("Bea", "Cem"):
            people.add_person(log, ANN, name, NOW)
            people.add_target(log, ANN, name, f"json://{name.lower()}.example/usual", important=False, now=NOW)
        people.add_target(log, ANN, "Bea", "json://bea.example/phone", important=True, now=NOW)
        bea = people.named(log, "Bea").id
        set_rotation(log, Rotation("database", "UTC", NOW.time(), 28, NOW.date(), (bea,)))
        self.pager = Pager(log, lambda page: f"http://room.test/{page.id}", self.send)

    async def send(self, message: Message) -> str:
        self.sent.append(message)
        return "it is off" if any(word in message.url for word in self.broken) else ""

    def at(self, seconds: int) -> list[str]:
        """Let the pager look at an instant; return where messages went, in short."""
        self.sent.clear()
        asyncio.run(self.pager.beat(START + seconds))
        return sorted(message.url.removeprefix("json://").replace(".example", "") for message in self.sent)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_event_log(tmp_path) as log:
        yield Office(log)


def test_the_on_call_of_the_causes_team_is_told_at_once(office: Office):
    page = pages.notify(office.log, SCANS, START)

    assert office.at(0) == ["bea/usual"]
    assert office.sent[0].title == "[database] Sequential scans on orders"
    assert f"http://room.test/{page.id}" in office.sent[0].body


def test_without_acknowledgement_it_gets_louder_and_wider(office: Office):
    pages.notify(office.log, SCANS, START)
    office.at(0)

    assert office.at(299) == []
    assert office.at(300) == ["bea/phone", "bea/usual"]
    assert office.at(600) == ["bea/phone", "bea/usual", "cem/usual"]


def test_who_takes_it_is_left_in_peace_and_so_is_everybody_else(office: Office):
    page = pages.notify(office.log, SCANS, START)
    office.at(0)

    assert pages.acknowledge(office.log, page.id, "Bea", START + 60)

    assert office.at(900) == []
    assert not pages.acknowledge(office.log, page.id, "Cem", START + 61)


def test_what_was_taken_and_is_not_over_is_anybodys_again(office: Office):
    page = pages.notify(office.log, SCANS, START)
    office.at(0)
    pages.acknowledge(office.log, page.id, "Bea", START + 60)

    assert office.at(60 + AGAIN_SECONDS) == ["bea/usual"]


def test_one_trouble_is_one_page(office: Office):
    pages.notify(office.log, SCANS, START)
    office.at(0)

    pages.notify(
        office.log, replace(SCANS, headline="Sequential scans on orders; add index orders_by_email"), START + 5
    )

    assert office.at(5) == []
    assert [page.headline for page in pages.newest(office.log)] == [
        "Sequential scans on orders; add index orders_by_email"
    ]


def test_a_trouble_that_turns_out_to_be_another_teams_is_told_to_that_team(office: Office):
    page = pages.notify(office.log, replace(SCANS, team="web"), START)
    office.at(0)
    pages.acknowledge(office.log, page.id, "Cem", START + 1)

    pages.notify(office.log, SCANS, START + 20)

    assert office.at(20) == ["bea/usual"]


def test_a_message_that_cannot_be_delivered_escalates_at_once(office: Office):
    office.broken = {"bea"}
    pages.notify(office.log, SCANS, START)

    office.at(0)

    assert office.at(1) == ["bea/phone", "bea/phone", "bea/usual", "bea/usual"]
    assert "cem/usual" in office.at(2)
    [page] = pages.newest(office.log)
    assert {each.state for each in pages.deliveries(office.log, page.id) if each.name == "Bea"} == {"failed"}
    assert "it is off" in pages.deliveries(office.log, page.id)[0].why


def test_a_team_without_a_rotation_wakes_everybody(office: Office):
    pages.notify(office.log, replace(SCANS, team="payments"), START)

    assert office.at(0) == ["bea/phone", "bea/usual", "cem/usual"]


def test_a_page_that_is_over_is_told_to_nobody_more(office: Office):
    pages.notify(office.log, SCANS, START)
    office.at(0)

    assert pages.close(office.log, SCANS.key, START + 10)

    assert office.at(3_000) == []


def test_a_policy_of_the_teams_own_is_followed_and_ends(office: Office):
    policy = Policy((Step("Cem", 1), Step("on-call", 1)), repeat=1)
    set_policy(office.log, "database", policy, people.everybody(office.log).values())
    pages.notify(office.log, SCANS, START)

    told = [office.at(seconds) for seconds in (0, 60, 120, 180, 240, 300)]

    assert told == [["cem/usual"], ["bea/usual"], ["cem/usual"], ["bea/usual"], [], []]


def test_what_was_decided_before_a_crash_is_sent_after_it(office: Office):
    pages.notify(office.log, SCANS, START)
    office.pager._decide(START)

    again = Pager(office.log, lambda page: page.id, office.send)
    asyncio.run(again.beat(START + 3))

    assert [message.url for message in office.sent] == ["json://bea.example/usual"]


def test_a_message_that_never_ends_does_not_keep_the_others_waiting(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("doorbuster.on_call.pager.SEND_SECONDS_MAX", 0.05)

    async def hangs(message: Message) -> str:
        office.sent.append(message)
        await asyncio.sleep(3600)
        return ""

    office.pager._send = hangs
    pages.notify(office.log, replace(SCANS, team="payments"), START)

    office.at(0)

    [page] = pages.newest(office.log)
    fates = pages.deliveries(office.log, page.id)
    assert len(fates) == 3
    assert all(each.state == "failed" and "no answer" in each.why for each in fates)


def test_secrets_are_never_shown_whole(office: Office):
    people.add_target(office.log, ANN, "Cem", "mailto://cem:hush-hush@mail.example", important=False, now=NOW)

    assert "hush-hush" not in people.named(office.log, "Cem").targets[-1].masked


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it was sent."""

    heard: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_real_webhook_hears_it_and_one_that_is_off_is_told_of():
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"json://127.0.0.1:{server.server_port}/hook"
    message = Message(url, "[database] Sequential scans", "Take it: http://room.test/page")

    assert asyncio.run(send_by_apprise(message)) == ""
    server.shutdown()
    server.server_close()

    assert Hook.heard[-1]["title"] == "[database] Sequential scans"
    assert asyncio.run(send_by_apprise(message)) == "the receiver did not take it"
