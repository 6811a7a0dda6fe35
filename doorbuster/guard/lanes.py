"""Which lane a request takes to the database: how much it matters, and how it waits."""

import re
from dataclasses import dataclass
from functools import lru_cache

from doorbuster.guard.classes import API, RouteClass


@dataclass(frozen=True, slots=True)
class Lane:
    """Requests of one kind, from `priority` 0 (the first to be shed) to 3, and how they wait.

    `weight` is the share among lanes of the same priority; the deadline is how long an answer is worth waiting for.
    """

    name: str
    priority: int
    weight: float
    newest_first: bool
    deadline_seconds: float


CHECKOUT = Lane("checkout", 3, 1.0, newest_first=False, deadline_seconds=10.0)
CART = Lane("cart", 2, 1.0, newest_first=False, deadline_seconds=5.0)
BROWSE = Lane("browse", 1, 1.0, newest_first=True, deadline_seconds=3.0)
SEARCH = Lane("search", 1, 0.5, newest_first=True, deadline_seconds=3.0)
EXTRAS = Lane("extras", 0, 0.5, newest_first=True, deadline_seconds=2.0)
LANES = (CHECKOUT, CART, BROWSE, SEARCH, EXTRAS)

MEANINGS = {
    "checkout": "hold, order, pay, and pages of one's own holds and orders",
    "cart": "change the cart, take a place in line, ask for a notice",
    "browse": "look at sales, products and collections",
    "search": "search, and the product list with filters",
    "extras": "pages fetched ahead of a click, and crawlers",
}

_OWN = ("/holds/", "/orders/", "/checkout")
_SEARCHES = ("/search", "/products")
AGENT_LENGTH_MAX = 300
_ROBOT = re.compile(rb"bot|crawl|spider|slurp", re.IGNORECASE)


def lane_of(route_class: RouteClass, path: str, headers: dict[bytes, bytes]) -> Lane:
    """Return the lane of a request whose class is known."""
    if route_class in ("hold", "checkout"):
        return CHECKOUT
    if route_class in ("cart", "join"):
        return CART
    path = path.removeprefix(API)
    if path.startswith(_OWN):
        return CHECKOUT
    if path.startswith("/cart"):
        return CART
    if b"prefetch" in headers.get(b"sec-purpose", headers.get(b"purpose", b"")):
        return EXTRAS
    if _is_robot(headers.get(b"user-agent", b"")[:AGENT_LENGTH_MAX]):
        return EXTRAS
    return SEARCH if path in _SEARCHES else BROWSE


@lru_cache(1_024)
def _is_robot(agent: bytes) -> bool:
    """Say whether somebody calls itself a crawler; there are few names, and searching one costs a microsecond."""
    return _ROBOT.search(agent) is not None
