"""Writes a batch of drafts in one transaction: what is there and the same stays untouched, the rest is put right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from doorbuster.catalogue.importing import cleaning, matching
from doorbuster.catalogue.importing.drafts import DraftProduct, Rejected
from doorbuster.catalogue.importing.matching import MatchedProduct, StoredVariant
from doorbuster.catalogue.vocabulary import trigrams_of, vocabulary_of
from doorbuster.clock import new_id
from doorbuster.database import Database, QueryFile, Row, Transaction

SQL = QueryFile("doorbuster.catalogue.importing", "writing.sql")

MAIN_WAREHOUSE = UUID("00000000-0000-7000-8000-000000000001")

_Document = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Run:
    """One import: its id, where its rows come from (`source`, such as shopify) and what it is to do."""

    id: UUID
    source: str
    reason: str
    currency: str
    stock_otherwise: int | None = None
    dry: bool = False


@dataclass
class Written:
    """What one batch changed. Products count as updated when anything of theirs did."""

    products_added: int = 0
    products_updated: int = 0
    products_unchanged: int = 0
    variants: int = 0
    collections_added: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def day_before(run_id: UUID) -> UUID:
    """Return the least UUIDv7 of the instant 24 hours before the given one."""
    return UUID(int=(run_id.int >> 80) - 86_400_000 << 80)


class _DryRun(Exception):
    """Rolls a batch back."""


async def write_batch(database: Database, run: Run, drafts: Sequence[DraftProduct]) -> Written:
    """Write the drafts, all that may go in or, when the database fails, none; say what happened to each."""
    written = Written()
    kept = await _claimed(database, run, drafts, written)
    try:
        async with database.transaction() as transaction:
            await transaction.fetch_one(SQL.take_turns)
            products = await _matched(transaction, run, kept, written)
            if products:
                await _put(transaction, run, products, written)
            if run.dry:
                raise _DryRun
    except _DryRun:
        pass
    return written


async def _claimed(
    database: Database, run: Run, drafts: Sequence[DraftProduct], written: Written
) -> list[DraftProduct]:
    """Return the drafts with the handles and SKUs that no earlier line of the run has."""
    handle_lines = await _claim(database, run, [(draft.handle, draft.line) for draft in drafts], "handle")
    free, rejected = matching.within_claims(drafts, handle_lines)
    written.rejected += rejected
    skus = [(variant.sku, variant.line) for draft in free for variant in draft.variants]
    sku_lines = await _claim(database, run, skus, "sku")
    kept = []
    for draft in free:
        claimed, rejected = matching.with_free_skus(draft, sku_lines)
        written.rejected += rejected
        if claimed.variants:
            kept.append(claimed)
    return kept


async def _claim(database: Database, run: Run, keys: list[tuple[str, int]], kind: str) -> dict[str, int]:
    """Return which line of this run has each key."""
    claims = [{"key": f"{kind}:{key}", "line": line} for key, line in keys]
    rows = await database.fetch(SQL.claim_keys, import_id=run.id, claims=claims)
    return {row["key"].partition(":")[2]: row["line"] for row in rows}


async def _matched(
    transaction: Transaction, run: Run, drafts: list[DraftProduct], written: Written
) -> list[MatchedProduct]:
    """Match the drafts with what is stored, leaving out what belongs to others and what has no variant left."""
    rows = await transaction.fetch(SQL.existing_products, handles=[draft.handle for draft in drafts])
    stored = {row["handle"]: row for row in rows}
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    found = await transaction.fetch(SQL.existing_variants, product_ids=[row["id"] for row in rows], skus=skus)
    variants = [StoredVariant(row["id"], row["product_id"], row["sku"], tuple(row["option_values"])) for row in found]
    by_product: dict[UUID, list[StoredVariant]] = {}
    by_sku = {variant.sku: variant for variant in variants}
    for variant in variants:
        by_product.setdefault(variant.product_id, []).append(variant)
    products = []
    for draft in drafts:
        known = stored.get(draft.handle)
        own = by_product.get(known["id"], []) if known else []
        refusal = _handle_refusal(run, draft, known, own)
        if refusal:
            written.rejected += matching.rows_rejected(draft, "handle-taken", refusal)
            continue
        relevant = [by_sku[variant.sku] for variant in draft.variants if variant.sku in by_sku]
        relevant += own
        product, rejected = matching.matched(draft, known["id"] if known else None, relevant)
        written.rejected += rejected
        if product.variants:
            products.append(product)
    return products


def _handle_refusal(run: Run, draft: DraftProduct, known: Row | None, own: list[StoredVariant]) -> str | None:
    """Say why a draft may not change the product that has its handle, or None."""
    if known is None:
        return None
    if known["source"] != run.source:
        return f"the shop has a product with this handle already, from {known['source'] or 'elsewhere'}"
    if not matching.is_same_product(draft, known["vendor"], own):
        return "the shop has another product with this handle and other variants; give this one its own"
    return None


async def _put(transaction: Transaction, run: Run, products: list[MatchedProduct], written: Written) -> None:
    documents = [_product_document(product) for product in products]
    await transaction.execute(SQL.leave_collections, products=documents)
    changed = {row["id"] for row in await transaction.fetch(SQL.put_products, products=documents, source=run.source)}
    touched = set(changed)
    touched |= await _put_variants(transaction, run, products)
    touched |= await _put_media(transaction, products)
    written.collections_added = await _put_collections(transaction, documents)
    touched |= await _put_stock(transaction, run, products)
    await _put_words(transaction, products, changed)
    written.products_added = sum(product.is_new for product in products)
    written.products_updated = len(touched) - written.products_added
    written.products_unchanged = len(products) - len(touched)
    written.variants = sum(len(product.variants) for product in products)


async def _put_variants(transaction: Transaction, run: Run, products: list[MatchedProduct]) -> set[UUID]:
    documents = [(variant.is_new, _variant_document(product, index)) for product in products
                 for index, variant in enumerate(product.variants)]  # fmt: skip
    old = [document for is_new, document in documents if not is_new]
    new = [document for is_new, document in documents if is_new]
    rows = await transaction.fetch(SQL.update_variants, variants=old)
    rows += await transaction.fetch(SQL.add_variants, variants=new)
    rows += await transaction.fetch(SQL.put_prices, variants=old + new, currency=run.currency)
    return {row["product_id"] for row in rows}


async def _put_media(transaction: Transaction, products: list[MatchedProduct]) -> set[UUID]:
    media = [
        {"id": new_id(), "product_id": product.id, "position": position, "url": each.url, "alt": each.alt}
        for product in products
        for position, each in enumerate(product.draft.media, start=1)
    ]
    counts = [{"product_id": product.id, "media_count": len(product.draft.media)} for product in products]
    rows = await transaction.fetch(SQL.drop_media, counts=counts)
    if media:
        rows += await transaction.fetch(SQL.put_media, media=media)
    return {row["product_id"] for row in rows}


async def _put_collections(transaction: Transaction, documents: _Document) -> int:
    titles = {document["collection"]: document["category"] for document in documents if document["collection"]}
    drafts = [{"id": new_id(), "handle": handle, "title": title} for handle, title in sorted(titles.items())]
    added = await transaction.fetch(SQL.add_collections, collections=drafts)
    await transaction.fetch(SQL.join_collections, products=documents)
    return len(added)


async def _put_stock(transaction: Transaction, run: Run, products: list[MatchedProduct]) -> set[UUID]:
    stock: _Document = []
    for product in products:
        for variant in product.variants:
            given = variant.draft.quantity
            quantity = run.stock_otherwise if given is None else given
            if quantity is not None:
                stock.append({"pool_id": new_id(), "variant_id": variant.id, "quantity": quantity})
    if not stock:
        return set()
    await transaction.execute(SQL.open_pools, stock=stock, location_id=MAIN_WAREHOUSE)
    if not await transaction.fetch(SQL.lock_pools, stock=stock, location_id=MAIN_WAREHOUSE):
        return set()
    rows = await transaction.fetch(SQL.move_stock, stock=stock, location_id=MAIN_WAREHOUSE, reason=run.reason)
    return {row["product_id"] for row in rows}


async def _put_words(transaction: Transaction, products: list[MatchedProduct], changed: set[UUID]) -> None:
    """Count the words of new products; of changed ones only make sure that they are known."""
    words: Counter[str] = Counter()
    for product in products:
        if product.id in changed:
            draft = product.draft
            text = f"{draft.title} {draft.vendor} {draft.category} {draft.description_html[:6000]}"
            words.update(dict.fromkeys(vocabulary_of(text), int(product.is_new)))
    if words:
        document = [
            {"word": word, "trigrams": trigrams_of(word), "products": count} for word, count in sorted(words.items())
        ]
        await transaction.execute(SQL.put_words, words=document)


def _product_document(product: MatchedProduct) -> dict[str, Any]:
    draft = product.draft
    return {
        "id": product.id,
        "handle": draft.handle,
        "title": draft.title,
        "description_html": draft.description_html,
        "vendor": draft.vendor,
        "category": draft.category,
        "collection": cleaning.slug(draft.category),
        "tags": draft.tags,
        "option_names": draft.option_names,
        "status": draft.status,
        "line": min(draft.line, 2**31 - 1),
    }


def _variant_document(product: MatchedProduct, index: int) -> dict[str, Any]:
    variant = product.variants[index]
    return {
        "id": variant.id,
        "product_id": product.id,
        "position": index + 1,
        "sku": variant.draft.sku,
        "option_values": variant.draft.option_values,
        "weight_grams": variant.draft.weight_grams,
        "requires_shipping": variant.draft.requires_shipping,
        "amount": variant.draft.amount,
        "compare_at": variant.draft.compare_at,
    }
