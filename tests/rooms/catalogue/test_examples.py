"""The example shop: quickly there, handsome, safe to install again, and ready for its demo sale."""

import pytest

from doorbuster.catalogue.collections import collections
from doorbuster.catalogue.examples import DEMO_SALE_PRODUCT, install
from doorbuster.catalogue.products import products_in_collection
from tests.rooms.catalogue.desk import Desk


async def test_it_brings_1681_products_on_named_shelves_with_a_few_featured(desk: Desk) -> None:
    report = await install(desk.database, "GBP")

    assert (report.counts["products_added"], report.rejected) == (1681, {})
    assert len(await collections(desk.database)) == 11
    assert all("<p>" in shelf.description_html for shelf in await collections(desk.database))
    assert len((await products_in_collection(desk.database, "featured", "GBP")).items) == 10


async def test_the_product_of_the_demo_sale_has_units_to_sell(desk: Desk) -> None:
    await install(desk.database, "GBP")

    product = await desk.product(DEMO_SALE_PRODUCT.handle)

    assert (product.title, product.variants[0].sku) == (DEMO_SALE_PRODUCT.title, DEMO_SALE_PRODUCT.sku)
    assert product.units > DEMO_SALE_PRODUCT.units
    assert product.variants[0].price is not None
    assert product.variants[0].price.amount == DEMO_SALE_PRODUCT.regular_price


async def test_installing_it_again_changes_nothing(desk: Desk) -> None:
    await install(desk.database, "GBP")

    again = await install(desk.database, "GBP")

    assert (again.counts["products_unchanged"], again.counts["products_added"]) == (1681, 0)


@pytest.mark.parametrize("currency", ["JPY", "KWD", "USD"])
async def test_it_opens_in_any_currency(desk: Desk, currency: str) -> None:
    assert (await install(desk.database, currency)).rejected == {}
