"""The stories of the door: the first owner, a wrong password, too many tries, a session that ends, recovery."""

from doorbuster.accounts.links import first_run_link, make_link
from doorbuster.accounts.operators import operator_named
from doorbuster.accounts.throttle import PER_ACCOUNT
from doorbuster.clock import ManualClock
from doorbuster.journal import Actor
from tests.rooms.control.room import PASSWORD, Room


def link_of_first_run(room: Room) -> str:
    url = first_run_link(room.house.event_log, "", room.clock.now())
    assert url is not None
    return url


async def test_the_first_owner_chooses_name_and_password_behind_a_link_that_works_once(dark_room: Room):
    link, ada = link_of_first_run(dark_room), dark_room.visitor()
    assert (await ada.get(link)).says("You were invited as owner")
    answer = await ada.post(link, {"name": "ada", "password": PASSWORD})
    assert (answer.status, answer.location) == (303, "/")
    assert (await ada.get("/")).status == 200
    assert (await dark_room.visitor().get(link)).status == 410
    assert first_run_link(dark_room.house.event_log, "", dark_room.clock.now()) is None


async def test_a_weak_password_is_refused_beside_its_field_and_the_link_still_works(dark_room: Room):
    link, ada = link_of_first_run(dark_room), dark_room.visitor()
    answer = await ada.post(link, {"name": "ada", "password": "password1234"})
    assert answer.status == 422
    assert answer.says("most common passwords")
    assert answer.typed()["name"] == "ada"
    assert (await ada.post(link, {"name": "ada", "password": PASSWORD})).status == 303


async def test_a_link_is_worthless_after_a_day_and_after_a_newer_one(dark_room: Room, clock: ManualClock):
    older, newer = link_of_first_run(dark_room), link_of_first_run(dark_room)
    assert (await dark_room.visitor().get(older)).status == 410
    clock.advance(24 * 3600 + 1)
    assert (await dark_room.visitor().get(newer)).status == 410


async def test_log_in_leads_on_to_the_page_that_was_asked_for_but_never_to_another_site(dark_room: Room):
    dark_room.add("ada", "owner")
    assert (await dark_room.visitor().log_in("ada", to="/journal?actor=ada")).location == "/journal?actor=ada"
    for elsewhere in ("//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)"):
        assert (await dark_room.visitor().log_in("ada", to=elsewhere)).location == "/"


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(dark_room: Room):
    dark_room.add("ada", "owner")
    wrong_name = await dark_room.visitor().log_in("eve", "wrong")
    wrong_password = await dark_room.visitor().log_in("ada", "wrong")
    assert wrong_name.status == wrong_password.status == 401
    assert wrong_name.text.replace("eve", "ada") == wrong_password.text
    assert PASSWORD not in wrong_password.text


async def test_a_password_is_never_sent_back(dark_room: Room):
    dark_room.add("ada", "owner")
    answer = await dark_room.visitor().log_in("ada", "a wrong secret of mine")
    assert "a wrong secret of mine" not in answer.text


async def test_too_many_tries_have_to_wait_even_with_the_right_password(dark_room: Room, clock: ManualClock):
    dark_room.add("ada", "owner")
    for _ in range(PER_ACCOUNT.burst):
        assert (await dark_room.visitor().log_in("ada", "wrong")).status == 401
    slow = await dark_room.visitor().log_in("ada")
    assert slow.status == 429
    assert int(slow.headers["retry-after"]) >= PER_ACCOUNT.refill_seconds
    clock.advance(PER_ACCOUNT.refill_seconds)
    assert (await dark_room.visitor().log_in("ada")).status == 303


async def test_each_log_in_gets_a_new_token_and_ends_the_old_session(dark_room: Room):
    dark_room.add("ada", "owner")
    ada = dark_room.visitor()
    await ada.log_in("ada")
    before = dict(ada.cookies)
    await ada.log_in("ada")
    assert before != ada.cookies
    thief = dark_room.visitor()
    thief.cookies = before
    assert (await thief.get("/journal")).status == 303


async def test_the_token_itself_is_kept_nowhere(dark_room: Room):
    dark_room.add("ada", "owner")
    ada = dark_room.visitor()
    await ada.log_in("ada")
    kept = b"".join(path.read_bytes() for path in dark_room.settings.home.glob("control.sqlite*"))
    assert ada.cookies["operator"].encode() not in kept
    assert PASSWORD.encode() not in kept


async def test_a_session_ends_when_idle_for_two_hours(dark_room: Room, clock: ManualClock):
    visitor = await dark_room.enter("owner")
    clock.advance(2 * 3600 + 1)
    assert (await visitor.get("/journal")).status == 303


async def test_a_session_in_use_ends_after_a_day(dark_room: Room, clock: ManualClock):
    visitor = await dark_room.enter("owner")
    for _ in range(24):
        assert (await visitor.get("/journal")).status == 200
        clock.advance(3600)
    assert (await visitor.get("/journal")).status == 303


async def test_log_out_ends_the_session_for_good(dark_room: Room):
    visitor = await dark_room.enter("owner")
    kept = dict(visitor.cookies)
    assert (await visitor.post("/log-out")).location == "/log-in"
    assert visitor.cookies == {}
    visitor.cookies = kept
    assert (await visitor.get("/journal")).status == 303


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites_forms(dark_room: Room):
    dark_room.add("ada", "owner")
    cookie = (await dark_room.visitor().log_in("ada")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_recovery_sets_a_new_password_and_ends_every_session(dark_room: Room):
    visitor = await dark_room.enter("owner")
    log = dark_room.house.event_log
    found = operator_named(log, "owner")
    assert found is not None
    link = make_link(log, "owner", found[0], Actor("cli:root", "cli"), dark_room.clock.now())
    answer = await dark_room.visitor().post(link, {"password": "another quiet battery"})
    assert answer.status == 303
    assert (await visitor.get("/journal")).status == 303
    assert (await dark_room.visitor().log_in("owner")).status == 401
    assert (await dark_room.visitor().log_in("owner", "another quiet battery")).status == 303


async def test_a_disabled_operator_is_out_at_once(dark_room: Room):
    owner, viewer = await dark_room.enter("owner"), await dark_room.enter("viewer")
    found = operator_named(dark_room.house.event_log, "viewer")
    assert found is not None
    assert (await owner.post(f"/operators/{found[0].id}/disablement")).status == 303
    assert (await viewer.get("/journal")).status == 303
    assert (await dark_room.visitor().log_in("viewer")).status == 401


async def test_an_invitation_makes_an_account_in_its_role(dark_room: Room):
    owner = await dark_room.enter("owner")
    answer = await owner.post("/operators", {"role": "merchant"})
    link = "/links/" + answer.text.split("/links/")[1].split("<")[0]
    await dark_room.visitor().post(link, {"name": "max", "password": PASSWORD})
    found = operator_named(dark_room.house.event_log, "max")
    assert found is not None
    assert found[0].role == "merchant"


async def test_the_journal_tells_who_came_and_who_was_refused(dark_room: Room):
    dark_room.add("ada", "owner")
    await dark_room.visitor("192.0.2.9").log_in("ada", "wrong")
    await dark_room.visitor("192.0.2.9").log_in("ada")
    verbs = [(line.verb, line.detail.get("address")) for line in dark_room.story("operator:ada")]
    assert verbs[:2] == [("operator.log_in", "192.0.2.9"), ("operator.refused", "192.0.2.9")]
