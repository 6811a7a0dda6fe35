"""Reads the order history of an "Online Retail" file: invoices and cancellations out of their lines.

The rules. Lines of one invoice number are one invoice, even when they span two minutes or others come between. POST,
DOT and C2 are its carriage, or its only line; every other priced line is a line of the order, whether the shop has the
product or not. Rejected, with the reason: a line that repeats another of its invoice exactly, a negative quantity
outside a cancellation (a write-off), a line without a price and without a customer (a stock count), a negative price.
Times are taken as UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from doorbuster.catalogue.importing import cleaning
from doorbuster.catalogue.importing.drafts import Noted, Rejected
from doorbuster.catalogue.importing.files import Row

OPEN_INVOICES_MAX = 64
LINES_PER_INVOICE_MAX = 5_000
UNITS_MAX = 2**31 - 1

CARRIAGE = frozenset(("POST", "DOT", "C2"))


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Units of one stock code at one price (minor units); on a cancellation the units that came back."""

    line: int
    sku: str
    title: str
    quantity: int
    unit_price: int


@dataclass
class Invoice:
    """An order of the past, or the cancellation of parts of one; `customer` is empty for guests."""

    line: int
    number: str
    customer: str
    country: str
    at: datetime
    lines: list[InvoiceLine] = field(default_factory=list)
    carriage: int = 0
    seen: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def cancels(self) -> bool:
        """Say whether it takes earlier lines back."""
        return self.number.startswith("C")

    @property
    def customer_key(self) -> str:
        """Return the key of who bought: `i:` for imported; each guest's invoice is a customer of its own."""
        return f"i:{self.customer or 'guest-' + self.number}"


def read(rows: Iterable[Row], currency: str) -> Iterator[Invoice | Rejected | Noted]:
    """Yield invoices as they are complete, holding a few at a time, and the lines that don't go in."""
    waiting: dict[str, Invoice] = {}
    for row in rows:
        number = row["invoiceno"].upper()
        invoice = waiting.get(number)
        if invoice is None:
            started = _started(row, number)
            if isinstance(started, Rejected):
                yield started
                continue
            invoice = waiting[number] = started
        rejected = _added(invoice, row, currency)
        if rejected:
            yield rejected
        if len(waiting) > OPEN_INVOICES_MAX:
            yield _complete(waiting.pop(next(iter(waiting))))
    yield from map(_complete, waiting.values())


def _complete(invoice: Invoice) -> Invoice:
    """Return the invoice; one of carriage alone sells carriage, because an order has at least one line."""
    if invoice.carriage and not invoice.lines:
        invoice.lines.append(InvoiceLine(invoice.line, "CARRIAGE", "Carriage", 1, invoice.carriage))
        invoice.carriage = 0
    return invoice


def _started(row: Row, number: str) -> Invoice | Rejected:
    try:
        at = datetime.fromisoformat(row["invoicedate"])
        customer = cleaning.whole(row["customerid"])
    except ValueError:
        return Rejected(
            row.line, number, "bad-value", f"{row['invoicedate'][:30]!r} is not a time, or the customer not a number"
        )
    if not number:
        return Rejected(row.line, row["stockcode"], "no-invoice", "the line has no invoice number")
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    country = cleaning.plain(row["country"])[:60]
    return Invoice(row.line, number, "" if customer is None else str(customer), country, at)


def _added(invoice: Invoice, row: Row, currency: str) -> Rejected | None:
    """Add a line to its invoice, or say why not."""
    facts = (row["stockcode"], row["description"], row["quantity"], row["unitprice"], row["invoicedate"])
    if facts in invoice.seen:
        return Rejected(row.line, invoice.number, "line-repeated", "exactly as another line of this invoice")
    if len(invoice.seen) >= LINES_PER_INVOICE_MAX:
        return Rejected(row.line, invoice.number, "too-long", f"an invoice has at most {LINES_PER_INVOICE_MAX:,} lines")
    invoice.seen.add(facts)
    try:
        quantity = cleaning.whole(row["quantity"]) or 0
        price = cleaning.amount(row["unitprice"], currency)
    except ValueError as fault:
        return Rejected(row.line, invoice.number, "bad-value", str(fault))
    return _placed(invoice, row, quantity, price)


def _placed(invoice: Invoice, row: Row, quantity: int, price: int) -> Rejected | None:
    code = row["stockcode"].upper()
    if quantity < 0 and not invoice.cancels:
        return Rejected(row.line, invoice.number, "write-off", f"{code}: {quantity} units outside a cancellation")
    if price == 0 and not invoice.customer:
        return Rejected(row.line, invoice.number, "stock-count", f"{code}: neither a price nor a customer")
    if not 0 < abs(quantity) <= UNITS_MAX:
        return Rejected(row.line, invoice.number, "bad-value", f"{code}: {quantity} units")
    if code in CARRIAGE:
        invoice.carriage += abs(quantity) * price
        return None
    title = cleaning.headline(row["description"])[:300] or code
    invoice.lines.append(InvoiceLine(row.line, code[:100], title, abs(quantity), price))
    return None
