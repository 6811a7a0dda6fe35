"""What Shopify's product CSV brings in, and every quirk that its real files have."""

import pytest

from tests.rooms.catalogue.desk import SHOPIFY, Desk, only, reasons


async def test_a_row_becomes_a_product_with_price_stock_and_collection(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "lamp,Floor Lamp,<p>Bright</p>,Acme,Lighting,Title,Default Title,L-1,69.99,7")

    lamp = await desk.product("lamp")

    assert (lamp.title, lamp.vendor, lamp.category, lamp.option_names) == ("Floor Lamp", "Acme", "Lighting", ())
    assert (lamp.variants[0].sku, str(lamp.variants[0].price), lamp.units) == ("L-1", "£69.99", 7)
    assert [shelf.title for shelf in lamp.collections] == ["Lighting"]


async def test_rows_without_a_title_are_further_variants(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,H-R,5,1", "hat,,,,,Colour,blue,H-B,6,2")

    hat = await desk.product("hat")

    assert hat.option_names == ("Colour",)
    assert [(each.option_values, each.price.amount, each.units) for each in hat.variants if each.price] == [
        (("red",), 500, 1),
        (("blue",), 600, 2),
    ]


async def test_a_title_repeated_on_every_row_is_still_one_product(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,H-R,5,1", "hat,Hat,,,,Colour,blue,H-B,6,2")

    assert (report.counts["products_added"], report.counts["variants"], reasons(report)) == (1, 2, [])


async def test_an_empty_sku_is_made_out_of_handle_and_options_and_says_so(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,Navy Blue,,5,1")

    assert (await desk.product("hat")).variants[0].sku == "hat-navy-blue"
    assert report.notes["empty SKUs were made out of handle and options"] == 1


async def test_a_repeated_sku_goes_to_the_first_line_and_the_other_is_rejected(desk: Desk) -> None:
    report = await desk.catalog(
        SHOPIFY, "hat,Hat,,,,Colour,red,X,5,1", "cap,Cap,,,,Colour,red,X,6,1", "cap,,,,,Colour,tan,Y,6,1"
    )

    assert only(report).detail == "X was given in line 2"
    assert [variant.sku for variant in (await desk.product("cap")).variants] == ["Y"]


async def test_another_product_with_the_same_handle_is_rejected_row_by_row_and_never_merged(desk: Desk) -> None:
    report = await desk.catalog(
        SHOPIFY,
        "hat,Hat,Felt,Acme,,Colour,red,H-R,5,1",
        "cap,Cap,,,,,,C,1,1",
        "hat,Hat,Straw,Globex,,Colour,tan,G-T,9,1",
        "hat,,,,,Colour,teal,G-B,9,1",
    )

    assert reasons(report) == [(4, "handle-repeated"), (5, "handle-repeated")]
    assert "line 2" in report.examples[0].detail
    assert [variant.sku for variant in (await desk.product("hat")).variants] == ["H-R"]


async def test_a_later_file_does_not_take_over_a_product_that_shares_only_the_handle(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,Felt,Acme,,Colour,red,H-R,5,1")

    report = await desk.catalog(SHOPIFY, "hat,Hat,Straw,Globex,,Colour,tan,G-T,9,1", name="other.csv")

    assert reasons(report) == [(2, "handle-taken")]
    assert (await desk.product("hat")).vendor == "Acme"


async def test_a_later_file_may_drop_and_add_variants(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,R,5,1", "hat,,,,,Colour,tan,T,5,1")

    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,R,5,1", "hat,,,,,Colour,teal,B,5,1")

    assert reasons(report) == []
    assert sorted(variant.sku for variant in (await desk.product("hat")).variants) == ["B", "R", "T"]


async def test_a_choice_given_twice_is_rejected_with_the_line_of_the_first(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,A,5,1", "hat,,,,,Colour,red,B,6,1")

    assert only(report).reason == "options-repeated"
    assert "line 2" in only(report).detail


async def test_unusual_headings_are_understood(desk: Desk) -> None:
    headings = (
        "Handle,Title,Body,Option1 name,Option1 value,Variant sku,Variant inventory policy,Variant inventory quantity,"
        "Variant fullfilment service,Variant price,Variant compare at price"
    )
    await desk.catalog(headings, "hat,Hat,Felt,Color,jade,,deny,24,manual,20.03,25")

    hat = (await desk.product("hat")).variants[0]

    assert (hat.units, str(hat.price), str(hat.compare_at)) == (24, "£20.03", "£25.00")


async def test_shopifys_newer_headings_are_understood(desk: Desk) -> None:
    await desk.catalog("Title,URL handle,Description,SKU,Price,Inventory quantity,Status", "Hat,hat,Felt,H,5,3,Active")

    assert (await desk.product("hat")).variants[0].units == 3


async def test_html_bodies_keep_their_line_breaks_and_lose_what_acts(desk: Desk) -> None:
    body = '"<p onclick=""x()"">Fine\nfelt</p><script>steal()</script><img src=""https://elsewhere/p.png""><style>p{}</style>"'
    await desk.catalog(SHOPIFY, f"hat,Hat,{body},,,,,H,5,1", "cap,Cap,,,,,,C,5,1")

    assert (await desk.product("hat")).description_html == "<p>Fine\nfelt</p>"


async def test_the_line_of_a_rejection_counts_line_breaks_in_cells(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, 'hat,Hat,"one\ntwo\nthree",,,,,H,5,1', "cap,Cap,,,,,,C,cheap,1")

    assert (only(report).line, only(report).reason) == (5, "bad-value")


async def test_rows_that_only_add_a_picture_are_no_variants(desk: Desk) -> None:
    report = await desk.catalog(
        "Handle,Title,Variant SKU,Variant Price,Image Src", "hat,Hat,H,5,https://a/1.png", "hat,,,,https://a/2.png"
    )

    assert (report.counts["variants"], reasons(report)) == (1, [])
    assert [media.url for media in (await desk.product("hat")).media] == ["https://a/1.png", "https://a/2.png"]


async def test_a_variant_without_a_price_is_rejected_and_the_rest_goes_in(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,A,,1", "hat,,,,,Colour,tan,B,6,1")

    assert reasons(report) == [(2, "no-price")]
    assert [variant.sku for variant in (await desk.product("hat")).variants] == ["B"]


async def test_a_price_of_zero_goes_in_and_is_noted(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,,,H,0.00,1")

    assert (await desk.product("hat")).variants[0].price is not None
    assert report.notes["variants cost 0.00"] == 1


@pytest.mark.parametrize(
    ("status", "published", "kept"),
    [("active", "TRUE", "active"), ("draft", "true", "draft"), ("archived", "", "archived"), ("", "FALSE", "draft")],
)
async def test_status_and_published_decide_who_sees_a_product(
    desk: Desk, status: str, published: str, kept: str
) -> None:
    await desk.catalog("Handle,Title,Status,Published,Variant Price", f"hat,Hat,{status},{published},5")

    assert await desk.rows("SELECT status FROM products") == [(kept,)]


async def test_metafield_and_market_columns_are_ignored_with_a_note(desk: Desk) -> None:
    report = await desk.catalog(
        "Handle,Title,Variant Price,Fit (product.metafields.custom.fit),Price / United States", "hat,Hat,5,slim,7"
    )

    assert report.notes["metafield columns were ignored"] == 1
    assert report.notes["columns of single markets were ignored"] == 1


async def test_a_variant_row_before_any_product_is_rejected(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, "hat,,,,,Colour,red,A,5,1", "cap,Cap,,,,,,C,5,1")

    assert reasons(report) == [(2, "no-product")]


async def test_repeating_an_import_changes_nothing(desk: Desk) -> None:
    rows = [SHOPIFY, "hat,Hat,Felt,Acme,Hats,Colour,red,A,5,4", "hat,,,,,Colour,tan,B,6,2", "cap,Cap,,,Hats,,,C,5,1"]
    await desk.catalog(*rows)
    before = await desk.rows("SELECT xmin::text, * FROM products"), await desk.rows("SELECT * FROM stock_movements")

    report = await desk.catalog(*rows)

    assert (report.counts["products_unchanged"], report.counts["products_updated"]) == (2, 0)
    assert (
        await desk.rows("SELECT xmin::text, * FROM products"),
        await desk.rows("SELECT * FROM stock_movements"),
    ) == before


async def test_a_changed_row_updates_its_product_and_leaves_the_others(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,A,5,4", "cap,Cap,,,,,,C,5,1")

    report = await desk.catalog(SHOPIFY, "hat,Top hat,,,,Colour,crimson,A,7.50,4", "cap,Cap,,,,,,C,5,1")

    hat = await desk.product("hat")
    assert (report.counts["products_updated"], report.counts["products_unchanged"]) == (1, 1)
    assert (hat.title, hat.variants[0].option_values, str(hat.variants[0].price)) == ("Top hat", ("crimson",), "£7.50")


async def test_a_product_whose_type_changed_moves_to_the_other_collection(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,Felt Hats,,,A,5,4")
    await desk.catalog(SHOPIFY, "hat,Hat,,,Caps,,,A,5,4")

    assert [shelf.handle for shelf in (await desk.product("hat")).collections] == ["caps"]


async def test_two_variants_that_swap_their_skus_are_refused_and_stay_as_they_were(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,A,5,1", "hat,,,,,Colour,tan,B,5,1")

    report = await desk.catalog(SHOPIFY, "hat,Hat,,,,Colour,red,B,5,1", "hat,,,,,Colour,tan,A,5,1")

    assert [reason for _, reason in reasons(report)] == ["sku-taken", "sku-taken"]


async def test_stock_moves_by_what_the_file_changed_and_never_brings_sold_units_back(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,,,A,5,10")
    await desk.rows("UPDATE stock_pools SET on_hand = on_hand - 4 RETURNING id")

    await desk.catalog(SHOPIFY, "hat,Hat,,,,,,A,5,10")
    assert (await desk.product("hat")).units == 6

    await desk.catalog(SHOPIFY, "hat,Hat,,,,,,A,5,13")
    assert (await desk.product("hat")).units == 9
    assert await desk.rows("SELECT kind, on_hand_delta FROM stock_movements ORDER BY id") == [
        ("received", 10),
        ("adjusted", 3),
    ]


async def test_stock_never_falls_below_what_is_promised(desk: Desk) -> None:
    await desk.catalog(SHOPIFY, "hat,Hat,,,,,,A,5,10")
    await desk.rows("UPDATE stock_pools SET held = 8 RETURNING id")

    await desk.catalog(SHOPIFY, "hat,Hat,,,,,,A,5,0")

    assert await desk.rows("SELECT on_hand, held FROM stock_pools") == [(8, 8)]


async def test_a_dry_run_reports_the_same_and_changes_nothing(desk: Desk) -> None:
    rows = [SHOPIFY, "hat,Hat,Felt,Acme,,,,A,5,4", "hat,Hat,Straw,Acme,,,,B,5,4", "cap,Cap,,,,,,A,1,1"]

    dry = await desk.catalog(*rows, dry=True)

    assert await desk.rows("SELECT id FROM products") == []
    assert await desk.rows("SELECT key FROM import_claims") == []
    assert (dry.counts, dry.rejected) == ((await desk.catalog(*rows)).counts, dry.rejected)


async def test_every_rejection_is_written_out_also_beyond_those_shown(desk: Desk) -> None:
    report = await desk.catalog(SHOPIFY, *(f"h{n},Hat,,,,,,S{n},free,1" for n in range(50)))

    assert report.rejected["bad-value"] == len(desk.rejects) == 50
    assert len(report.examples) == 20
