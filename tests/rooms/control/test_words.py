"""What a tired person reads."""

from typing import get_args

import pytest

from doorbuster.control import words
from doorbuster.sale.answers import Answer


def test_every_answer_to_a_claim_has_words_for_an_operator() -> None:
    assert {answer.name for answer in get_args(Answer)} == set(words.ANSWERS)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (600, "10 min"), (11_100, "3 h 05 min"), (200_000, "2 days")]
)
def test_a_duration_is_told_in_its_largest_units(seconds: float, said: str) -> None:
    assert words.span(seconds) == said
