"""Nobody enters without a key, and each key opens its own doors only."""

import re
from uuid import uuid4

import pytest
from starlette.routing import Route

from doorbuster.accounts.roles import ROLES, may
from doorbuster.control.access import GuardedRoute
from doorbuster.control_routes import control_plane_routes
from tests.rooms.control.room import Room

OPEN_TO_ALL = {
    "/healthz", "/readyz", "/log-in", "/links/{token}", "/views/{token}", "/internal/rehearsals",
    # These answer this machine, or whoever shows the token.
    "/metrics", "/api/v1/diagnosis", "/api/v1/alerts", "/api/v1/series",
    "/api/v1/incidents", "/api/v1/incidents/report", "/api/v1/incidents/{id:int}",
    # A chat's note comes with a token of its own; shoppers read the status, and readers the feed.
    "/api/v1/incidents/notes", "/status", "/postmortems.xml",
    # Whoever was sent the link of a page takes it without logging in.
    "/on-call/pages/{id:uuid}/{token}",
}  # fmt: skip

ROUTES = [route for route in control_plane_routes() if isinstance(route, Route)]
GUARDED = [route for route in ROUTES if isinstance(route, GuardedRoute)]


def path_of(route: Route) -> str:
    path = re.sub(r"\{\w+:uuid\}", lambda _: str(uuid4()), route.path)
    return re.sub(r"\{\w+(:int)?\}", lambda match: "1" if match[1] else "none", path)


def method_of(route: Route) -> str:
    return "POST" if "POST" in (route.methods or ()) else "GET"


def test_every_route_is_guarded_or_meant_for_everybody():
    assert {route.path for route in ROUTES if not isinstance(route, GuardedRoute)} == OPEN_TO_ALL


async def test_without_a_session_every_guarded_page_leads_to_the_log_in_and_every_change_is_refused(dark_room: Room):
    visitor = dark_room.visitor()
    for route in GUARDED:
        answer = await visitor.send(method_of(route), path_of(route), b"", {"origin": "http://room.test"})
        if method_of(route) == "GET":
            assert (answer.status, answer.location.split("?")[0]) == (303, "/log-in"), route.path
        else:
            assert answer.status == 401, route.path


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_refused_where_its_permissions_end_and_nowhere_else(dark_room: Room, role):
    visitor = await dark_room.enter(role)
    for route in GUARDED:
        if route.path == "/log-out":
            continue
        answer = await visitor.send(method_of(route), path_of(route), b"", {"origin": "http://room.test"})
        assert (answer.status == 403) == (not may(role, route.permission)), (route.path, answer.status)


async def test_a_made_up_session_counts_as_none(dark_room: Room):
    visitor = dark_room.visitor()
    visitor.cookies["operator"] = "x" * 43
    assert (await visitor.get("/journal")).status == 303


async def test_a_form_from_another_site_is_refused_even_with_a_session(room: Room):
    owner = await room.enter("owner")
    answer = await owner.post("/operators", {"role": "owner"}, origin="http://evil.test")
    assert answer.status == 403
    assert not any(line.verb == "operator.invite" for line in room.story())


async def test_a_form_sent_without_a_session_says_how_nothing_is_lost(dark_room: Room):
    answer = await dark_room.visitor().post("/operators", {"role": "viewer"})
    assert answer.says("nothing you typed is lost")
