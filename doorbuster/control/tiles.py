"""The sales that matter now: open, paused, or next to open."""

from doorbuster.database import Runner
from doorbuster.sale.sales import Sale, live_sales

TILES_MAX = 6
ORDER = {"open": 0, "paused": 1, "planned": 2, "over": 3}


async def sales_that_matter(database: Runner) -> list[Sale]:
    """Return at most six sales: the open ones first, then the paused, then those to come, then the just ended."""
    sales = await live_sales(database)
    return sorted(sales, key=lambda sale: (ORDER[sale.state], sale.opens_at))[:TILES_MAX]
