"""Addresses and mailboxes: what can be delivered to, and what is one person's."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.shop.addresses import complaints, countries, tidy
from doorbuster.web.mailboxes import email_key, is_email
from tests.rooms.shop.conftest import HOME

MAILBOX = st.from_regex(r"[a-z][a-z0-9]{0,20}", fullmatch=True)


def test_all_spellings_of_one_mailbox_have_one_key() -> None:
    spellings = ("Ada.Lovelace@gmail.com", " adalovelace@googlemail.com ", "a.d.a.lovelace+drop@GMAIL.com")
    assert {email_key(spelling) for spelling in spellings} == {"adalovelace@gmail.com"}
    assert email_key("ada.lovelace@example.com") != email_key("adalovelace@example.com")


@given(MAILBOX, MAILBOX)
def test_a_tag_or_capitals_never_make_a_new_customer(name: str, tag: str) -> None:
    assert email_key(f"{name.upper()}+{tag}@Example.com") == email_key(f"{name}@example.com")


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_and_nothing_typed_breaks_it(text: str) -> None:
    assert email_key(email_key(text)) == email_key(text) or "+" in text
    is_email(text)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_tidied_for_a_label(text: str) -> None:
    line = tidy(replace(HOME, line1=text)).line1
    assert line == line.strip()
    assert line.isprintable() or not line.isascii()


def test_each_missing_field_is_named() -> None:
    empty = replace(HOME, name="", line1="", city="", postcode="", country="XX")
    assert set(complaints("nobody", empty)) == {"email", "name", "line1", "city", "country"}
    assert set(complaints("ada@example.com", replace(HOME, postcode=""))) == {"postcode"}
    assert complaints("ada@example.com", HOME) == {}


def test_a_country_without_postcodes_needs_none() -> None:
    assert complaints("ada@example.com", replace(HOME, postcode="", country="HK")) == {}


def test_every_country_has_two_letters_and_a_name() -> None:
    assert countries()["GB"] == "United Kingdom"
    assert len(countries()) > 200
    assert "EU" not in countries()
