"""Browsing: the front page, collections, search and products, the same for everybody and kept for a few seconds."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol, cast, get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster import money
from doorbuster.catalogue.artwork import artwork_url
from doorbuster.catalogue.collections import collection_by_handle, collections
from doorbuster.catalogue.paging import Cursor, parse_cursor
from doorbuster.catalogue.products import newest_products, product_by_handle, products_in_collection, products_like
from doorbuster.catalogue.search import Search, Sort, search_products
from doorbuster.sale.sale_page import stage_of
from doorbuster.sale.sales import Sale, live_sales, sale_of_variant
from doorbuster.web.brownout import Ladder
from doorbuster.web.pages import house_of, show

PUBLIC_SECONDS = 5
WORDS_CHARACTERS_MAX = 200


class StorefrontHouse(Protocol):
    """What browsing needs beside what every house has."""

    @property
    def ladder(self) -> Ladder:
        """Return the brown-out ladder."""
        ...


async def home(request: Request) -> Response:
    """Show the next or present sale, the collections and what is new."""
    house = house_of(request)
    sale = sale_to_show(await live_sales(house.database))
    return show(
        request,
        "shop/home.html",
        public_seconds=_public_seconds(request),
        sale=sale,
        stage=stage_of(sale) if sale else None,
        artwork_url=artwork_url(sale.items[0].handle, sale.items[0].category) if sale else None,
        collections=await collections(house.database),
        products=(await newest_products(house.database, house.settings.currency, size=12)).items,
        now=house.clock.now(),
    )


def sale_to_show(sales: list[Sale]) -> Sale | None:
    """Choose the front page's sale: one that has units now, else one whose units may come back, else the next."""
    shown = [sale for sale in sales if sale.items]
    coming = sorted((sale for sale in shown if sale.state == "planned"), key=_opening)
    choices = [
        *(sale for sale in shown if stage_of(sale) == "open"),
        *(sale for sale in shown if stage_of(sale) == "all_held"),
        *coming,
        *sorted(shown, key=_opening, reverse=True),
    ]
    return choices[0] if choices else None


async def collections_index(request: Request) -> Response:
    """Show every collection."""
    shelves = await collections(house_of(request).database)
    return show(request, "shop/collections.html", public_seconds=_public_seconds(request), collections=shelves)


async def collection_show(request: Request) -> Response:
    """Show a collection's products, page by page."""
    house = house_of(request)
    handle = request.path_params["handle"]
    collection = await collection_by_handle(house.database, handle)
    if collection is None:
        raise HTTPException(404, "There is no collection of that name. Perhaps it was renamed.")
    page = await products_in_collection(house.database, handle, house.settings.currency, after=_after(request))
    return show(
        request,
        "shop/collection.html",
        public_seconds=_public_seconds(request),
        collection=collection,
        products=page.items,
        next_href=_next_href(request, page.next),
    )


async def search_show(request: Request) -> Response:
    """Show what was found for the words and filters in the address."""
    house, ladder = house_of(request), ladder_of(request)
    search = search_of(request, house.settings.currency)
    if not ladder.filters:
        search = Search(search.words, search.currency, exact=search.exact)
    search = replace(search, exact=search.exact or not ladder.mends_words)
    found = await search_products(house.database, search, after=_after(request))
    return show(
        request,
        "shop/search.html",
        public_seconds=_public_seconds(request),
        q=search.words,
        search=search,
        typed=request.query_params,
        found=found,
        filters=ladder.filters,
        collections=await collections(house.database),
        next_href=_next_href(request, found.page.next),
        exact_href=f"/search?{urlencode({**request.query_params, 'exact': '1'})}",
    )


def search_of(request: Request, currency: str) -> Search:
    """Read the address's query; what cannot be understood is left out rather than refused."""
    query = request.query_params
    sort = query.get("sort", "relevance")
    search = Search(
        words=" ".join(query.get("q", "").replace("\x00", "").split())[:WORDS_CHARACTERS_MAX],
        currency=currency,
        category=query.get("category", "").replace("\x00", "")[:WORDS_CHARACTERS_MAX] or None,
        price_from=_minor(query.get("price_from", ""), currency),
        price_to=_minor(query.get("price_to", ""), currency),
        in_stock="in_stock" in query,
        exact="exact" in query,
    )
    return replace(search, sort=cast(Sort, sort)) if sort in get_args(Sort) else search


async def product_show(request: Request) -> Response:
    """Show a product with its variants, its sale if it is in one, and a few more like it."""
    house = house_of(request)
    currency = house.settings.currency
    product = await product_by_handle(house.database, request.path_params["handle"], currency)
    if product is None:
        raise HTTPException(404, "There is no product of that name. Perhaps it sold its last unit long ago.")
    return show(
        request,
        "shop/product.html",
        public_seconds=_public_seconds(request),
        product=product,
        sale=await sale_of_variant(house.database, [variant.id for variant in product.variants]),
        like=await products_like(house.database, product, currency) if ladder_of(request).recommends else [],
        now=house.clock.now(),
    )


def ladder_of(request: Request) -> Ladder:
    """Return what may be left out just now."""
    return cast(StorefrontHouse, request.state.house).ladder


def _public_seconds(request: Request) -> int:
    return PUBLIC_SECONDS * ladder_of(request).kept_times


def _after(request: Request) -> Cursor | None:
    return parse_cursor(request.query_params.get("after", ""))


def _next_href(request: Request, cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    return f"{request.url.path}?{urlencode({**request.query_params, 'after': str(cursor)})}"


def _minor(text: str, currency: str) -> int | None:
    try:
        return max(0, money.parse(text, currency).amount)
    except ValueError:
        return None


def _opening(sale: Sale) -> datetime:
    return sale.opens_at
