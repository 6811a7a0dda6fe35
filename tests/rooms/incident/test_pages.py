"""The incidents' pages, with PostgreSQL gone: the night is worked all the same."""

import json
from pathlib import Path

import pytest

from doorbuster.clock import ManualClock
from doorbuster.incident import importing, incident
from doorbuster.incident.api import chat_token
from doorbuster.incident.incident import Diagnosed
from doorbuster.journal import Actor
from tests.house.rooms import ROOT
from tests.rooms.control.conftest import NOBODY_LISTENS
from tests.rooms.control.room import Room, Visitor, open_room


@pytest.fixture
async def dark(tmp_path: Path, clock: ManualClock):
    async with open_room(tmp_path, NOBODY_LISTENS, clock) as opened:
        yield opened


async def opened(room: Room) -> Visitor:
    visitor = await room.enter("operator")
    answer = await visitor.post("/incidents", {"title": "The search is slow", "severity": "2"})
    assert answer.location == "/incidents/1", answer.text
    return visitor


async def test_a_person_opens_works_and_resolves_an_incident(dark: Room) -> None:
    visitor = await opened(dark)
    await visitor.post("/incidents/1/notes", {"note": "restarted the workers", "wrong": "1"})
    for state in ("acknowledged", "mitigated", "resolved"):
        assert (await visitor.post("/incidents/1/state", {"state": state})).status == 303
    page = await visitor.get("/incidents/1")
    paper = await visitor.get("/incidents/1/postmortem")

    assert page.says("The search is slow", "restarted the workers", "wrong path", "resolved")
    assert paper.says("Issue Summary", "Wrong Hypotheses", "restarted the workers")
    assert (await visitor.post("/incidents/1/review", {})).says("Name its drill, or say why there is none.")
    assert (await visitor.post("/incidents/1/review", {"why_not": "seen once"})).status == 303


async def test_every_page_can_be_looked_at(dark: Room) -> None:
    visitor = await opened(dark)
    text = (ROOT / "docs" / "postmortems" / "2024-06-18-flash-sale.md").read_text()
    importing.store(dark.house.event_log, importing.read(text), text, Actor("test", "cli"), 1_800_000_000)
    paths = ("/incidents", "/incidents/1", "/incidents/1/lines/1", "/incidents/1/items", "/incidents/board",
             "/incidents/reports", "/incidents/reports.csv", "/postmortems", "/postmortems?q=indexes", "/incidents/2",
             "/incidents/2/postmortem", "/incidents/2/postmortem.md", "/incidents/2/postmortem/cause",
             "/incidents/2/drill.toml", "/status")  # fmt: skip
    for path in paths:
        answer = await visitor.get(path)
        assert answer.status == 200, (path, answer.text)


async def test_shoppers_read_what_they_are_told_without_log_in_and_from_the_file(dark: Room) -> None:
    visitor = await opened(dark)
    await visitor.post("/incidents/1/updates", {"state": "investigating", "text": "Search is slow; orders are safe."})
    page = await dark.visitor().get("/status")

    assert page.says("The shop has trouble", "Search is slow; orders are safe.")
    assert page.headers["cache-control"].startswith("public")
    assert "orders are safe" in (dark.settings.home / "status.html").read_text()


async def test_a_step_asks_first_is_told_in_the_timeline_and_can_be_taken_back(dark: Room) -> None:
    visitor = await opened(dark)
    step = {"action": "brownout set 3 --for 15m"}
    assert (await visitor.post("/incidents/1/actions", step)).says("Do this?", "can be taken back")
    assert dark.story("brownout") == []
    assert (await visitor.post("/incidents/1/actions", {**step, "confirmed": "yes"})).status == 303
    page = await visitor.get("/incidents/1")
    assert page.says("brownout set 3 --for 15m: pulled for 15 min, as lever 1")
    lines = json.loads((await dark.visitor("127.0.0.1").get("/api/v1/incidents/1")).text)["timeline"]
    line = next(each["id"] for each in lines if each["source"] == "action")
    await visitor.post(f"/incidents/1/lines/{line}/undo")

    assert (await visitor.get("/incidents/1")).says("Taken back: brownout set 3")


async def test_what_the_named_cause_asks_for_is_a_button_on_the_incident_and_in_its_runbook(dark: Room) -> None:
    visitor = await opened(dark)
    steps = ("end session 4711 --of psql",)
    said = Diagnosed(cause="lock_contention", headline="Query claim_holds waits for a lock", steps=steps)
    incident.name_cause(dark.house.event_log, 1, said, 1_800_000_000)

    for path in ("/incidents/1", "/incidents/1/runbooks/LockHeld"):
        assert 'name="action" value="end session 4711 --of psql"' in (await visitor.get(path)).text
    asked = await visitor.post("/incidents/1/actions", {"action": "end session 4711"})
    assert asked.says("Do this?", "Just now there is no such session", "It cannot be taken back")
    refused = await visitor.post("/incidents/1/actions", {"action": "end session 4711", "confirmed": "yes"})
    assert refused.says("PostgreSQL cannot be asked who is there")


async def test_a_guest_of_the_incident_has_no_buttons(dark: Room) -> None:
    await opened(dark)
    steps = ("cancel query search_products",)
    said = Diagnosed(cause="bad_query", subject="search_products", headline="It costs 9 times what it did", steps=steps)
    incident.name_cause(dark.house.event_log, 1, said, 1_800_000_000)

    assert 'name="action"' not in (await (await dark.enter("viewer")).get("/incidents/1")).text


async def test_what_cannot_be_done_says_why_and_is_told(dark: Room) -> None:
    visitor = await opened(dark)
    for action, why in (
        ("renew workers", "it is not known who keeps"),
        ("restart database", "it is not known who keeps"),
        ("create index no_such_index", "no migration defines an index no_such_index"),
    ):
        answer = await visitor.post("/incidents/1/actions", {"action": action, "confirmed": "yes"})
        assert answer.status == 409
        assert answer.says(why)
    assert (await visitor.get("/incidents/1")).says("renew workers: not done")


async def test_a_chat_adds_notes_with_its_token_and_reads_nothing(dark: Room) -> None:
    await opened(dark)
    body = json.dumps({"text": "the index is gone"}).encode()
    manners = {"content-type": "application/json", "authorization": f"Bearer {chat_token(dark.settings.secret)}"}
    chat = dark.visitor()

    assert (
        await chat.send("POST", "/api/v1/incidents/notes", body, {"content-type": "application/json"})
    ).status == 401
    assert (await chat.send("POST", "/api/v1/incidents/notes", body, manners)).status == 200
    assert (await chat.send("POST", "/api/v1/incidents/notes", b"{", manners)).status == 400
    assert (await chat.send("GET", "/api/v1/incidents", b"", manners)).status == 403


async def test_an_edit_stays_and_an_unseen_version_is_not_overwritten(dark: Room) -> None:
    visitor = await opened(dark)
    await visitor.post("/incidents/1/state", {"state": "resolved"})
    form = {"body": "It was the index.", "seen": "0", "what": "keep"}
    assert (await visitor.post("/incidents/1/postmortem/cause", form)).status == 303
    assert (await visitor.post("/incidents/1/postmortem/cause", form)).status == 409
    await visitor.post("/incidents/1/postmortem")

    assert (await visitor.get("/incidents/1/postmortem")).says("It was the index.")
    await visitor.post("/incidents/1/postmortem/publication")
    feed = await dark.visitor("127.0.0.1").get("/postmortems.xml")
    assert incident.must(dark.house.event_log, 1).title in feed.text
