"""One effect per key: every write says how it is kept from happening twice."""

from starlette.routing import Route

from doorbuster.control.access import GuardedRoute
from doorbuster.control_routes import control_plane_routes
from doorbuster.routes import api_endpoints, data_plane_routes

# How a form of the shop is kept from acting twice.
FORMS = {
    "/sales/{handle}/holds": "keyed: by shopper, item and quantity; a second click is the same wish (hold_pages.py)",
    "/sales/{handle}/room": "same again: one ticket for each customer (room_tickets_one_each)",
    "/sales/{handle}/room/pass": "same again: one pass at a time, under the room's lock (admit.function.sql)",
    "/sales/{handle}/room/link": "same again: makes the browser the same shopper's",
    "/sales/{handle}/room/letter": "same again: one letter for each mailbox and sale (room_letters_one_each)",
    "/sales/{handle}/room/proof": "same again: a letter is worth one ticket, for who used it first (work.sql)",
    "/sales/{handle}/waiting": "keyed: the form carries a key; one place each (waiting_list_one_place_each)",
    "/sales/{handle}/notices": "same again: one notice for each address and sale (sale_notices_once_each)",
    "/notices/{id:uuid}/stop": "same again: who has stopped has stopped",
    "/waiting/{id:uuid}/take": "same again: leads to the same hold",
    "/waiting/{id:uuid}/leave": "same again: who has left has left",
    "/holds/{id:uuid}/release": "same again: what was given back stays given back",
    "/cart/lines": "keyed by nothing: putting the same thing in again is a wish of its own, as a shopper means it",
    "/cart/lines/{variant_id:uuid}": "same again: the quantity is set, not added",
    "/orders": "keyed: the form carries a key (orders_one_effect_per_key)",
    "/orders/{id:uuid}/payments": "same again: an open attempt is kept (pay_again)",
    "/orders/{id:uuid}/cancel": "same again: a cancelled order stays cancelled",
    "/payments/callbacks/{gateway}": "keyed: by the gateway's own event id (payment_callbacks_pkey)",
}


def test_every_write_of_the_api_carries_a_key() -> None:
    assert [each.path for each in api_endpoints() if each.method not in ("GET", "HEAD") and not each.keyed] == []


def test_every_form_of_the_shop_says_how_it_acts_once() -> None:
    posts = {
        route.path
        for route in data_plane_routes()
        if isinstance(route, Route) and "POST" in (route.methods or ()) and not route.path.startswith("/api/")
    }
    assert posts == set(FORMS)


def test_every_change_of_the_control_room_is_for_somebody_who_logged_in() -> None:
    open_posts = {
        route.path
        for route in control_plane_routes()
        if isinstance(route, Route) and "POST" in (route.methods or ()) and not isinstance(route, GuardedRoute)
    }
    tokens = {"/internal/rehearsals", "/api/v1/incidents/notes", "/on-call/pages/{id:uuid}/{token}"}
    assert open_posts == {"/log-in", "/links/{token}"} | tokens
