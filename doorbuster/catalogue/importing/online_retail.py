"""Makes a catalogue out of the invoices of an "Online Retail" file: what was sold, under which name, at what price.

The rule. A product is a stock code of five digits and up to two letters; codes that differ only in case are one
product. Only lines that sold it count (quantity and price above zero, not a cancellation). Its price is the unit price
of most such lines and its title their most frequent description; among equals the latest wins. Memory grows with the
number of stock codes, never with the number of lines.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from doorbuster.catalogue.importing import cleaning
from doorbuster.catalogue.importing.drafts import Draft, DraftProduct, DraftVariant, Noted, Rejected
from doorbuster.catalogue.importing.files import Row, Unreadable

STOCK_CODES_MAX = 500_000
VALUES_PER_CODE_MAX = 64

PRODUCT_CODE = re.compile(r"[0-9]{5}[A-Z]{0,2}")


@dataclass
class _Sold:
    """What the lines said of one stock code so far."""

    line: int
    lines: int = 0
    spellings: set[str] = field(default_factory=set)
    prices: Counter[str] = field(default_factory=Counter)
    descriptions: Counter[str] = field(default_factory=Counter)


def recognises(headings: list[str]) -> bool:
    """Say whether a file with these headings is one of invoice lines."""
    return {"invoiceno", "stockcode", "description", "quantity", "unitprice"} <= set(headings)


def read(rows: Iterable[Row], currency: str) -> Iterator[Draft]:
    """Read every line, then yield one product or rejection for each stock code, in order of first appearance."""
    sold: dict[str, _Sold] = {}
    unsold_lines = 0
    for row in rows:
        code = row["stockcode"].upper()
        if not code:
            yield Rejected(row.line, row["description"], "no-code", "the line has no stock code")
            continue
        seen = sold.get(code)
        if seen is None:
            if len(sold) >= STOCK_CODES_MAX:
                raise Unreadable(f"line {row.line}: more than {STOCK_CODES_MAX:,} different stock codes")
            seen = sold[code] = _Sold(row.line)
        unsold_lines += not _observed(seen, row)
    yield Noted("cancelled, returned, written-off and unpriced lines said nothing of a price", unsold_lines)
    for code, seen in sold.items():
        yield from _product(code, seen, currency)


def _observed(seen: _Sold, row: Row) -> bool:
    """Count a line; say whether it sold something."""
    seen.lines += 1
    seen.spellings.add(row["stockcode"])
    selling = not row["invoiceno"].upper().startswith("C") and not row["quantity"].startswith("-")
    priced = row["unitprice"].strip("0.") != "" and not row["unitprice"].startswith("-")
    if not (selling and priced):
        return False
    _count(seen.prices, row["unitprice"])
    if row["description"]:
        _count(seen.descriptions, row["description"])
    return True


def _count(values: Counter[str], value: str) -> None:
    """Count one more and let it be the latest; a value too many takes the rarest one's place."""
    if value not in values and len(values) >= VALUES_PER_CODE_MAX:
        del values[min(values, key=values.__getitem__)]
    values[value] = values.pop(value, 0) + 1


def _product(code: str, seen: _Sold, currency: str) -> Iterator[Draft]:
    spelt = " ".join(sorted(seen.spellings))
    if not PRODUCT_CODE.fullmatch(code):
        detail = f"{spelt} is not a product's code (five digits, up to two letters); {seen.lines} lines"
        yield Rejected(seen.line, spelt, "not-a-product", detail)
        return
    if not seen.prices or not seen.descriptions:
        yield Rejected(seen.line, spelt, "never-sold", f"none of its {seen.lines} lines has a price and a description")
        return
    if len(seen.spellings) > 1:
        yield Noted("stock codes that differ only in case were taken for one product")
    if len(seen.descriptions) > 1:
        yield Noted("stock codes had several descriptions; the most frequent one was taken")
    if len(seen.prices) > 1:
        yield Noted("stock codes had several prices; the most frequent one was taken")
    title = cleaning.headline(_commonest(seen.descriptions))[: cleaning.TITLE_LENGTH_MAX]
    try:
        price = cleaning.amount(_commonest(seen.prices), currency)
    except ValueError as fault:
        yield Rejected(seen.line, spelt, "bad-value", str(fault))
        return
    handle = cleaning.slug(f"{title[:100]} {code}")
    yield DraftProduct(line=seen.line, handle=handle, title=title, variants=(DraftVariant(seen.line, code, (), price),))


def _commonest(values: Counter[str]) -> str:
    """Return the most frequent value; of several the latest, which the dictionary keeps last."""
    return max(reversed(values), key=values.__getitem__)
