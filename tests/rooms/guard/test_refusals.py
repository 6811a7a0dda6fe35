"""The id on a refusal tells an operator everything about it, and cannot be made up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.guard.classes import CLASSES
from doorbuster.guard.refusals import WHYS, Refusal, id_of, refusal_of, who_of

SECRET = "s" * 40
NOON = datetime(2026, 11, 27, 12, 0, 0, 123_000, tzinfo=UTC)


@given(some.sampled_from(CLASSES), some.sampled_from(WHYS), some.integers(0, 2**32 - 1), some.text(max_size=40))
def test_what_was_refused_is_read_from_its_id(name, why, version, key) -> None:  # type: ignore[no-untyped-def]
    refusal = Refusal(NOON, name, why, version, who_of(key), 399, 300)

    assert refusal_of(id_of(refusal, SECRET), SECRET) == refusal


def test_an_id_is_short_enough_to_be_read_out() -> None:
    assert len(id_of(Refusal(NOON, "hold", "network", 7, who_of("n:1")), SECRET)) == 46


def test_an_id_is_read_however_it_was_typed() -> None:
    text = id_of(Refusal(NOON, "hold", "network", 7, who_of("n:1")), SECRET)

    assert refusal_of(f" {text.lower()} ", SECRET) == refusal_of(text, SECRET) is not None


@pytest.mark.parametrize("text", ["", "R-", "R-AAAA", "R-" + "A" * 32, "R-ÄÖÜ", "R-0", "hello", "R-" + "1" * 500])
def test_nonsense_is_no_refusal(text: str) -> None:
    assert refusal_of(text, SECRET) is None


def test_an_id_of_another_shop_is_no_refusal_of_ours() -> None:
    text = id_of(Refusal(NOON, "hold", "network", 7, who_of("n:1")), "t" * 40)

    assert refusal_of(text, SECRET) is None
