"""Pages over time: who is told when, what an acknowledgement stops, what a failure hurries, what a crash costs."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from doorbuster.errors import Misconfigured
from doorbuster.journal import Actor, EventLog, lines, open_event_log
from doorbuster.on_call import pages, people
from doorbuster.on_call.pager import TAKEN, Pager
from doorbuster.on_call.pages import AGAIN_SECONDS, Trouble
from doorbuster.on_call.policy import Policy, Step, set_policy
from doorbuster.on_call.rota import Rotation, set_rotation
from doorbuster.on_call.sending import NO_SMTP, Message, Sender
from doorbuster.settings import Settings
from tests.mailbox import mailbox_open

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
        set_rotation(log, ANN, Rotation("database", "UTC", NOW.time(), 28, NOW.date(), (bea,)), NOW)
        self.pager = Pager(log, lambda page_id, person_id: f"http://room.test/{page_id}/{person_id}", self.send)

    async def send(self, message: Message) -> str:
        self.sent.append(message)
        return "it is off" if any(word in message.url for word in self.broken) else ""

    def at(self, seconds: int) -> list[str]:
        """Let the pager look at an instant; return where messages went, in short."""
        self.sent.clear()
        asyncio.run(self.beat(seconds))
        return sorted(message.url.removeprefix("json://").replace(".example", "") for message in self.sent)

    async def beat(self, seconds: int) -> None:
        async with asyncio.TaskGroup() as group:
            await self.pager.beat(START + seconds, group)

    def fates(self) -> list[tuple[str, str]]:
        """Return every message's state and why, of the newest page."""
        return [(each.state, each.why) for each in pages.deliveries(self.log, pages.newest(self.log)[0].id)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_event_log(tmp_path) as log:
        yield Office(log)


def test_the_on_call_of_the_causes_team_is_told_at_once(office: Office):
    page = pages.notify(office.log, SCANS, START)

    assert office.at(0) == ["bea/usual"]
    assert office.sent[0].title == "[database] Sequential scans on orders"
    assert f"http://room.test/{page.id}/1" in office.sent[0].body
    assert f"Page {page.id[-6:].upper()}" in office.sent[0].body


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


def test_a_message_that_cannot_be_delivered_escalates_at_once_and_is_tried_again_a_few_times(office: Office):
    office.broken = {"bea"}
    pages.notify(office.log, SCANS, START)

    assert office.at(0) == ["bea/usual"]
    assert office.at(1) == ["bea/phone", "bea/usual"]
    assert office.at(2) == ["bea/phone", "bea/usual", "cem/usual"]
    assert office.at(3) == []
    assert office.at(10) == ["bea/usual"]
    for second in range(11, 200):
        office.at(second)

    assert office.fates().count(("failed", "it is off")) == 5
    assert office.fates().count(("sent", "")) == 1


def test_a_team_is_not_hurried_while_one_message_of_the_step_arrived(office: Office):
    office.broken = {"bea/usual"}
    people.add_target(office.log, ANN, "Bea", "json://bea.example/second", important=False, now=NOW)
    pages.notify(office.log, SCANS, START)
    office.at(0)

    assert office.at(1) == []


def test_when_nobody_can_be_reached_the_policy_runs_out_at_once_and_then_it_is_tried_each_hour(office: Office):
    set_policy(office.log, ANN, "database", Policy((Step("on-call", 5),), repeat=1), NOW)
    office.broken = {"bea", "cem"}
    page = pages.notify(office.log, SCANS, START)

    for second in range(8):
        office.at(second)

    steps = {each.step for each in pages.deliveries(office.log, page.id)}
    assert steps == {0, 1, 2}
    assert pages.page_by_id(office.log, page.id).next_at == START + 2 + 3_600


def test_a_message_that_failed_is_not_tried_again_once_somebody_has_taken_the_page(office: Office):
    office.broken = {"bea"}
    page = pages.notify(office.log, SCANS, START)
    office.at(0)
    pages.acknowledge(office.log, page.id, "Cem", START + 1)

    assert office.at(10) == []
    assert office.fates() == [("failed", TAKEN)]


def test_a_team_without_a_rotation_wakes_everybody(office: Office):
    pages.notify(office.log, replace(SCANS, team="payments"), START)

    assert office.at(0) == ["bea/phone", "bea/usual", "cem/usual"]


def test_a_page_that_is_over_is_told_to_nobody_more(office: Office):
    pages.notify(office.log, SCANS, START)
    office.at(0)

    assert pages.close(office.log, SCANS.key, START + 10)

    assert office.at(3_000) == []


def test_a_policy_of_the_teams_own_is_followed_and_repeated(office: Office):
    policy = Policy((Step("Cem", 1), Step("on-call", 1)), repeat=1)
    set_policy(office.log, ANN, "database", policy, NOW)
    pages.notify(office.log, SCANS, START)

    told = [office.at(seconds) for seconds in (0, 60, 120, 180)]

    assert told == [["cem/usual"], ["bea/usual"], ["cem/usual"], ["bea/usual"]]


def test_when_a_policy_has_run_out_everybody_is_told_each_hour_until_somebody_takes_it(office: Office):
    set_policy(office.log, ANN, "database", Policy((Step("Cem", 1),), repeat=0), NOW)
    page = pages.notify(office.log, SCANS, START)
    office.at(0)
    everybody = ["bea/phone", "bea/usual", "cem/usual"]

    assert [office.at(60), office.at(3_600), office.at(3_660)] == [everybody, [], everybody]

    pages.acknowledge(office.log, page.id, "Bea", START + 3_700)
    assert office.at(5_000) == []


def test_a_cause_can_have_a_policy_of_its_own(office: Office):
    set_policy(office.log, ANN, "missing_index", Policy((Step("Cem", 1),)), NOW)
    pages.notify(office.log, SCANS, START)

    assert office.at(0) == ["cem/usual"]


def test_what_was_decided_before_a_crash_is_sent_after_it_with_the_pages_number(office: Office):
    page = pages.notify(office.log, SCANS, START)
    office.pager._due(START)

    office.pager = Pager(office.log, lambda page_id, _: page_id, office.send)

    assert office.at(3) == ["bea/usual"]
    assert page.id[-6:].upper() in office.sent[0].body
    assert office.at(4) == []


def test_a_receiver_that_hangs_keeps_no_other_message_waiting(office: Office):
    """Bea's target hangs; while it does, another page reaches Cem, and Bea is not sent the same thing twice."""
    set_policy(office.log, ANN, "payments", Policy((Step("Cem", 5),)), NOW)
    let_go, one_arrived = asyncio.Event(), asyncio.Event()
    arrived: list[str] = []

    async def send(message: Message) -> str:
        if "bea" in message.url:
            await let_go.wait()
        arrived.append(message.url)
        one_arrived.set()
        return ""

    async def night() -> None:
        office.pager = Pager(office.log, lambda page_id, _: page_id, send)
        async with asyncio.TaskGroup() as group:
            pages.notify(office.log, SCANS, START)
            await office.pager.beat(START, group)
            pages.notify(office.log, replace(SCANS, key="incident/2", team="payments", cause=""), START + 1)
            await office.pager.beat(START + 1, group)
            await one_arrived.wait()
            assert arrived == ["json://cem.example/usual"]
            let_go.set()

    asyncio.run(asyncio.wait_for(night(), 20))

    assert arrived == ["json://cem.example/usual", "json://bea.example/usual"]


def test_after_it_was_anybodys_again_a_failure_hurries_as_the_first_time(office: Office):
    page = pages.notify(office.log, SCANS, START)
    office.at(0)
    pages.acknowledge(office.log, page.id, "Bea", START + 60)
    office.broken = {"bea"}

    assert office.at(60 + AGAIN_SECONDS) == ["bea/usual"]
    assert office.at(61 + AGAIN_SECONDS) == ["bea/phone", "bea/usual"]


def test_a_page_made_by_hand_is_ended_by_hand_and_an_incidents_is_not(office: Office):
    own = pages.notify(office.log, replace(SCANS, key="by-hand/1"), START)
    incidents = pages.notify(office.log, SCANS, START)

    assert pages.resolve(office.log, own.id, "Bea", START + 1)
    assert not pages.resolve(office.log, incidents.id, "Bea", START + 1)

    assert [pages.page_by_id(office.log, each.id).state for each in (own, incidents)] == ["closed", "open"]


def test_what_people_change_and_take_is_in_the_journal(office: Office):
    page = pages.notify(office.log, SCANS, START)
    pages.acknowledge(office.log, page.id, "Bea", START + 1)
    set_policy(office.log, ANN, "web", Policy((Step("Cem", 1),)), NOW)

    verbs = [(line.verb, line.actor) for line in lines(office.log)]

    assert verbs[:2] == [("on_call.policy.set", "ann"), ("on_call.page.acknowledge", "Bea")]
    assert ("on_call.rotation.set", "ann") in verbs


SECRETS = [
    ("mailto://cem:hush-hush@mail.example", "mailto://mail.example/…"),
    ("json://hooks.example/services/hush-hush", "json://hooks.example/…"),
    ("ntfy://hush-hush", "ntfy://…"),
    ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack://…"),
    ("cem@mail.example", "c…@mail.example"),
]


@pytest.mark.parametrize(("address", "shown"), SECRETS)
def test_what_can_be_a_secret_is_neither_shown_nor_written_into_the_journal(office: Office, address, shown):
    people.add_target(office.log, ANN, "Cem", address, important=False, now=NOW)

    assert people.named(office.log, "Cem").targets[-1].masked == shown
    assert address not in str(lines(office.log))
    assert "hush-hush" not in str(lines(office.log))


def test_an_address_that_nothing_understands_is_refused_with_examples(office: Office):
    with pytest.raises(Misconfigured, match=r"addresses look like bea@shop\.example"):
        people.add_target(office.log, ANN, "Cem", "carrier pigeon", important=False, now=NOW)


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it was sent."""

    heard: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def send(url: str, home: Path, smtp_url: str | None = None) -> str:
    """Send a message as the control plane does."""

    async def sent() -> str:
        sender = Sender(Settings(home=home, database_url=None, secret="s" * 40, smtp_url=smtp_url))
        try:
            return await sender.send(
                Message(url, "[database] Sequential scans", "Take it: http://room.test/page", "page.7")
            )
        finally:
            sender.close()

    return asyncio.run(sent())


def test_a_real_webhook_hears_it(hook: str, tmp_path: Path):
    assert send(f"json://{hook}/hook", tmp_path) == ""

    assert Hook.heard[-1]["title"] == "[database] Sequential scans"
    assert "http://room.test/page" in Hook.heard[-1]["message"]


def test_a_receiver_that_is_off_is_told_of_without_its_secrets(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    assert send("json://bea:hush-hush@127.0.0.1:9/services/hush-hush", tmp_path) == "the receiver did not take it"
    assert "hush-hush" not in caplog.text


def test_a_receiver_that_never_answers_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("doorbuster.on_call.sending.SEND_SECONDS_MAX", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        why = send(f"json://127.0.0.1:{silent.getsockname()[1]}/hook", tmp_path)

    assert "no answer within" in why


def test_a_mail_address_is_written_to_by_the_shops_own_mail_server(tmp_path: Path):
    with mailbox_open() as (mailbox, smtp_url):
        assert send("bea@shop.example", tmp_path, smtp_url) == ""
        refused = send("nobody@shop.example", tmp_path, smtp_url)

    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("bea@shop.example", "[database] Sequential scans")
    assert mail["Message-ID"] == "<on-call.page.7@localhost>"
    assert "mail server" in refused
    assert "nobody@" not in refused


def test_a_mail_address_without_a_mail_server_says_what_to_set(tmp_path: Path):
    assert send("bea@shop.example", tmp_path) == NO_SMTP
