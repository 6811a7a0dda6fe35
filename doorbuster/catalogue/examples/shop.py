"""Installs the example shop from the product list beside this file."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from typing import BinaryIO, cast

from doorbuster.catalogue.importing import retail_demo
from doorbuster.catalogue.importing.catalog import write_drafts
from doorbuster.catalogue.importing.cleaning import short_hash, slug
from doorbuster.catalogue.importing.drafts import Draft, DraftProduct
from doorbuster.catalogue.importing.report import Report
from doorbuster.catalogue.importing.writing import Run
from doorbuster.clock import new_id
from doorbuster.database import Database, QueryFile

SQL = QueryFile("doorbuster.catalogue.examples", "shop.sql")

FEATURED = "featured"

_FILE = "retail-demo-store-products.yaml.gz"
_SHELVES = {
    "Featured": ("Picked for you", "Ten things we would put in the window."),
    "Accessories": ("Accessories", "Bags, belts, watches and glasses that finish what you are wearing."),
    "Clothing": ("Clothing", "Jackets, shirts, scarves and socks, from a plain tee to a down parka."),
    "Furniture": ("Furniture", "Chairs to sit in, tables to sit at, sofas to stay on."),
    "Home decor": ("Home décor", "Lamps, clocks, cushions and other small things that change a room."),
    "Kitchen and table": ("Kitchen & table", "Pots, bowls, glasses, and whole tables laid for guests."),
    "Beauty": ("Beauty", "Soaps, scrubs and the tools of a good morning."),
    "Tools": ("Tools", "For the workshop, and for the drawer where the good screwdriver lives."),
    "Books and travel": ("Books & travel", "Cookbooks, guides, posters and journeys."),
    "Food hall": ("Food hall", "Bread, fruit, cheese and fish, as fresh as invented groceries can be."),
    "Seasonal": ("Seasonal", "Christmas, Easter, Hallowe'en and the fourteenth of February."),
}
_CATEGORIES = {
    "Apparel": "Clothing",
    "Homedecor": "Home decor",
    "Housewares": "Kitchen and table",
    "Books": "Books and travel",
    "Groceries": "Food hall",
}


@dataclass(frozen=True, slots=True)
class DemoSaleProduct:
    """What the demo sale sells; amounts are minor units of the shop's currency."""

    handle: str
    sku: str
    title: str
    units: int
    regular_price: int
    sale_price: int


DEMO_SALE_PRODUCT = DemoSaleProduct(
    handle="scandinavian-tripod-floor-lamp-1282",
    sku="128237ba-34a4-4d45-88e1-fcb00109ff81",
    title="Scandinavian Tripod Floor Lamp",
    units=500,
    regular_price=149_99,
    sale_price=49_99,
)


async def install(database: Database, currency: str) -> Report:
    """Put the example shop's products, collections and stock into the database; safe to repeat."""
    shelves = [
        {"id": new_id(), "handle": slug(category), "title": title, "description_html": f"<p>{text}</p>", "position": at}
        for at, (category, (title, text)) in enumerate(_SHELVES.items())
    ]
    await database.execute(SQL.add_shelves, shelves=shelves)
    drafts = list(_drafts())
    report = Report(_FILE, "retail-demo")
    await write_drafts(database, Run(new_id(), "retail-demo", "example shop", currency), iter(drafts), report)
    featured = [draft.handle for draft in drafts if isinstance(draft, DraftProduct) and FEATURED in draft.tags]
    await database.execute(SQL.fill_shelf, shelf=FEATURED, handles=featured)
    return report


def _drafts() -> Iterator[Draft]:
    """Yield the products, well mixed but always in the same order, as this shop presents them.

    Prices keep their minor units whatever the currency: 149.99 of one is 14,999 of another that has no decimals.
    """
    packed = resources.files("doorbuster.catalogue.examples").joinpath(_FILE)
    with packed.open("rb") as file, gzip.open(file) as stream:
        drafts = [
            draft for draft in retail_demo.read(cast("BinaryIO", stream), "USD") if isinstance(draft, DraftProduct)
        ]
    drafts.sort(key=lambda draft: short_hash(draft.handle))
    for index, draft in enumerate(drafts, start=1):
        category = _CATEGORIES.get(draft.category, draft.category)
        variants = draft.variants
        if draft.handle == DEMO_SALE_PRODUCT.handle:
            received = (variants[0].quantity or 0) + DEMO_SALE_PRODUCT.units
            variants = (replace(variants[0], line=index, quantity=received),)
        yield replace(draft, line=index, category=category, variants=tuple(replace(v, line=index) for v in variants))
