"""What shoppers see of products: cards in pages, the whole product, prices by currency, how many are left."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.catalogue.collections import collection_by_handle, collections
from doorbuster.catalogue.paging import Cursor, parse_cursor
from doorbuster.catalogue.products import (
    availability_of,
    newest_products,
    product_by_handle,
    products_in_collection,
    products_like,
    variant_by_sku,
)
from tests.rooms.catalogue.desk import SHOPIFY, Desk


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    rows = [f"lamp-{n},Lamp {n},,,Lamps,Size,{size},L-{n}-{size},{n}.50,{n}" for n in range(1, 8) for size in ("S",)]
    await desk.catalog(SHOPIFY, *rows, "hat,Hat,,,Hats,Colour,red,H-1,10,2", "hat,,,,,Colour,tan,H-2,12,0")
    return desk


async def test_a_card_tells_the_price_range_and_what_is_left(shop: Desk) -> None:
    card = (await newest_products(shop.database, "GBP")).items[0]

    assert (card.handle, str(card.price), str(card.price_to), card.prices_vary) == ("hat", "£10.00", "£12.00", True)
    assert (card.units, card.availability, card.variant_count) == (2, "last_few", 2)


@pytest.mark.parametrize(
    ("units", "told"), [(-1, "sold_out"), (0, "sold_out"), (1, "last_few"), (5, "last_few"), (6, "available")]
)
def test_units_are_told_in_words(units: int, told: str) -> None:
    assert availability_of(units) == told


async def test_pages_of_the_newest_follow_each_other_without_gap_or_repeat(shop: Desk) -> None:
    first = await newest_products(shop.database, "GBP", size=5)
    second = await newest_products(shop.database, "GBP", size=5, after=first.next)

    assert [card.handle for card in (*first.items, *second.items)] == ["hat", *(f"lamp-{n}" for n in range(7, 0, -1))]
    assert second.next is None


async def test_a_collection_shows_its_products_in_the_merchants_order(shop: Desk) -> None:
    first = await products_in_collection(shop.database, "lamps", "GBP", size=4)
    second = await products_in_collection(shop.database, "lamps", "GBP", size=4, after=first.next)

    assert [card.handle for card in (*first.items, *second.items)] == [f"lamp-{n}" for n in range(1, 8)]


async def test_collections_are_found_by_handle(shop: Desk) -> None:
    assert [each.handle for each in await collections(shop.database)] == ["hats", "lamps"]
    assert await collection_by_handle(shop.database, "nothing") is None


async def test_a_product_has_its_variants_in_order(shop: Desk) -> None:
    hat = await product_by_handle(shop.database, "hat", "GBP")

    assert hat is not None
    assert [(each.title, each.availability) for each in hat.variants] == [("red", "last_few"), ("tan", "sold_out")]


async def test_more_like_it_are_of_its_category_and_not_itself(shop: Desk) -> None:
    lamp = await product_by_handle(shop.database, "lamp-1", "GBP")

    assert lamp is not None
    assert [card.handle for card in await products_like(shop.database, lamp, "GBP", size=3)] == [
        "lamp-7",
        "lamp-6",
        "lamp-5",
    ]


async def test_a_variant_is_found_by_its_sku(shop: Desk) -> None:
    variant = await variant_by_sku(shop.database, "H-2", "GBP")

    assert variant is not None
    assert (variant.product_handle, variant.title, str(variant.price)) == ("hat", "tan", "£12.00")
    assert await variant_by_sku(shop.database, "h-2", "GBP") is None


async def test_a_currency_without_prices_has_none_to_show(shop: Desk) -> None:
    card = (await newest_products(shop.database, "EUR")).items[0]
    variant = await variant_by_sku(shop.database, "H-1", "EUR")

    assert card.price is None
    assert variant is not None
    assert variant.price is None


@given(some.integers(-(10**17), 10**17), some.uuids())
def test_a_cursor_survives_its_journey_through_an_address(key: int, row_id: object) -> None:
    cursor = Cursor(key, row_id)

    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "x.00000000000000000000000000000000", "1" * 40 + "." + "0" * 32, "1.\n"]
)
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert parse_cursor(text) is None
