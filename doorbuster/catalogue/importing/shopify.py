"""Reads Shopify's product CSV, old headings and new, and what other tools write under its name.

A product is a row with a title and the rows of the same handle that follow it. A row repeats the product's title or
leaves it empty; a row with the handle of a product and *other* facts about it is another product that claims the same
handle, and is rejected with all its rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from doorbuster.catalogue.importing import cleaning
from doorbuster.catalogue.importing.drafts import Draft, DraftMedia, DraftProduct, DraftVariant, Noted, Rejected
from doorbuster.catalogue.importing.files import Row

ROWS_OF_PRODUCT_MAX = 2_000

HEADINGS = {
    "url handle": "handle",
    "body (html)": "body",
    "description": "body",
    "product type": "type",
    "published on online store": "published",
    "sku": "variant sku",
    "price": "variant price",
    "compare-at price": "variant compare at price",
    "variant compare-at price": "variant compare at price",
    "variant inventory qty": "quantity",
    "variant inventory quantity": "quantity",
    "inventory quantity": "quantity",
    "weight value (grams)": "variant grams",
    "requires shipping": "variant requires shipping",
    "product image url": "image src",
}
"""Other headings for what we call as on the right; compared in small letters."""

READ = frozenset((
    "handle", "title", "body", "vendor", "type", "tags", "published", "status", "option1 name", "option1 value",
    "option2 name", "option2 value", "option3 name", "option3 value", "variant sku", "variant price", "quantity",
    "variant compare at price", "variant grams", "variant requires shipping", "image src", "image alt text",
))  # fmt: skip

_STATUS = {"active": "active", "draft": "draft", "archived": "archived", "": "active"}
_FACTS = ("title", "body", "vendor", "type")


@dataclass
class _Block:
    """The rows of one product, as they are gathered."""

    first: Row
    rows: list[Row] = field(default_factory=list)


def recognises(headings: list[str]) -> bool:
    """Say whether a file with these headings is a Shopify product CSV."""
    known = {HEADINGS.get(heading, heading) for heading in headings}
    return "handle" in known and "title" in known and bool(known & {"variant price", "variant sku", "option1 name"})


def read(rows: Iterable[Row], currency: str) -> Iterator[Draft]:
    """Yield products and rejections in the order of the file, holding one product's rows at a time."""
    block: _Block | None = None
    for number, raw in enumerate(rows):
        row = _renamed(raw)
        if number == 0:
            yield from _ignored_columns(raw)
        if raw.mended:
            yield Noted("lines that were not UTF-8 were read as Windows-1252")
        if block is not None and _continues(block, row):
            block.rows.append(row)
            continue
        if block is not None:
            yield from _product(block, currency)
        block, rejected = _started(row)
        if rejected:
            yield rejected
    if block is not None:
        yield from _product(block, currency)


def _renamed(row: Row) -> Row:
    return Row(row.line, {HEADINGS.get(name, name): value for name, value in row.cells.items()}, row.mended)


def _ignored_columns(row: Row) -> Iterator[Noted]:
    for heading in row.cells:
        if HEADINGS.get(heading, heading) in READ:
            continue
        if "metafield" in heading:
            yield Noted("metafield columns were ignored")
        elif " / " in heading and not heading.startswith("google shopping"):
            yield Noted("columns of single markets were ignored")
        else:
            yield Noted("columns we have no use for were ignored")


def _continues(block: _Block, row: Row) -> bool:
    """Say whether the row is a further variant or picture of the block's product."""
    if row["handle"] not in ("", block.first["handle"]) or len(block.rows) >= ROWS_OF_PRODUCT_MAX:
        return False
    return all(row[fact] in ("", block.first[fact]) for fact in _FACTS) and not _starts_anew(block, row)


def _starts_anew(block: _Block, row: Row) -> bool:
    """Say whether a row repeats the title, but also a choice that the product has already: a second product."""
    if not row["title"] or not row["body"]:
        return False
    values = _option_values(row)
    return any(_option_values(other) == values for other in block.rows) and _offers(row)


def _started(row: Row) -> tuple[_Block | None, Rejected | None]:
    if not row["handle"]:
        return None, Rejected(row.line, row["title"], "no-handle", "the row has no handle")
    if not row["title"]:
        return None, Rejected(
            row.line, row["handle"], "no-product", "a variant's row with no titled row of its product before it"
        )
    return _Block(row, [row]), None


def _product(block: _Block, currency: str) -> Iterator[Draft]:
    first = block.first
    status = _STATUS.get(first["status"].lower())
    handle, title = cleaning.slug(first["handle"]), cleaning.plain(first["title"])
    if handle != first["handle"] and handle:
        yield Noted("handles were rewritten in small letters, digits and hyphens")
    refusal = _refusal(handle, title, status, first)
    if refusal:
        yield Rejected(first.line, first["handle"][:120], *refusal)
        return
    names = _option_names(first)
    variants: list[DraftVariant] = []
    for draft in _variants(block, handle, names, currency):
        if isinstance(draft, DraftVariant):
            variants.append(draft)
        else:
            yield draft
    if not variants:
        return
    published = cleaning.truth(first["published"], otherwise=True)
    yield DraftProduct(
        line=first.line,
        handle=handle,
        title=title,
        variants=tuple(variants),
        description_html=cleaning.sanitised_html(first["body"]),
        vendor=cleaning.plain(first["vendor"])[:200],
        category=cleaning.plain(first["type"])[:200],
        tags=_tags(first["tags"]),
        option_names=names,
        status="draft" if status == "active" and not published else status or "active",
        media=_media(block.rows),
    )


def _refusal(handle: str, title: str, status: str | None, first: Row) -> tuple[str, str] | None:
    if not handle:
        return "bad-handle", f"the handle {first['handle'][:60]!r} has no letter or digit of the Latin alphabet"
    if not 0 < len(title) <= cleaning.TITLE_LENGTH_MAX:
        return "bad-title", f"a title has 1 to {cleaning.TITLE_LENGTH_MAX} characters, this one {len(title)}"
    if status is None:
        return "bad-status", f"the status {first['status'][:40]!r} is none of active, draft, archived"
    return None


def _variants(
    block: _Block, handle: str, names: tuple[str, ...], currency: str
) -> Iterator[DraftVariant | Rejected | Noted]:
    taken: dict[tuple[str, ...], int] = {}
    for row in block.rows:
        if not _offers(row):
            continue
        values = tuple(cleaning.plain(value) for value in _option_values(row))[: len(names)]
        if values in taken:
            choice = " / ".join(values) or "its only choice"
            detail = f"{choice} of {handle} was given in line {taken[values]} already"
            yield Rejected(row.line, handle, "options-repeated", detail)
            continue
        taken[values] = row.line
        yield from _variant(row, handle, values, currency)


def _variant(
    row: Row, handle: str, values: tuple[str, ...], currency: str
) -> Iterator[DraftVariant | Rejected | Noted]:
    if not row["variant price"]:
        yield Rejected(row.line, handle, "no-price", "the variant has no price")
        return
    try:
        price = cleaning.amount(row["variant price"], currency)
        compare_at = (
            cleaning.amount(row["variant compare at price"], currency) if row["variant compare at price"] else 0
        )
        sku = cleaning.readable_sku(row["variant sku"]) if row["variant sku"] else cleaning.derived_sku(handle, values)
        quantity = cleaning.whole(row["quantity"])
        grams = int(float(row["variant grams"] or 0))
    except (ValueError, OverflowError) as fault:
        yield Rejected(row.line, handle, "bad-value", str(fault))
        return
    if not row["variant sku"]:
        yield Noted("empty SKUs were made out of handle and options")
    if price == 0:
        yield Noted("variants cost 0.00")
    if compare_at and compare_at <= price:
        yield Noted("compare-at prices that are not above the price were left out")
    yield DraftVariant(
        line=row.line,
        sku=sku,
        option_values=values,
        amount=price,
        compare_at=compare_at if compare_at > price else None,
        quantity=None if quantity is None else max(0, quantity),
        weight_grams=min(max(0, grams), 10**9),
        requires_shipping=cleaning.truth(row["variant requires shipping"], otherwise=True),
    )


def _offers(row: Row) -> bool:
    """Say whether a row offers a variant; otherwise it only adds a picture."""
    return bool(row["title"] or row["variant price"] or row["variant sku"] or any(_option_values(row)))


def _option_values(row: Row) -> tuple[str, ...]:
    values = (row["option1 value"], row["option2 value"], row["option3 value"])
    return ("", "", "") if values == ("Default Title", "", "") else values


def _option_names(first: Row) -> tuple[str, ...]:
    if first["option1 value"] in ("", "Default Title"):
        return ()
    names = (first["option1 name"], first["option2 name"], first["option3 name"])
    return tuple(cleaning.plain(name) for name in names if name)


def _tags(text: str) -> tuple[str, ...]:
    tags = (cleaning.plain(tag)[:100] for tag in text.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:100]


def _media(rows: list[Row]) -> tuple[DraftMedia, ...]:
    alts = {row["image src"]: cleaning.plain(row["image alt text"]) for row in reversed(rows) if row["image src"]}
    web = [(url, alt) for url, alt in reversed(alts.items()) if url.startswith(("https://", "http://"))]
    return tuple(DraftMedia(cleaning.plain(url)[:2000], alt[:500]) for url, alt in web[:50])
