"""Units that come back: holds whose time is over, those who wait for them, and the leftovers of sales that are over.

Run by one doer at a time under a lease; claims reclaim overdue holds on demand, should it be away.
"""

from doorbuster import metrics
from doorbuster.database import Database
from doorbuster.sale.holds import SQL
from doorbuster.sale.planning import return_leftovers
from doorbuster.sale.waiting import look_after_lines, send_notices

EXPIRED = metrics.counter("doorbuster_sale_holds_expired_total", "Holds whose time was over.")
BITE_HOLDS = 1_000


async def sweep(database: Database) -> int:
    """Expire overdue holds, offer what came back, finish sales that are over; return how many holds expired.

    One bounded bite, safe to repeat; call it about twice a second, again at once when it returns `BITE_HOLDS`.
    """
    row = await database.fetch_one(SQL.expire_holds, most=BITE_HOLDS)
    expired = int(row["expired"]) if row else 0
    EXPIRED.add(by=expired)
    await database.execute(SQL.reopen_pools)
    await look_after_lines(database)
    await send_notices(database)
    await return_leftovers(database)
    return expired
