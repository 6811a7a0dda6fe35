"""Which class of requests a request belongs to: what it costs the shop, and how often a person does it."""

from typing import Literal, get_args

RouteClass = Literal["browse", "sale", "hold", "join", "cart", "checkout"]
CLASSES: tuple[RouteClass, ...] = get_args(RouteClass)

MEANINGS: dict[RouteClass, str] = {
    "browse": "look around: products, search, collections, own orders",
    "sale": "a sale's page and its status",
    "hold": "claim a unit, or enter its waiting room",
    "join": "take a place in line, ask for a notice",
    "cart": "change the cart",
    "checkout": "place an order, pay, cancel",
}

NEVER_LIMITED = ("/healthz", "/readyz", "/payments/callbacks/", "/internal/", "/assets/", "/artwork/")
API = "/api/v1"
LIKE_A_CLAIM = ("/holds", "/room", "/room/tickets", "/room/pass", "/room/link", "/room/proof")


def class_of(method: str, path: str) -> RouteClass | None:
    """Return the class of a request, or None for what is never limited: callbacks, health, what a page is made of."""
    if path.startswith(NEVER_LIMITED):
        return None
    path = path.removeprefix(API)
    if method in ("GET", "HEAD", "OPTIONS"):
        return "sale" if path.startswith("/sales/") else "browse"
    if path.endswith(LIKE_A_CLAIM) or path.startswith("/holds/"):
        return "hold"
    if path.endswith(("/waiting", "/notices", "/room/letter")) or path.startswith(("/waiting/", "/notices/")):
        return "join"
    return "cart" if path.startswith("/cart") else "checkout"
