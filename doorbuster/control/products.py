"""What the shop has: variants with their stock and price, found by SKU or title, for those who plan a sale."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.database import QueryFile, Runner, build_all
from doorbuster.web.pages import show

SQL = QueryFile("doorbuster.control", "products.sql")
PAGE_VARIANTS = 40

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Ware:
    """A variant that may be put on sale; `left` units are free in the shop's own stock, `price` may be unknown."""

    id: UUID
    sku: str
    title: str
    options: str
    product_handle: str
    price: int | None
    left_: int

    @property
    def left(self) -> int:
        """Return how many units may be allocated."""
        return self.left_


async def products_index(request: Request) -> Response:
    """Show variants, the newest first or those that match."""
    house, words = house_of(request), request.query_params.get("q", "").strip()[:200]
    before = id_in(request.query_params.get("before", ""))
    wares = await find_wares(house.database, words, house.settings.currency, before)
    return show(
        request,
        "control/products.html",
        operator=operator_of(request),
        q=words,
        wares=wares,
        currency=house.settings.currency,
        may_sell=may(request, "sell"),
        more=next_page(request, str(wares[-1].id)) if not words and len(wares) == PAGE_VARIANTS else None,
    )


async def find_wares(database: Runner, words: str, currency: str, before: UUID | None = None) -> list[Ware]:
    """Return variants by SKU or by the beginnings of words in their product's title; without words the newest."""
    if not words:
        return _wares(await database.fetch(SQL.newest_variants, currency=currency, before=before, most=PAGE_VARIANTS))
    beginnings = " & ".join(f"{word}:*" for word in _WORD.findall(words)[:8])
    return _wares(
        await database.fetch(
            SQL.matching_variants, sku=words, beginnings=beginnings, currency=currency, most=PAGE_VARIANTS
        )
    )


async def wares_by_sku(database: Runner, skus: list[str], currency: str) -> dict[str, Ware]:
    """Return the variants with these SKUs."""
    found = _wares(await database.fetch(SQL.variants_with_skus, skus=skus, currency=currency))
    return {ware.sku: ware for ware in found}


def _wares(rows: list[Any]) -> list[Ware]:
    return build_all(rows, Ware)
