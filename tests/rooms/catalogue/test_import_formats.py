"""The other formats: the Retail Demo Store's YAML, a plain price list, a catalogue out of invoices."""

import pytest

from doorbuster.catalogue.importing.files import Unreadable
from tests.rooms.catalogue.desk import INVOICES, Desk, only, reasons

DEMO = """
- id: 6579c22f-be2b-444c-a52b-0116dd82df6c
  current_stock: 15
  name: Expedition Backpack
  category: accessories
  style: backpack
  description: Ready for anything, <b>rain</b> included.
  price: 129.99
- id: 2e852905-c6f4-47db-802c-654013571922
  name: Expedition Backpack
  category: accessories
  price: 99.5
"""


async def test_the_retail_demo_yaml_gives_products_whose_handle_carries_their_id(desk: Desk) -> None:
    report = await desk.raw(DEMO.encode(), "products.yaml.gz")

    backpack = await desk.product("expedition-backpack-6579")
    assert report.counts["products_added"] == 2
    assert (backpack.category, backpack.tags, backpack.units) == ("Accessories", ("backpack",), 15)
    assert str((await desk.product("expedition-backpack-2e85")).variants[0].price) == "£99.50"


@pytest.mark.parametrize(
    "items", ["- {id: a, name: N, price: '1', tags: [x]}", "- &a {id: a, name: N, price: '1'}\n- {b: *a}"]
)
async def test_a_yaml_item_that_is_not_flat_is_rejected(desk: Desk, items: str) -> None:
    report = await desk.raw(items.encode(), "products.yaml")

    assert "not-flat" in report.rejected


async def test_yaml_that_breaks_off_keeps_what_came_before_and_says_where(desk: Desk) -> None:
    with pytest.raises(Unreadable, match=r"line 1[34]"):
        await desk.raw(DEMO.encode() + b'- id: "never closed\n', "products.yaml")


async def test_a_price_list_knows_products_by_all_their_facts(desk: Desk) -> None:
    report = await desk.catalog(
        "Type,Country,Name,Price",
        "WINE,CANADA,SOMMET ROUGE,29.99",
        "WINE,FRANCE,SOMMET ROUGE,31",
        "WINE,CANADA,SOMMET ROUGE,12.99",
        "WINE,CANADA,NO PRICE,",
    )

    assert report.counts["products_added"] == 2
    assert reasons(report) == [(5, "no-price"), (4, "handle-repeated")]
    assert await desk.rows("SELECT DISTINCT title, category FROM products") == [("Sommet Rouge", "Wine")]


async def test_invoices_give_the_commonest_price_and_description_of_each_code(desk: Desk) -> None:
    await desk.catalog(
        INVOICES,
        "536365,85123A,WHITE HANGING HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "536366,85123A,WHITE HANGING HEART,6,2010-12-01 08:28:00,2.95,17850.0,United Kingdom",
        "536367,85123A,WHITE HANGING HEART,1,2010-12-01 08:34:00,2.55,13047.0,United Kingdom",
        "536368,85123A,damaged,1,2010-12-01 08:34:00,0.0,,United Kingdom",
    )

    heart = await desk.product("white-hanging-heart-85123a")
    assert (heart.title, str(heart.variants[0].price), heart.variants[0].sku) == (
        "White Hanging Heart",
        "£2.55",
        "85123A",
    )


async def test_codes_that_differ_only_in_case_are_one_product(desk: Desk) -> None:
    report = await desk.catalog(
        INVOICES,
        "1,84029G,UNION FLAG BOTTLE,6,2010-12-01 08:26:00,3.39,1,United Kingdom",
        "2,84029g,UNION FLAG BOTTLE,6,2010-12-01 08:26:00,3.39,1,United Kingdom",
    )

    assert report.counts["products_added"] == 1
    assert report.notes["stock codes that differ only in case were taken for one product"] == 1


async def test_codes_that_are_no_products_are_rejected_once_each_with_their_lines(desk: Desk) -> None:
    report = await desk.catalog(
        INVOICES,
        "1,POST,POSTAGE,1,2010-12-01 08:26:00,18,1,France",
        "2,POST,POSTAGE,1,2010-12-01 08:26:00,18,1,France",
        "3,BANK CHARGES,Bank Charges,1,2010-12-01 08:26:00,15,1,United Kingdom",
        "4,84029G,UNION FLAG BOTTLE,6,2010-12-01 08:26:00,3.39,1,United Kingdom",
    )

    assert reasons(report) == [(2, "not-a-product"), (4, "not-a-product")]
    assert "2 lines" in report.examples[0].detail


async def test_a_code_that_was_only_cancelled_or_written_off_is_no_product(desk: Desk) -> None:
    report = await desk.catalog(
        INVOICES,
        "C1,84029G,UNION FLAG BOTTLE,-6,2010-12-01 08:26:00,3.39,1,United Kingdom",
        "2,84029G,,-6,2010-12-01 08:26:00,0.0,,United Kingdom",
    )

    assert only(report).reason == "never-sold"


async def test_products_without_stock_in_the_file_get_what_the_importer_says(desk: Desk) -> None:
    await desk.catalog(INVOICES, "1,84029G,UNION FLAG BOTTLE,6,2010-12-01 08:26:00,3.39,1,UK", stock_otherwise=40)

    assert (await desk.product("union-flag-bottle-84029g")).units == 40
