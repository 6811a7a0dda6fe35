"""Reads the product list of the AWS Retail Demo Store: a YAML sequence of flat mappings, event by event.

Handle and SKU carry the product's own id, so they are the same in every run whatever the order of the file.
"""

from collections.abc import Iterator
from typing import BinaryIO

import yaml

from doorbuster.catalogue.importing import cleaning
from doorbuster.catalogue.importing.drafts import Draft, DraftProduct, DraftVariant, Rejected
from doorbuster.catalogue.importing.files import Unreadable

KEYS_MAX = 100

_Item = dict[str, str]


def read(stream: BinaryIO, currency: str) -> Iterator[Draft]:
    """Yield products and rejections in the order of the file, holding one item at a time."""
    try:
        for line, item in _items(stream):
            yield _nested(line) if item is None else _product(line, item, currency)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise Unreadable(f"the YAML can't be read any further: {' '.join(str(fault).split())}") from None


def _items(stream: BinaryIO) -> Iterator[tuple[int, _Item | None]]:
    """Yield each mapping of the outermost sequence with its line; None for one that isn't flat."""
    events = yaml.parse(stream, Loader=yaml.CSafeLoader)
    depth = 0
    for event in events:
        if isinstance(event, yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.SequenceEndEvent):
            depth -= 1
        elif isinstance(event, yaml.MappingStartEvent) and depth == 1:
            yield _line(event), _mapping(events)
        elif isinstance(event, yaml.MappingStartEvent | yaml.ScalarEvent | yaml.AliasEvent):
            raise Unreadable(f"line {_line(event)}: a product list is a sequence of mappings")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _mapping(events: Iterator[yaml.Event]) -> _Item | None:
    """Read up to the end of a mapping; None if anything in it isn't a plain text."""
    texts: list[str] = []
    flat, depth = True, 1
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth, flat = depth + 1, False
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
            if depth == 0:
                break
        elif isinstance(event, yaml.ScalarEvent) and len(texts) < KEYS_MAX * 2:
            texts.append(event.value)
        else:
            flat = False
    return dict(zip(texts[::2], texts[1::2], strict=False)) if flat else None


def _nested(line: int) -> Rejected:
    return Rejected(line, "", "not-flat", f"a product is a flat mapping of at most {KEYS_MAX} keys without aliases")


def _product(line: int, item: _Item, currency: str) -> Draft:
    name = cleaning.plain(item.get("name", ""))
    try:
        sku = cleaning.readable_sku(item.get("id", ""))
        price = cleaning.amount(item.get("price", ""), currency)
        quantity = cleaning.whole(item.get("current_stock", ""))
    except (ValueError, OverflowError) as fault:
        return Rejected(line, name, "bad-value", str(fault))
    handle = cleaning.slug(f"{name[:100]} {cleaning.slug(sku)[:4]}")
    if not 0 < len(name) <= cleaning.TITLE_LENGTH_MAX or not handle:
        return Rejected(line, sku, "bad-title", f"a name has 1 to {cleaning.TITLE_LENGTH_MAX} characters")
    return DraftProduct(
        line=line,
        handle=handle,
        title=name,
        variants=(DraftVariant(line, sku, (), price, quantity=None if quantity is None else max(0, quantity)),),
        description_html=cleaning.sanitised_html(item.get("description", "")),
        category=cleaning.plain(item.get("category", "")).capitalize()[:200],
        tags=_tags(item),
    )


def _tags(item: _Item) -> tuple[str, ...]:
    marks = [key for key in ("featured", "promoted") if cleaning.truth(item.get(key, ""), otherwise=False)]
    return tuple(tag for tag in (cleaning.plain(item.get("style", ""))[:100], *marks) if tag)
