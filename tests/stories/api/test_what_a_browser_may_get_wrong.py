"""Rubbish in an address or a form gets a page that says so; it never breaks the shop."""

import pytest

NUL = ["/products/%00", "/collections/%00", "/sales/%00", "/search?q=%00", "/%00", "/artwork/%00.svg", "/problems/%00",
       "/orders/00000000-0000-7000-8000-000000000001?secret=%00", "/holds/%00", "/checkout?hold=%00"]  # fmt: skip


@pytest.mark.parametrize("path", NUL)
def test_an_address_with_a_nul_is_answered_politely(program, path):
    answer = program.get(path)

    assert answer.status in (200, 400, 404)
    assert b"<h1>" in answer.body


FORMS = [
    ("/cart/lines", b"sku=%00&quantity=1"),
    ("/cart/lines", b"sku=LAMP&quantity=99999999999999999999"),
    ("/cart/lines", b"sku=LAMP&quantity=-1"),
    ("/cart/lines", b"\xff\xfe"),
    ("/cart/lines", b"&&&==="),
    ("/sales/open/holds", b"sku=%00&quantity=1"),
    ("/sales/open/holds", b"sku=LAMP&quantity=abc"),
    ("/orders", b"hold_id=%00&email=%00"),
    ("/orders", b""),
]


@pytest.mark.parametrize(("path", "form"), FORMS, ids=str)
def test_a_form_full_of_rubbish_is_answered_politely(program, shop_url, path, form):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": shop_url}

    answer = program.send("POST", path, form, headers)

    assert 400 <= answer.status < 500
    assert b"<h1>" in answer.body


def test_a_huge_form_is_refused(program, shop_url):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": shop_url}

    assert program.send("POST", "/orders", b"a" * 3_000_000, headers).status == 413


def test_another_sites_form_does_nothing(program):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://elsewhere.example"}

    assert program.send("POST", "/cart/lines", b"sku=LAMP&quantity=1", headers).status == 403
