"""Forms lose nothing that was typed, and say what to mend beside the field."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.web.forms import check, choice, email, text, tick, whole


@dataclass(frozen=True)
class Contact:
    mail: str = email("E-mail")
    name: str = text("Name", most=10)
    quantity: int = whole("Quantity", least=1, most=9, default=1)
    colour: str = choice("Colour", ("red", "blue"))
    news: bool = tick()


GOOD = {"mail": "ada@example.com", "name": " Ada ", "quantity": "3", "colour": "red"}


def test_a_good_form_becomes_its_dataclass():
    form = check(GOOD, Contact)

    assert form.value == Contact("ada@example.com", "Ada", 3, "red", False)


MISTAKES = [
    ("mail", "", "E-mail is needed."),
    ("mail", "ada at example", "E-mail should look like name@example.com."),
    ("name", "x" * 11, "Name has 11 characters; 10 is the most."),
    ("quantity", "0", "Quantity must be from 1 to 9."),
    ("quantity", "-1", "Quantity must be from 1 to 9."),
    ("quantity", "1.5", "Quantity must be a whole number."),
    ("quantity", "9" * 400, "Quantity must be a whole number."),
    ("quantity", "٣", "Quantity must be a whole number."),
    ("colour", "green", "Colour: choose one of those offered."),
]


@pytest.mark.parametrize(("name", "typed", "sentence"), MISTAKES)
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(name, typed, sentence):
    form = check({**GOOD, name: typed}, Contact)

    assert form.value is None
    assert form.mistakes == {name: sentence}
    assert form.typed == {**GOOD, name: typed}


def test_a_number_left_empty_takes_its_default():
    form = check({**GOOD, "quantity": ""}, Contact)

    assert form.value is not None
    assert form.value.quantity == 1


@given(st.dictionaries(st.sampled_from(["mail", "name", "quantity", "colour", "news", "other"]), st.text()))
def test_no_typed_text_is_ever_a_fault(typed):
    form = check(typed, Contact)

    assert (form.value is None) == bool(form.mistakes)
    assert form.typed == typed
