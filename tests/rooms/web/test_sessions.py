"""A shopper's identity: signed, minted once, and the same again for a retry that lost its answer."""

import pytest
from starlette.datastructures import Headers

from doorbuster.web.sessions import mint, shopper_of, shopper_or_new

SECRET = "a secret of at least thirty-two characters"


def headers(cookie: str = "", key: str = "") -> Headers:
    return Headers({"cookie": cookie, "idempotency-key": key})


def cookie_of(set_cookie: str | None) -> str:
    assert set_cookie is not None
    return set_cookie.split(";")[0]


def test_a_minted_cookie_is_recognised() -> None:
    shopper = mint(SECRET, secure=False)

    assert shopper_of(headers(cookie_of(shopper.cookie)), SECRET, secure=False).key == shopper.key  # type: ignore[union-attr]


def test_the_cookie_is_found_among_others() -> None:
    shopper = mint(SECRET, secure=False)
    among = f"theme=dark; {cookie_of(shopper.cookie)}; last=1"

    assert shopper_of(headers(among), SECRET, secure=False) is not None


@pytest.mark.parametrize(
    "cookie", ["", "shopper=", "shopper=AAAAAAAAAAAAAAAAAAAAAA.forged", "shopper=é.x", "shopper=a.b.c"]
)
def test_a_forged_or_broken_cookie_is_nobody(cookie: str) -> None:
    assert shopper_of(headers(cookie), SECRET, secure=False) is None


def test_a_cookie_signed_with_another_secret_is_nobody() -> None:
    shopper = mint("another secret that is long enough", secure=False)

    assert shopper_of(headers(cookie_of(shopper.cookie)), SECRET, secure=False) is None


def test_a_retry_without_cookie_is_the_same_shopper_by_its_key() -> None:
    first, again = (shopper_or_new(headers(key="0b0e6f2c-one-intention"), SECRET, secure=False) for _ in range(2))

    assert first.key == again.key


def test_a_known_shopper_stays_who_they_are_whatever_the_key() -> None:
    shopper = mint(SECRET, secure=False)

    known = shopper_or_new(headers(cookie_of(shopper.cookie), "0b0e6f2c-one-intention"), SECRET, secure=False)

    assert (known.key, known.cookie) == (shopper.key, None)


def test_two_without_key_are_two_shoppers() -> None:
    assert mint(SECRET, secure=False).key != mint(SECRET, secure=False).key


def test_over_https_the_cookie_is_bound_to_the_host_and_secure() -> None:
    cookie = mint(SECRET, secure=True).cookie or ""

    assert cookie.startswith("__Host-shopper=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
