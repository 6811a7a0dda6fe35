"""Sales as pages: the list, and one sale for those who come past the hot door (`door.py` serves the same bytes)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from doorbuster.sale.sale_page import render_sale_page
from doorbuster.sale.sales import Sale, list_sales, sale_by_handle
from doorbuster.web.pages import house_of, show

PUBLIC_SECONDS = 1


async def sales_index(request: Request) -> Response:
    """Show the open sales, the coming ones and the latest past ones."""
    house = house_of(request)
    sales = await list_sales(house.database)
    groups = [
        ("Open", [sale for sale in sales if sale.state in ("open", "paused")]),
        ("Coming", sorted((sale for sale in sales if sale.state == "planned"), key=_opening)),
        ("Past", [sale for sale in sales if sale.state == "over"][:12]),
    ]
    return show(request, "sale/sales.html", public_seconds=5, groups=groups, now=house.clock.now())


async def sale_show(request: Request) -> Response:
    """Show one sale."""
    house = house_of(request)
    sale = await sale_by_handle(house.database, request.path_params["handle"])
    if sale is None or not sale.items:
        raise HTTPException(404, "There is no sale of that name. Perhaps it was renamed; the list shows them all.")
    return HTMLResponse(
        render_sale_page(house.pages, sale), headers={"cache-control": f"public, max-age={PUBLIC_SECONDS}"}
    )


def _opening(sale: Sale) -> float:
    return sale.opens_at.timestamp()
