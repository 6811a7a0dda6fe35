"""Flash sales for programs: the list of sales with what they offer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.sale import sales
from doorbuster.sale.sales import Sale, SaleItem, SaleState
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Amount, Answer, Endpoint, answer, decode_cursor, encode_cursor
from doorbuster.web.inputs import Query
from doorbuster.web.pages import house_of

Position = tuple[Annotated[datetime, Meta(tz=True)], UUID]
"""What the list is sorted by: opening and id."""


class SaleQuery(Query, frozen=True):
    """From where on, and how many."""

    cursor: Annotated[str, Meta(max_length=200, description="`next_cursor` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="How many sales a page has at most.")] = 24


class SaleOffer(Answer, frozen=True):
    """One item of a sale; `left` may still be promised, `compare_at` is what it costs otherwise."""

    sku: str
    title: str
    product_url: str
    price: Amount
    compare_at: Amount | None
    units: int
    left: int


class SaleSummary(Answer, frozen=True):
    """A sale as it stood at `now`, by the database's clock; `hold_seconds` is how long a unit is kept for paying."""

    id: UUID
    handle: str
    title: str
    description: str
    state: SaleState
    opens_at: datetime
    closes_at: datetime
    now: datetime
    hold_seconds: int
    limit_per_customer: int
    url: str
    items: list[SaleOffer]


class SalePage(Answer, frozen=True):
    """Some sales, the latest opening first; `next_cursor` is null on the last page."""

    items: list[SaleSummary]
    next_cursor: str | None


async def sale_index(request: Request, *, query: SaleQuery) -> Response:
    """Answer one page of sales."""
    before = decode_cursor(query.cursor, Position) if query.cursor else None
    found = await sales.list_sales(house_of(request).database, before, limit=query.limit + 1)
    shown = found[: query.limit]
    following = encode_cursor((shown[-1].opens_at, shown[-1].id)) if len(found) > len(shown) else None
    page = SalePage(items=[_summary(sale) for sale in shown], next_cursor=following)
    return answer(page, headers={"Cache-Control": "public, max-age=1"})


def _summary(sale: Sale) -> SaleSummary:
    return SaleSummary(
        id=sale.id,
        handle=sale.handle,
        title=sale.title,
        description=sale.description,
        state=sale.state,
        opens_at=sale.opens_at,
        closes_at=sale.closes_at,
        now=sale.now,
        hold_seconds=sale.hold_seconds,
        limit_per_customer=sale.limit_per_customer,
        url=f"/sales/{sale.handle}",
        items=[_offer(item, sale.currency) for item in sale.items],
    )


def _offer(item: SaleItem, currency: str) -> SaleOffer:
    return SaleOffer(
        sku=item.sku,
        title=item.title,
        product_url=f"/products/{item.handle}",
        price=Amount(item.price, currency),
        compare_at=None if item.compare_at is None else Amount(item.compare_at, currency),
        units=item.units,
        left=item.left,
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path=f"{PREFIX}/sales", name="list_sales", tag="sales",
        summary="Flash sales, the latest opening first", query=SaleQuery, answers={200: SalePage},
        handler=sale_index, problems=(problems.INVALID_CURSOR,),
    ),
)  # fmt: skip
