"""What the page of a sale shows: the same bytes for everybody, made out of the sale alone.

Promises: nothing in the page belongs to one shopper; picture, styles and script included it is three requests.
Never: asks the database; whoever has the sale can draw its page, inside a request or not.
"""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from doorbuster.catalogue.artwork import artwork_svg, motif_of
from doorbuster.money import Money
from doorbuster.sale.sales import Sale, SaleItem
from doorbuster.web.pages import Pages

Stage = Literal["before", "open", "all_held", "sold_out", "paused", "over"]
FEW_UNITS_MAX = 5
Band = Literal["many", "half", "few", "last", "none"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One item of a sale as its page shows it; `title` names the choice, `usual` is the price outside the sale."""

    sku: str
    handle: str
    product_title: str
    title: str
    price: Money
    usual: Money | None
    band: Band
    artwork: Markup


def stage_of(sale: Sale) -> Stage:
    """Say which of its faces the page shows."""
    match sale.state:
        case "planned":
            return "before"
        case "paused" | "over" as state:
            return state
        case "open" if sale.left > 0:
            return "open"
        case "open":
            return "all_held" if sale.held > 0 else "sold_out"


def band_of(left: int, units: int) -> Band:
    """Say how many are left in a word; exact numbers would only be wrong a moment later."""
    if left <= 0:
        return "none"
    if left == 1:
        return "last"
    if left <= FEW_UNITS_MAX or left * 10 <= units:
        return "few"
    return "half" if left * 2 <= units else "many"


def render_sale_page(pages: Pages, sale: Sale, *, has_room: bool = False) -> bytes:
    """Return the page as it may be sent to anybody; a sale has at least one item, and may have a waiting room."""
    facts = {
        "sale": sale,
        "has_room": has_room,
        "stage": stage_of(sale),
        "offers": [_offer(item, sale.currency) for item in sale.items],
        "units": sale.units,
        "hold_words": span_in_words(sale.hold_seconds),
    }
    return pages.render("sale/sale.html", **facts).encode()


def span_in_words(seconds: int) -> str:
    """Write a length of time as people say it: 5 minutes, 90 seconds, 2 hours."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


def _offer(item: SaleItem, currency: str) -> Offer:
    usual = item.compare_at if item.compare_at is not None and item.compare_at > item.price else None
    # The window may be wider than the picture is high; the picture fills it and loses its edges.
    artwork = artwork_svg(item.handle, motif_of(item.handle, item.category))
    artwork = artwork.replace("<svg ", '<svg preserveAspectRatio="xMidYMid slice" ', 1)
    return Offer(
        sku=item.sku,
        handle=item.handle,
        product_title=item.title,
        title=" / ".join(item.option_values) or item.title,
        price=Money(item.price, currency),
        usual=None if usual is None else Money(usual, currency),
        band=band_of(item.left, item.units),
        artwork=Markup(artwork),  # noqa: S704  # drawn by us; the only text in it, the title, is escaped there
    )
