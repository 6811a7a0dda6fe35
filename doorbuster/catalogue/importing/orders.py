"""Imports an order history: what was sold becomes fulfilled orders, what was cancelled refunds them.

Every order keeps its invoice's amounts, its time and, by `customer_key` and its number, its identity, so that a second
run adds nothing. Stock doesn't move: history was delivered long ago.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doorbuster.catalogue.importing import invoices, online_retail
from doorbuster.catalogue.importing.catalog import Progress
from doorbuster.catalogue.importing.drafts import Noted, Rejected
from doorbuster.catalogue.importing.files import Unreadable, headings_of, opened, rows_of
from doorbuster.catalogue.importing.invoices import Invoice
from doorbuster.catalogue.importing.report import RejectsWriter, Report
from doorbuster.clock import Clock, id_at, new_secret
from doorbuster.database import Database, QueryFile, Transaction

SQL = QueryFile("doorbuster.catalogue.importing", "orders.sql")

BATCH_INVOICES_MAX = 200

_Document = list[dict[str, Any]]


class _DryRun(Exception):
    """Rolls a batch back."""


async def import_orders(
    database: Database,
    clock: Clock,
    path: Path,
    currency: str,
    *,
    dry: bool = False,
    rejects: RejectsWriter | None = None,
    progress: Progress = lambda _done, _size: None,
) -> Report:
    """Import a file of invoice lines; raise Unreadable when it is none or can't be read (further)."""
    started = clock.monotonic()
    report = Report(str(path), "online-retail", rejects=rejects)
    with opened(path) as source:
        if not online_retail.recognises(headings_of(source)):
            raise Unreadable(
                f"{path} has no invoice lines: the columns InvoiceNo, StockCode, Quantity, UnitPrice and others"
            )
        for batch in _batches(invoices.read(rows_of(source), currency), report):
            try:
                async with database.transaction() as transaction:
                    await _write(transaction, batch, currency, report)
                    if dry:
                        raise _DryRun
            except _DryRun:
                pass
            progress(source.position(), source.size)
    report.seconds = clock.monotonic() - started
    return report


def _batches(found: Iterator[Invoice | Rejected | Noted], report: Report) -> Iterator[list[Invoice]]:
    batch: list[Invoice] = []
    for each in found:
        if isinstance(each, Rejected):
            report.reject(each)
        elif isinstance(each, Noted):
            report.note(each)
        elif each.lines:
            batch.append(each)
        if len(batch) >= BATCH_INVOICES_MAX:
            yield batch
            batch = []
    if batch:
        yield batch


async def _write(transaction: Transaction, batch: list[Invoice], currency: str, report: Report) -> None:
    """Write the orders first and then what cancels them."""
    sold = [invoice for invoice in batch if not invoice.cancels]
    await _write_orders(transaction, sold, currency, report)
    for invoice in batch:
        if invoice.cancels:
            await _cancel(transaction, invoice, report)


async def _write_orders(transaction: Transaction, sold: list[Invoice], currency: str, report: Report) -> None:
    orders = {id_at(invoice.at): invoice for invoice in sold}
    documents = [_order_document(invoice) | {"id": order_id} for order_id, invoice in orders.items()]
    added = {row["id"] for row in await transaction.fetch(SQL.add_orders, orders=documents, currency=currency)}
    lines: _Document = []
    payments: _Document = []
    for order_id, invoice in orders.items():
        if order_id not in added:
            continue
        amount = _items_amount(invoice) + invoice.carriage
        paid = {"amount": amount, "gateway_ref": invoice.number, "placed_at": invoice.at}
        payments.append(paid | {"id": id_at(invoice.at), "order_id": order_id})
        lines += [line | {"order_id": order_id} for line in _line_documents(invoice)]
    if added:
        await transaction.execute(SQL.add_order_lines, lines=lines)
        await transaction.execute(SQL.add_payments, payments=payments, currency=currency)
    report.counts["orders_added"] += len(added)
    report.counts["orders_unchanged"] += len(sold) - len(added)
    report.counts["order_lines_added"] += len(lines)


async def _cancel(transaction: Transaction, invoice: Invoice, report: Report) -> None:
    if invoice.carriage:
        report.note(Noted("cancellations gave carriage back, which no order's line shows"))
    if not invoice.lines:
        return
    rows = await transaction.fetch(
        SQL.apply_cancellation,
        customer_key=invoice.customer_key,
        idempotency_key=_idempotency_key(invoice),
        request_hash=_content_hash(invoice),
        at=invoice.at,
        refund_ids=[id_at(invoice.at) for _ in invoice.lines],
        skus=[line.sku for line in invoice.lines],
        quantities=[line.quantity for line in invoice.lines],
        prices=[line.unit_price for line in invoice.lines],
    )
    if any(row["applied"] for row in rows):
        report.counts["cancellations_applied"] += 1
        report.counts["lines_refunded"] += sum(row["found"] for row in rows)
    else:
        report.counts["cancellations_unchanged"] += 1
    for row in rows:
        if not row["found"]:
            line = invoice.lines[row["line"] - 1]
            whose = f"customer {invoice.customer}" if invoice.customer else "an unknown guest"
            detail = f"{line.quantity} x {line.sku} of {whose}: no earlier order here has that many at this price"
            report.reject(Rejected(line.line, invoice.number, "nothing-to-cancel", detail))


def _order_document(invoice: Invoice) -> dict[str, Any]:
    return {
        "line": invoice.line,
        "secret": new_secret(),
        "customer_key": invoice.customer_key,
        "idempotency_key": _idempotency_key(invoice),
        "request_hash": _content_hash(invoice).hex(),
        "items_amount": _items_amount(invoice),
        "shipping_amount": invoice.carriage,
        "shipping_address": {"country": invoice.country},
        "placed_at": invoice.at,
    }


def _line_documents(invoice: Invoice) -> _Document:
    return [
        {
            "position": position,
            "sku": line.sku,
            "title": line.title,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
        }
        for position, line in enumerate(invoice.lines, start=1)
    ]


def _items_amount(invoice: Invoice) -> int:
    return sum(line.quantity * line.unit_price for line in invoice.lines)


def _idempotency_key(invoice: Invoice) -> str:
    return f"online-retail:{invoice.number}"


def _content_hash(invoice: Invoice) -> bytes:
    content = repr([(line.sku, line.quantity, line.unit_price) for line in invoice.lines])
    return hashlib.blake2b(content.encode(), digest_size=16).digest()
