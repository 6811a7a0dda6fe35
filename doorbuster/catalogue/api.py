"""The catalogue for programs: products in pages, one product with its variants, collections."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.catalogue import collections as shelves
from doorbuster.catalogue import products, search
from doorbuster.catalogue.paging import Cursor, Page, parse_cursor
from doorbuster.catalogue.products import Availability, Product, ProductCard, Variant
from doorbuster.database import Runner
from doorbuster.money import Money
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Amount, Answer, Endpoint, answer
from doorbuster.web.inputs import Query
from doorbuster.web.pages import house_of
from doorbuster.web.problems import Refused

PUBLIC = {"Cache-Control": "public, max-age=5"}


class ProductQuery(Query, frozen=True):
    """Which products, and from where on. `q` and `collection` exclude each other."""

    q: Annotated[str, Meta(max_length=200, description="Words to search for.")] = ""
    collection: Annotated[str, Meta(max_length=120, description="The handle of a collection.")] = ""
    cursor: Annotated[str, Meta(max_length=200, description="`next_cursor` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="How many products a page has at most.")] = 24


class ProductSummary(Answer, frozen=True):
    """A product in a list; prices are those of its cheapest and dearest variant, null where none is set."""

    id: UUID
    handle: str
    title: str
    vendor: str
    category: str
    price: Amount | None
    price_to: Amount | None
    compare_at: Amount | None
    availability: Availability
    url: str
    image_url: str


class ProductPage(Answer, frozen=True):
    """Some products in order; `next_cursor` is null on the last page."""

    items: list[ProductSummary]
    next_cursor: str | None


class VariantDetail(Answer, frozen=True):
    """One thing that can be bought; `option_values` answer the product's `option_names` in their order."""

    sku: str
    option_values: list[str]
    price: Amount | None
    compare_at: Amount | None
    availability: Availability


class ProductDetail(Answer, frozen=True):
    """A product with everything that can be bought of it; `description_html` is sanitised."""

    id: UUID
    handle: str
    title: str
    vendor: str
    category: str
    description_html: str
    tags: list[str]
    option_names: list[str]
    availability: Availability
    url: str
    image_url: str
    collections: list[str]
    variants: list[VariantDetail]


class CollectionSummary(Answer, frozen=True):
    """A named shelf of the shop."""

    handle: str
    title: str
    url: str


class CollectionList(Answer, frozen=True):
    """Every collection (at most 200) in the merchant's order."""

    items: list[CollectionSummary]


async def product_index(request: Request, *, query: ProductQuery) -> Response:
    """Answer one page of products: newest first, of a collection, or found by words."""
    house = house_of(request)
    page = await _page(house.database, query, house.settings.currency)
    following = str(page.next) if page.next else None
    return answer(ProductPage(items=[_summary(card) for card in page.items], next_cursor=following), headers=PUBLIC)


async def product_show(request: Request) -> Response:
    """Answer one product with its variants."""
    house = house_of(request)
    handle = request.path_params["handle"]
    product = await products.product_by_handle(house.database, handle, house.settings.currency)
    if product is None:
        raise Refused(problems.NOT_FOUND, "There is no product with this handle.")
    return answer(_detail(product), headers=PUBLIC)


async def collection_index(request: Request) -> Response:
    """Answer every collection."""
    found = await shelves.collections(house_of(request).database)
    items = [CollectionSummary(handle=c.handle, title=c.title, url=f"/collections/{c.handle}") for c in found]
    return answer(CollectionList(items=items), headers=PUBLIC)


async def _page(database: Runner, query: ProductQuery, currency: str) -> Page[ProductCard]:
    after = _cursor(query.cursor)
    if query.q and query.collection:
        raise Refused(problems.INVALID_PARAMETER, "Search by q or list a collection, not both.", at="$.collection")
    if query.q:
        wanted = search.Search(words=query.q, currency=currency)
        return (await search.search_products(database, wanted, after=after, size=query.limit)).page
    if query.collection:
        if await shelves.collection_by_handle(database, query.collection) is None:
            raise Refused(problems.NOT_FOUND, "There is no collection with this handle.", at="$.collection")
        return await products.products_in_collection(
            database, query.collection, currency, after=after, size=query.limit
        )
    return await products.newest_products(database, currency, after=after, size=query.limit)


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    cursor = parse_cursor(text)
    if cursor is None:
        raise Refused(problems.INVALID_CURSOR, "This cursor was not given by this list.", at="$.cursor")
    return cursor


def _summary(card: ProductCard) -> ProductSummary:
    return ProductSummary(
        id=card.id,
        handle=card.handle,
        title=card.title,
        vendor=card.vendor,
        category=card.category,
        price=_amount(card.price),
        price_to=_amount(card.price_to),
        compare_at=_amount(card.compare_at),
        availability=card.availability,
        url=f"/products/{card.handle}",
        image_url=card.artwork_url,
    )


def _detail(product: Product) -> ProductDetail:
    return ProductDetail(
        id=product.id,
        handle=product.handle,
        title=product.title,
        vendor=product.vendor,
        category=product.category,
        description_html=product.description_html,
        tags=list(product.tags),
        option_names=list(product.option_names),
        availability=product.availability,
        url=f"/products/{product.handle}",
        image_url=product.artwork_url,
        collections=[shelf.handle for shelf in product.collections],
        variants=[_variant(variant) for variant in product.variants],
    )


def _variant(variant: Variant) -> VariantDetail:
    return VariantDetail(
        sku=variant.sku,
        option_values=list(variant.option_values),
        price=_amount(variant.price),
        compare_at=_amount(variant.compare_at),
        availability=variant.availability,
    )


def _amount(money: Money | None) -> Amount | None:
    return None if money is None else Amount(money.amount, money.currency)


ENDPOINTS = (
    Endpoint(
        method="GET", path=f"{PREFIX}/products", name="list_products", tag="catalogue",
        summary="Products: newest first, of a collection, or found by words",
        query=ProductQuery, answers={200: ProductPage}, handler=product_index,
        problems=(problems.INVALID_CURSOR, problems.NOT_FOUND),
    ),
    Endpoint(
        method="GET", path=f"{PREFIX}/products/{{handle}}", name="show_product", tag="catalogue",
        summary="One product with its variants", answers={200: ProductDetail}, handler=product_show,
    ),
    Endpoint(
        method="GET", path=f"{PREFIX}/collections", name="list_collections", tag="catalogue",
        summary="Every collection", answers={200: CollectionList}, handler=collection_index,
    ),
)  # fmt: skip
