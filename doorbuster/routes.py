"""Every URL of both planes on one screen.

Each room contributes lines here and keeps the handlers in its `pages.py` or `api.py`. The two functions import the
rooms of their own plane only, so that a process starts no slower than what it serves.
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
        *documentation_routes(endpoints),
        *api_routes(endpoints, document(endpoints, "Doorbuster", "1")),
    ]


def _health() -> list[BaseRoute]:
    from doorbuster.web import health

    return [Route("/healthz", health.healthz), Route("/readyz", health.readyz)]


def _browsing() -> list[BaseRoute]:
    from doorbuster.sale import hold_pages as holds
    from doorbuster.sale import pages as sale
    from doorbuster.shop import storefront

    return [
        Route("/", storefront.home),
        Route("/collections", storefront.collections_index),
        Route("/collections/{handle}", storefront.collection_show),
        Route("/search", storefront.search_show),
        Route("/products/{handle}", storefront.product_show),
        Route("/sales", sale.sales_index),
        Route("/sales/{handle}", sale.sale_show),
        Route("/sales/{handle}/holds", holds.hold_create, methods=["POST"]),
        Route("/holds/{id:uuid}", holds.hold_show),
        Route("/holds/{id:uuid}/release", holds.hold_release, methods=["POST"]),
    ]


def api_endpoints() -> "tuple[Endpoint, ...]":
    """Return the table of the JSON API: what is served under /api/v1 and what its OpenAPI document says."""
    from doorbuster.catalogue import api as catalogue
    from doorbuster.sale import api as sale
    from doorbuster.sale import hold_api as holds

    return (*catalogue.ENDPOINTS, *sale.ENDPOINTS, *holds.ENDPOINTS)


def control_plane_routes() -> list[BaseRoute]:
    """Return what merchants and operators reach on CONTROL_PORT, in order of precedence."""
    return []
