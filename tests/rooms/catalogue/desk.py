"""The desk where catalogues arrive: write a file, import it, and see what the shop has then."""

import gzip
from pathlib import Path

from doorbuster.catalogue.importing.catalog import Choices, import_catalog
from doorbuster.catalogue.importing.drafts import Rejected
from doorbuster.catalogue.importing.orders import import_orders
from doorbuster.catalogue.importing.report import Report
from doorbuster.catalogue.products import Product, product_by_handle
from doorbuster.clock import ManualClock
from doorbuster.database import Database
from doorbuster.database.queries import Cost, Query

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty"
)
INVOICES = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


class Desk:
    """Imports texts as files into one shop."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.rejects: list[list[object]] = []

    def writerow(self, row: list[object], /) -> None:
        self.rejects.append(row)

    async def catalog(self, *lines: str, name: str = "catalogue.csv", **choices: object) -> Report:
        return await self.raw("\n".join(lines).encode(), name, **choices)

    async def raw(self, content: bytes, name: str = "catalogue.csv", **choices: object) -> Report:
        path = self.folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        given = Choices(**{"currency": "GBP", **choices})
        return await import_catalog(self.database, ManualClock(), path, given, rejects=self)

    async def orders(self, *lines: str, dry: bool = False) -> Report:
        path = self.folder / "invoices.csv"
        path.write_text("\n".join([INVOICES, *lines]))
        return await import_orders(self.database, ManualClock(), path, "GBP", dry=dry, rejects=self)

    async def product(self, handle: str) -> Product:
        product = await product_by_handle(self.database, handle, "GBP")
        assert product is not None
        return product

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        query = Query("of_a_test", "a test looks", Cost(100, 100), sql, ())
        return [tuple(row.values()) for row in await self.database.fetch(query)]


def reasons(report: Report) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in report.examples]


def only(report: Report) -> Rejected:
    assert len(report.examples) == 1
    return report.examples[0]
