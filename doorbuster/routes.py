"""Every URL of the data plane on one screen; those of the control plane are in `control_routes.py`.

Each room contributes lines here and keeps the handlers in its `pages.py` or `api.py`. The functions import the rooms of
their own plane only, so that a process starts no slower than what it serves.
"""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from doorbuster.web.api import Endpoint


def data_plane_routes() -> list[BaseRoute]:
    """Return what shoppers reach on PORT, in order of precedence."""
    from doorbuster.web.api import api_routes
    from doorbuster.web.documentation import documentation_routes
    from doorbuster.web.openapi import document

    endpoints = api_endpoints()
    return [
        *_health(),
        *_browsing(),
        *_buying(),
        *documentation_routes(endpoints),
        *api_routes(endpoints, document(endpoints, "Doorbuster", "1")),
    ]


def _health() -> list[BaseRoute]:
    from doorbuster.web import health

    return [Route("/healthz", health.healthz), Route("/readyz", health.readyz)]


def _browsing() -> list[BaseRoute]:
    from doorbuster.catalogue import pages as catalogue
    from doorbuster.room import pages as room
    from doorbuster.sale import hold_pages as holds
    from doorbuster.sale import pages as sale
    from doorbuster.sale import waiting_pages as waiting
    from doorbuster.shop import storefront

    return [
        Route("/", storefront.home),
        Route("/collections", storefront.collections_index),
        Route("/collections/{handle}", storefront.collection_show),
        Route("/search", storefront.search_show),
        Route("/products/{handle}", storefront.product_show),
        Route("/artwork/{handle}.svg", catalogue.artwork_show),
        Route("/sales", sale.sales_index),
        Route("/sales/{handle}", sale.sale_show),
        Route("/sales/{handle}/holds", holds.hold_create, methods=["POST"]),
        Route("/sales/{handle}/room", room.room_show),
        Route("/sales/{handle}/room", room.ticket_create, methods=["POST"]),
        Route("/sales/{handle}/room/pass", room.pass_create, methods=["POST"]),
        Route("/sales/{handle}/room/link", room.link_show),
        Route("/sales/{handle}/room/link", room.link_use, methods=["POST"]),
        Route("/sales/{handle}/room/letter", room.letter_create, methods=["POST"]),
        Route("/sales/{handle}/room/proof", room.proof_show),
        Route("/sales/{handle}/room/proof", room.proof_use, methods=["POST"]),
        Route("/sales/{handle}/room/draw", room.draw_show),
        Route("/sales/{handle}/waiting", waiting.waiting_new),
        Route("/sales/{handle}/waiting", waiting.waiting_create, methods=["POST"]),
        Route("/sales/{handle}/notices", waiting.notice_new),
        Route("/sales/{handle}/notices", waiting.notice_create, methods=["POST"]),
        Route("/notices/{id:uuid}/stop", waiting.notice_stop_show),
        Route("/notices/{id:uuid}/stop", waiting.notice_stop, methods=["POST"]),
        Route("/waiting/{id:uuid}", waiting.waiting_show),
        Route("/waiting/{id:uuid}/take", waiting.waiting_take, methods=["POST"]),
        Route("/waiting/{id:uuid}/leave", waiting.waiting_leave, methods=["POST"]),
        Route("/holds/{id:uuid}", holds.hold_show),
        Route("/holds/{id:uuid}/release", holds.hold_release, methods=["POST"]),
    ]


def _buying() -> list[BaseRoute]:
    from doorbuster.shop import callbacks, cart_pages, checkout, order_pages

    return [
        Route("/cart", cart_pages.cart_show),
        Route("/cart/lines", cart_pages.line_add, methods=["POST"]),
        Route("/cart/lines/{variant_id:uuid}", cart_pages.line_change, methods=["POST"]),
        Route("/checkout", checkout.checkout_show),
        Route("/orders", checkout.order_create, methods=["POST"]),
        Route("/orders/{id:uuid}", order_pages.order_show),
        Route("/orders/{id:uuid}/payments", order_pages.payment_create, methods=["POST"]),
        Route("/orders/{id:uuid}/cancel", order_pages.cancel_create, methods=["POST"]),
        Route("/payments/callbacks/{gateway}", callbacks.callback_receive, methods=["POST"]),
    ]


def api_endpoints() -> "tuple[Endpoint, ...]":
    """Return the table of the JSON API: what is served under /api/v1 and what its OpenAPI document says."""
    from doorbuster.catalogue import api as catalogue
    from doorbuster.room import api as room
    from doorbuster.sale import api as sale
    from doorbuster.sale import hold_api as holds
    from doorbuster.sale import waiting_api as waiting
    from doorbuster.shop import cart_api as carts
    from doorbuster.shop import order_api as orders

    return (
        *catalogue.ENDPOINTS,
        *sale.ENDPOINTS,
        *holds.ENDPOINTS,
        *waiting.ENDPOINTS,
        *room.ENDPOINTS,
        *carts.ENDPOINTS,
        *orders.ENDPOINTS,
    )
