"""The sales: all of them, and one of them as it sells."""

from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.charts import sale_chart
from doorbuster.control.house import house_of
from doorbuster.control.links import next_page
from doorbuster.control.overview import answers_by_kind
from doorbuster.control.words import span
from doorbuster.database import Runner
from doorbuster.sale.sales import Sale, list_sales, sale_by_id
from doorbuster.web.pages import show

PAGE_SALES = 30


async def sales_index(request: Request) -> Response:
    """Show all sales, the latest opening first."""
    house = house_of(request)
    found = await list_sales(house.database, _cursor(request.query_params.get("before", "")), PAGE_SALES)
    last = found[-1] if len(found) == PAGE_SALES else None
    return show(
        request,
        "control/sales.html",
        operator=operator_of(request),
        sales=found,
        may_sell=may(request, "sell"),
        more=next_page(request, f"{last.opens_at.isoformat()}~{last.id}") if last else None,
    )


async def sale_show(request: Request) -> Response:
    """Show one sale as it sells; the page reads itself again each second."""
    house = house_of(request)
    sale = await sale_or_404(house.database, request.path_params["id"])
    points = house.pulse.curve(sale.id)
    return show(
        request,
        "control/sale.html",
        operator=operator_of(request),
        sale=sale,
        shop_url=house.settings.shop_url,
        chart=sale_chart(points, sale.units),
        sold_per_minute=_sold_per_minute([(point.at, point.sold) for point in points]),
        until=span(abs((_next_change(sale) - sale.now).total_seconds())),
        answers=answers_by_kind(house),
        may_operate=may(request, "operate"),
        may_look=may(request, "look"),
        may_sell=may(request, "sell"),
    )


async def sale_or_404(database: Runner, sale_id: UUID) -> Sale:
    """Return the sale, or answer that there is none."""
    sale = await sale_by_id(database, sale_id)
    if sale is None:
        raise HTTPException(404, "There is no such sale.")
    return sale


def _next_change(sale: Sale) -> datetime:
    """Return when the sale opens, closes or ended, whichever a merchant asks about next."""
    if sale.state == "planned":
        return sale.opens_at
    return sale.ended_at or sale.closes_at


def _sold_per_minute(sold: list[tuple[datetime, int]]) -> float:
    """Return the rate of the last ten seconds, as units per minute."""
    lately = sold[-11:]
    if len(lately) < 2:
        return 0.0
    seconds = (lately[-1][0] - lately[0][0]).total_seconds()
    return (lately[-1][1] - lately[0][1]) / seconds * 60 if seconds > 0 else 0.0


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    """Read where the last page ended: the opening and the id of its last sale."""
    moment, _, sale_id = text.partition("~")
    try:
        return datetime.fromisoformat(moment.replace(" ", "+")), UUID(sale_id)
    except ValueError:
        return None
