"""The sale page says where the sale stands, and is the same bytes for everybody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from doorbuster.sale.sale_page import band_of, render_sale_page, span_in_words, stage_of
from doorbuster.sale.sales import Sale, SaleItem
from doorbuster.settings import Settings
from doorbuster.web.pages import Pages

NOON = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lamp_sale(*, now: datetime = NOON, units: int = 10, held: int = 0, sold: int = 0) -> Sale:
    """Ten lamps, on sale from noon for an hour."""
    item = SaleItem(
        sale_id=UUID(int=1), variant_id=UUID(int=2), pool_id=UUID(int=3), sku="LAMP", title="The lamp", handle="lamp",
        category="furniture", option_values=(), price=1999, compare_at=3999, units=units, held=held, sold=sold,
        waiting=0, reopens_at=NOON,
    )  # fmt: skip
    return Sale(
        id=UUID(int=1), handle="lamps", title="Lamps at noon", description="<i>Bright</i>", opens_at=NOON,
        closes_at=NOON + HOUR, hold_seconds=300, limit_per_customer=1, network_share_percent=5,
        currency="GBP", paused_at=None, ended_at=None,
        leftovers_returned_at=None, now=now, items=(item,),
    )  # fmt: skip


STAGES = [
    ("a second before noon", lamp_sale(now=NOON - timedelta(seconds=1)), "before"),
    ("at noon", lamp_sale(), "open"),
    ("all held", lamp_sale(held=3, sold=7), "all_held"),
    ("all sold", lamp_sale(sold=10), "sold_out"),
    ("paused", replace(lamp_sale(), paused_at=NOON), "paused"),
    ("over by time", lamp_sale(now=NOON + HOUR), "over"),
    ("ended by the merchant", replace(lamp_sale(), ended_at=NOON), "over"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    home = Path(tmp_path_factory.mktemp("home"))
    return Pages(Settings(home=home, database_url=None, secret="s" * 40))


@pytest.mark.parametrize(("name", "sale", "stage"), STAGES, ids=[case[0] for case in STAGES])
def test_the_page_shows_where_the_sale_stands(pages, name, sale, stage):
    page = render_sale_page(pages, sale).decode()

    assert stage_of(sale) == stage
    assert f'data-now="{stage}"' in page


def test_the_page_is_the_same_bytes_every_time(pages):
    assert render_sale_page(pages, lamp_sale()) == render_sale_page(pages, lamp_sale(now=NOON + timedelta(minutes=5)))


def test_what_the_merchant_wrote_is_escaped(pages):
    page = render_sale_page(pages, lamp_sale())

    assert b"&lt;i&gt;Bright&lt;/i&gt;" in page
    assert b"<i>Bright" not in page


BANDS = [(500, "many"), (251, "many"), (250, "half"), (51, "half"), (50, "few"), (2, "few"), (1, "last"), (0, "none")]


@pytest.mark.parametrize(("left", "band"), BANDS)
def test_the_stock_is_told_in_a_word(left, band):
    assert band_of(left, 500) == band


SPANS = [(5, "5 seconds"), (60, "1 minute"), (90, "90 seconds"), (300, "5 minutes"), (7200, "2 hours")]


@pytest.mark.parametrize(("seconds", "words"), SPANS)
def test_a_length_of_time_is_told_as_people_say_it(seconds, words):
    assert span_in_words(seconds) == words
