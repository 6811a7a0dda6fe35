"""Decides, without touching the database, which stored product and variant each draft is, and which may not go in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from doorbuster.catalogue.importing.drafts import DraftProduct, DraftVariant, Rejected
from doorbuster.clock import new_id


@dataclass(frozen=True, slots=True)
class StoredVariant:
    """A variant that is in the database."""

    id: UUID
    product_id: UUID
    sku: str
    option_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchedVariant:
    """A draft and the id it has or will have."""

    id: UUID
    is_new: bool
    draft: DraftVariant


@dataclass(frozen=True, slots=True)
class MatchedProduct:
    """A draft, the id it has or will have, and those of its variants that go in."""

    id: UUID
    is_new: bool
    draft: DraftProduct
    variants: tuple[MatchedVariant, ...]


def within_claims(
    drafts: Sequence[DraftProduct], handle_lines: Mapping[str, int]
) -> tuple[list[DraftProduct], list[Rejected]]:
    """Part the drafts whose handle no earlier line of this run has taken from the rejected rows of the others."""
    kept: list[DraftProduct] = []
    rejected: list[Rejected] = []
    for draft in drafts:
        first_line = handle_lines[draft.handle]
        if first_line == draft.line:
            kept.append(draft)
            continue
        detail = f"another product of this file, in line {first_line}, has this handle; give {draft.title!r} its own"
        rejected += rows_rejected(draft, "handle-repeated", detail)
    return kept, rejected


def rows_rejected(draft: DraftProduct, reason: str, detail: str) -> Iterator[Rejected]:
    """Yield one rejection for each of the product's rows that carry a variant."""
    for variant in draft.variants:
        yield Rejected(variant.line, draft.handle, reason, detail)


def with_free_skus(draft: DraftProduct, sku_lines: Mapping[str, int]) -> tuple[DraftProduct, list[Rejected]]:
    """Leave out the variants whose SKU an earlier line of this run has taken."""
    taken = [variant for variant in draft.variants if sku_lines[variant.sku] != variant.line]
    kept = tuple(variant for variant in draft.variants if sku_lines[variant.sku] == variant.line)
    return replace(draft, variants=kept), [
        Rejected(
            variant.line, draft.handle, "sku-repeated", f"{variant.sku} was given in line {sku_lines[variant.sku]}"
        )
        for variant in taken
    ]


def is_same_product(draft: DraftProduct, vendor: str, stored: Sequence[StoredVariant]) -> bool:
    """Say whether the draft is the stored product of that vendor, and doesn't only share its handle.

    It has half of the stored variants or more, by SKU or choice; under another vendor it has all of them.
    """
    skus = {variant.sku for variant in draft.variants}
    options = {variant.option_values for variant in draft.variants}
    shared = sum(each.sku in skus or each.option_values in options for each in stored)
    return shared == len(stored) or (draft.vendor == vendor and 2 * shared >= len(stored))


def matched(
    draft: DraftProduct, product_id: UUID | None, stored: Iterable[StoredVariant]
) -> tuple[MatchedProduct, list[Rejected]]:
    """Match a product's variants by SKU, then by options, each stored one once; refuse SKUs that belong elsewhere."""
    owners = {variant.sku: variant for variant in stored}
    own = {variant.option_values: variant for variant in owners.values() if variant.product_id == product_id}
    kept: list[MatchedVariant] = []
    rejected: list[Rejected] = []
    used: set[UUID] = set()
    for variant in sorted(draft.variants, key=lambda variant: variant.sku not in owners):
        by_sku, by_options = owners.get(variant.sku), own.get(variant.option_values)
        if by_sku and (by_sku.product_id != product_id or (by_options and by_options.id != by_sku.id)):
            rejected.append(_sku_taken(draft, variant, by_sku))
            continue
        found = by_sku or by_options
        is_new = found is None or found.id in used
        variant_id = new_id() if found is None or is_new else found.id
        used.add(variant_id)
        kept.append(MatchedVariant(variant_id, is_new, variant))
    kept.sort(key=lambda each: each.draft.line)
    return MatchedProduct(product_id or new_id(), product_id is None, draft, tuple(kept)), rejected


def _sku_taken(draft: DraftProduct, variant: DraftVariant, owner: StoredVariant) -> Rejected:
    whose = " / ".join(owner.option_values) or "another product"
    return Rejected(variant.line, draft.handle, "sku-taken", f"the shop has {variant.sku} already, for {whose}")
