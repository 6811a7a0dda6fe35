"""Reads a plain price list: a CSV file with a name and a price for each product, and perhaps a type.

It has no codes, so a product is known by its name and the other facts of its row: two rows that agree in all of them
are one product, the second is rejected; two that differ in any are two.
"""

from collections.abc import Iterable, Iterator

from doorbuster.catalogue.importing import cleaning
from doorbuster.catalogue.importing.drafts import Draft, DraftProduct, DraftVariant, Noted, Rejected
from doorbuster.catalogue.importing.files import Row


def recognises(headings: list[str]) -> bool:
    """Say whether a file with these headings is a price list."""
    return {"name", "price"} <= set(headings)


def read(rows: Iterable[Row], currency: str) -> Iterator[Draft]:
    """Yield products and rejections in the order of the file, one row at a time."""
    for row in rows:
        if row.mended:
            yield Noted("lines that were not UTF-8 were read as Windows-1252")
        yield _product(row, currency)


def _product(row: Row, currency: str) -> Draft:
    name = cleaning.plain(row["name"])
    title = cleaning.headline(name) if name.isupper() else name
    identity = "|".join(value for key, value in sorted(row.cells.items()) if key not in ("price", "quantity"))
    handle = cleaning.slug(f"{title[:100]} {cleaning.short_hash(identity)}")
    if not 0 < len(title) <= cleaning.TITLE_LENGTH_MAX:
        return Rejected(row.line, name[:80], "bad-title", f"a name has 1 to {cleaning.TITLE_LENGTH_MAX} characters")
    try:
        price = cleaning.amount(row["price"], currency)
        sku = cleaning.readable_sku(row["sku"]) if row["sku"] else handle[: cleaning.SKU_LENGTH_MAX]
        quantity = cleaning.whole(row["quantity"])
    except (ValueError, OverflowError) as fault:
        return Rejected(row.line, name, "bad-value" if row["price"] else "no-price", str(fault))
    return DraftProduct(
        line=row.line,
        handle=handle,
        title=title,
        variants=(DraftVariant(row.line, sku, (), price, quantity=None if quantity is None else max(0, quantity)),),
        description_html=cleaning.sanitised_html(row["description"]),
        vendor=cleaning.plain(row["vendor"])[:200],
        category=cleaning.headline(row["type"])[:200],
        tags=tuple(cleaning.headline(row[key])[:100] for key in ("subtype", "country") if row[key]),
    )
