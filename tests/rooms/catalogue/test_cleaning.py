"""How what people write becomes what the shop keeps: amounts, handles, SKUs and harmless HTML."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.catalogue.importing import cleaning


@given(some.integers(0, 10**12))
def test_a_written_amount_is_read_back_to_the_penny(minor: int) -> None:
    assert cleaning.amount(f"{Decimal(minor) / 100:.2f}", "GBP") == minor
    assert cleaning.amount(f" £{Decimal(minor) / 100:,.2f} ", "GBP") == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("19,99", 1999), ("1,234", 123400), ("1,234.5", 123450), ("7", 700), ("7.", 700)]
)
def test_commas_are_read_by_their_place(text: str, minor: int) -> None:
    assert cleaning.amount(text, "GBP") == minor


@pytest.mark.parametrize(
    "text", ["", "free", "-1", "1.999", "NaN", "inf", "1e3", "1_000", "1,23,4", "9" * 40, "12.5.1"]
)
def test_what_is_no_exact_amount_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(ValueError):
        cleaning.amount(text, "GBP")


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    assert cleaning.amount("500", "JPY") == 500
    with pytest.raises(ValueError):
        cleaning.amount("5.50", "JPY")


@given(some.text(max_size=300))
def test_a_slug_is_a_handle_or_nothing_and_stays_as_it_is(text: str) -> None:
    made = cleaning.slug(text)

    assert made == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 120
    assert cleaning.slug(made) == made


@given(some.text("abc-", min_size=1, max_size=120), some.lists(some.text(max_size=60), max_size=3))
def test_a_derived_sku_is_readable_and_the_same_each_time(handle: str, options: list[str]) -> None:
    made = cleaning.derived_sku(cleaning.slug(handle) or "x", tuple(options))

    assert cleaning.readable_sku(made) == made == cleaning.derived_sku(cleaning.slug(handle) or "x", tuple(options))


@pytest.mark.parametrize("text", ["", "  ", "caf\u00e9", "x" * 101, "a\x00b"])
def test_a_sku_that_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cleaning.readable_sku(text)


@given(some.text(max_size=200))
def test_plain_text_becomes_paragraphs_that_can_do_nothing(text: str) -> None:
    made = cleaning.sanitised_html(text)

    assert not re.search(r"<(?!/?(p|br|b|i|u|s|a|li|ul|ol|h[2-6]|em|hr|dl|dt|dd|td|th|tr)\b)", made)
    assert "\x00" not in made


@pytest.mark.parametrize(
    "attack",
    [
        "<a href='javascript:x()'>x</a>",
        "<svg onload=x()>",
        "<p style='background:url(//e)'>x</p>",
        "<iframe src='//e'></iframe>",
        "<img src=x onerror=x()>",
        "<form action='//e'><input></form>",
        "<meta http-equiv=refresh content=0>",
        "<a href='data:text/html,x'>x</a>",
    ],
)
def test_html_that_acts_or_loads_is_taken_out(attack: str) -> None:
    made = cleaning.sanitised_html(attack)

    assert not re.search(r"javascript|onload|onerror|style=|src=|<form|<meta|data:", made)


def test_links_say_that_we_do_not_vouch_for_them() -> None:
    assert 'rel="nofollow noopener noreferrer"' in cleaning.sanitised_html('<a href="https://e.example">x</a>')


def test_capitals_become_a_title() -> None:
    assert cleaning.headline("CREAM CUPID'S HEARTS FOR THE T-LIGHT") == "Cream Cupid's Hearts for the T-Light"
