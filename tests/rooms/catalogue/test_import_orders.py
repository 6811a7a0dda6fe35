"""What a history of invoices becomes: fulfilled orders, refunds for cancellations, and rejections for the dirt."""

from tests.rooms.catalogue.desk import INVOICES, Desk, only, reasons

HEART = "536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
LANTERN = "536365,71053,WHITE METAL LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom"
ORDERS = "SELECT state, items_amount, shipping_amount, customer_key, source FROM orders ORDER BY number"


async def test_lines_of_one_invoice_are_one_fulfilled_order_with_frozen_amounts(desk: Desk) -> None:
    await desk.orders(HEART, LANTERN)

    assert await desk.rows(ORDERS) == [("fulfilled", 2208, 0, "i:17850", "online-retail")]
    assert await desk.rows("SELECT title, quantity, unit_price FROM order_lines ORDER BY position") == [
        ("White Hanging Heart", 6, 255),
        ("White Metal Lantern", 2, 339),
    ]


async def test_a_line_is_linked_with_the_product_that_the_shop_has(desk: Desk) -> None:
    await desk.catalog(INVOICES, HEART)
    await desk.orders(HEART, LANTERN)

    assert await desk.rows("SELECT sku, variant_id IS NOT NULL FROM order_lines ORDER BY position") == [
        ("85123A", True),
        ("71053", False),
    ]


async def test_an_order_carries_its_own_time_and_the_shops_next_number(desk: Desk) -> None:
    await desk.orders(HEART)

    assert await desk.rows(
        "SELECT number, placed_at::text, id < gen_random_uuid() FROM orders WHERE id::text < '0130'"
    ) == [(1001, "2010-12-01 08:26:00+00", True)]


async def test_postage_is_shipping_and_not_a_line(desk: Desk) -> None:
    await desk.orders(HEART, "536365,POST,POSTAGE,2,2010-12-01 08:26:00,18.00,17850.0,United Kingdom")

    assert [(row[1], row[2]) for row in await desk.rows(ORDERS)] == [(1530, 3600)]


async def test_an_invoice_of_postage_alone_sells_postage(desk: Desk) -> None:
    await desk.orders("536365,POST,POSTAGE,2,2010-12-01 08:26:00,18.00,17850.0,United Kingdom")

    assert [(row[1], row[2]) for row in await desk.rows(ORDERS)] == [(3600, 0)]
    assert await desk.rows("SELECT title, quantity, unit_price FROM order_lines") == [("Carriage", 1, 3600)]


async def test_an_invoice_of_two_minutes_or_in_two_places_is_one_order(desk: Desk) -> None:
    other = "536366,71053,WHITE METAL LANTERN,1,2010-12-01 08:26:00,3.39,1,United Kingdom"
    await desk.orders(HEART, other, LANTERN.replace("08:26", "08:27"))

    assert await desk.rows("SELECT count(*) FROM orders") == [(2,)]
    assert [row[1] for row in await desk.rows(ORDERS)] == [2208, 339]


async def test_guests_are_customers_of_their_own(desk: Desk) -> None:
    await desk.orders(HEART.replace("17850.0", ""), LANTERN.replace("536365", "536366").replace("17850.0", ""))

    assert [row[3] for row in await desk.rows(ORDERS)] == ["i:guest-536365", "i:guest-536366"]


async def test_exact_duplicates_of_a_line_are_rejected(desk: Desk) -> None:
    report = await desk.orders(HEART, HEART)

    assert reasons(report) == [(3, "line-repeated")]


async def test_write_offs_and_stock_counts_are_rejected(desk: Desk) -> None:
    report = await desk.orders(
        HEART,
        "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom",
        "536590,21777,found,10,2010-12-01 16:50:00,0.0,,United Kingdom",
    )

    assert reasons(report) == [(3, "write-off"), (4, "stock-count")]
    assert await desk.rows("SELECT count(*) FROM orders") == [(1,)]


async def test_a_cancellation_of_everything_refunds_the_order(desk: Desk) -> None:
    await desk.orders(HEART, "C536400,85123A,WHITE HANGING HEART,-6,2010-12-02 09:00:00,2.55,17850.0,United Kingdom")

    assert [row[0] for row in await desk.rows(ORDERS)] == ["refunded"]
    assert await desk.rows("SELECT state, amount, refunded_amount FROM payments") == [("refunded", 1530, 1530)]


async def test_a_cancellation_of_a_part_leaves_the_order_fulfilled(desk: Desk) -> None:
    await desk.orders(HEART, "C536400,85123A,WHITE HANGING HEART,-2,2010-12-02 09:00:00,2.55,17850.0,United Kingdom")

    assert [row[0] for row in await desk.rows(ORDERS)] == ["fulfilled"]
    assert await desk.rows("SELECT state, refunded_amount FROM payments") == [("captured", 510)]
    assert await desk.rows("SELECT amount, state FROM refunds") == [(510, "done")]


async def test_a_cancellation_of_what_nobody_bought_is_rejected(desk: Desk) -> None:
    report = await desk.orders(HEART, "C1,85123A,WHITE HANGING HEART,-6,2010-12-02 09:00:00,2.55,99.0,United Kingdom")

    assert only(report).reason == "nothing-to-cancel"
    assert "customer 99" in only(report).detail


async def test_repeating_an_import_adds_and_refunds_nothing_and_reports_the_same(desk: Desk) -> None:
    rows = (
        HEART,
        "C536400,85123A,WHITE HANGING HEART,-2,2010-12-02 09:00:00,2.55,17850.0,United Kingdom",
        "C536401,85123A,WHITE HANGING HEART,-9,2010-12-02 09:00:00,2.55,17850.0,United Kingdom",
    )
    first = await desk.orders(*rows)
    before = await desk.rows(ORDERS), await desk.rows("SELECT * FROM payments")

    again = await desk.orders(*rows)

    assert (again.counts["orders_added"], again.counts["cancellations_unchanged"]) == (0, 2)
    assert again.rejected == first.rejected == {"nothing-to-cancel": 1}
    assert (await desk.rows(ORDERS), await desk.rows("SELECT * FROM payments")) == before


async def test_a_dry_run_of_orders_changes_nothing(desk: Desk) -> None:
    report = await desk.orders(HEART, dry=True)

    assert report.counts["orders_added"] == 1
    assert await desk.rows("SELECT id FROM orders") == []


async def test_history_moves_no_stock(desk: Desk) -> None:
    await desk.catalog(INVOICES, HEART, stock_otherwise=5)
    await desk.orders(HEART)

    assert (await desk.product("white-hanging-heart-85123a")).units == 5
