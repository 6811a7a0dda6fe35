"""What the provider or a bank did to charged money by itself: refunds, refunds that came back, disputes.

Promises: a refund made at the provider's dashboard is in the books once, in whatever order its news arrive; one that a
bank sent back is owed again, and an operator sees it; a dispute is told to the operators.
Never: lets a shopper or the provider wait: the callback writes the news into the outbox, a job takes them.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from doorbuster.database.pool import Database, Runner
from doorbuster.database.queries import QueryFile
from doorbuster.money import Money
from doorbuster.shop.discrepancies import SQL as DISCREPANCIES
from doorbuster.shop.discrepancies import Discrepancy, Tell, note_discrepancy
from doorbuster.shop.payments import News

SQL = QueryFile("doorbuster.shop", "provider_news.sql")


async def keep_news(database: Runner, news: News) -> None:
    """Write news down for the job worker; they may come again."""
    await database.execute(SQL.keep_news, news=_fields(news))


async def take_news(database: Database, news: News, tell: Tell) -> Discrepancy | None:
    """Let news take effect, once however often they come; return a disagreement that nobody had seen before."""
    match news.kind:
        case "refunded":
            found = await _book(database, news)
        case "refund_failed":
            await _unbook(database, news, tell)
            return None
        case "dispute_won":
            await database.execute(
                DISCREPANCIES.close_discrepancy_by_reference,
                gateway=news.gateway,
                kind="disputed",
                reference=news.reference,
            )
            return None
        case _:
            found = await _disputed(database, news)
    if found is not None and await note_discrepancy(database, news.gateway, found, tell):
        return found
    return None


def news_from(payload: dict[str, Any]) -> News:
    """Build news out of what `keep_news` wrote."""
    refund_id = payload["refund_id"]
    return News(**(payload | {"refund_id": UUID(refund_id) if refund_id else None}))


async def _book(database: Database, news: News) -> Discrepancy | None:
    row = await database.fetch_one(SQL.book_refund, news=_fields(news))
    amount = Money(news.amount, news.currency)
    if row is None or row["answer"] in ("known", "unknown"):
        return None
    if row["answer"] == "booked":
        detail = f"{amount} was given back at the provider, not from here; it is in the books now"
        return Discrepancy("refunded_elsewhere", news.reference, row["payment_id"], detail, mended=True)
    detail = f"{amount} was given back at the provider; that is more than is left of the payment"
    return Discrepancy("refunded_too_much", news.reference, row["payment_id"], detail, mended=False)


async def _unbook(database: Database, news: News, tell: Tell) -> None:
    why = f"the bank sent it back: {news.why}"
    row = await database.fetch_one(SQL.unbook_refund, news=_fields(news), failure=why)
    if row is not None and row["order_number"] is not None:
        await tell("refund.failed", f"order:{row['order_number']}", {"why": why})


async def _disputed(database: Database, news: News) -> Discrepancy:
    payment = await database.fetch_one(SQL.payment_by_reference, gateway=news.gateway, gateway_ref=news.gateway_ref)
    whose = f"of order {payment['order_number']}" if payment else "of a payment that is not in the books"
    amount = Money(news.amount, news.currency)
    if news.kind == "dispute_lost":
        detail = f"the bank took {amount} {whose} back for good ({news.why})"
    else:
        detail = f"the bank disputes {amount} {whose} ({news.why}): answer it in the provider's dashboard"
    return Discrepancy(news.kind, news.reference, payment["id"] if payment else None, detail, mended=False)


def _fields(news: News) -> dict[str, Any]:
    return asdict(news) | {"refund_id": str(news.refund_id) if news.refund_id else None}
