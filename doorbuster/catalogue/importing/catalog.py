"""Imports a catalogue: tells the format, reads drafts, writes them batch by batch, reports."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorbuster.catalogue.importing import online_retail, price_list, retail_demo, shopify
from doorbuster.catalogue.importing.drafts import Draft, DraftProduct, Noted, Rejected
from doorbuster.catalogue.importing.files import Source, Unreadable, headings_of, opened, rows_of
from doorbuster.catalogue.importing.report import RejectsWriter, Report
from doorbuster.catalogue.importing.writing import SQL, Run, day_before, write_batch
from doorbuster.clock import Clock, new_id
from doorbuster.database import Database

BATCH_PRODUCTS_MAX = 500
BATCH_VARIANTS_MAX = 2_000

FORMATS = ("shopify", "retail-demo", "online-retail", "price-list")

Progress = Callable[[int, int], None]
"""Told how many bytes of how many were read."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports may choose; `stock_otherwise` are the units of variants whose file says nothing."""

    currency: str
    format: str | None = None
    stock_otherwise: int | None = None
    dry: bool = False


def told_format(source: Source) -> str:
    """Tell the format by the name and the first line of a file, or raise Unreadable with what was found."""
    headings = headings_of(source)
    if shopify.recognises(headings):
        return "shopify"
    if online_retail.recognises(headings):
        return "online-retail"
    if price_list.recognises(headings):
        return "price-list"
    if source.path.name.removesuffix(".gz").endswith((".yaml", ".yml")) or source.head.lstrip().startswith(b"- "):
        return "retail-demo"
    found = ", ".join(heading[:30] for heading in headings[:8])
    raise Unreadable(
        f"{source.path} has no format we know (it begins: {found}); --format is one of {', '.join(FORMATS)}"
    )


def drafts_of(source: Source, format: str, currency: str) -> Iterator[Draft]:
    """Read the file as that format."""
    if format == "retail-demo":
        return retail_demo.read(source.stream, currency)
    readers = {"shopify": shopify.read, "online-retail": online_retail.read, "price-list": price_list.read}
    return readers[format](rows_of(source), currency)


async def import_catalog(
    database: Database,
    clock: Clock,
    path: Path,
    choices: Choices,
    *,
    rejects: RejectsWriter | None = None,
    progress: Progress = lambda _done, _size: None,
) -> Report:
    """Import a file; raise Unreadable when it can't be read (further): batches written until then stay."""
    started = clock.monotonic()
    with opened(path) as source:
        kind = choices.format or told_format(source)
        report = Report(str(path), kind, rejects=rejects)
        run = Run(new_id(), kind, f"import of {path.name}", choices.currency, choices.stock_otherwise, choices.dry)
        drafts = drafts_of(source, kind, choices.currency)
        await write_drafts(database, run, drafts, report, lambda: progress(source.position(), source.size))
    report.seconds = clock.monotonic() - started
    return report


async def write_drafts(
    database: Database,
    run: Run,
    drafts: Iterator[Draft],
    report: Report,
    after_batch: Callable[[], None] = lambda: None,
) -> None:
    """Write drafts batch by batch and count what happens; what the run had to remember is forgotten at its end."""
    try:
        for batch in _batches(drafts, report):
            await _write(database, run, batch, report)
            after_batch()
    finally:
        await database.execute(SQL.forget_claims, import_id=run.id, older_than=day_before(run.id))


async def _write(database: Database, run: Run, batch: Sequence[DraftProduct], report: Report) -> None:
    written = await write_batch(database, run, batch)
    report.counts["products_added"] += written.products_added
    report.counts["products_updated"] += written.products_updated
    report.counts["products_unchanged"] += written.products_unchanged
    report.counts["variants"] += written.variants
    report.counts["collections_added"] += written.collections_added
    for rejected in written.rejected:
        report.reject(rejected)


def _batches(drafts: Iterator[Draft], report: Report) -> Iterator[list[DraftProduct]]:
    """Gather products into batches of bounded size; rejections and notes go straight to the report."""
    batch: list[DraftProduct] = []
    variants = 0
    for draft in drafts:
        if isinstance(draft, Rejected):
            report.reject(draft)
        elif isinstance(draft, Noted):
            report.note(draft)
        else:
            batch.append(draft)
            variants += len(draft.variants)
        if len(batch) >= BATCH_PRODUCTS_MAX or variants >= BATCH_VARIANTS_MAX:
            yield batch
            batch, variants = [], 0
    if batch:
        yield batch
