"""The draw: a permutation, uniform, and the same for whoever has what was published."""

import random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorbuster.room.draw import LATER_BANDS, STRIPES, Draw, band_of_stripe, commitment_of, draw, permute

SALE = UUID("01900000-0000-7000-8000-000000000001")


def seed_of(number: int) -> bytes:
    return random.Random(number).randbytes(32)


@pytest.mark.parametrize("cohort", [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000, 4099, 20011])
def test_every_position_is_given_once(cohort: int) -> None:
    positions = [permute(seed_of(cohort), number, cohort) for number in range(cohort)]

    assert sorted(positions) == list(range(cohort))


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no ticket 5 among 5"):
        permute(seed_of(1), 5, 5)


def test_a_ticket_comes_into_every_tenth_equally_often() -> None:
    """Chi-squared over 4,000 draws: 9 degrees of freedom exceed 27.9 once in a thousand times; the seeds are fixed."""
    for ticket in (0, 1, 499, 999):
        tenths = [0] * 10
        for number in range(4000):
            tenths[permute(seed_of(number), ticket, 1000) // 100] += 1
        assert sum((count - 400) ** 2 / 400 for count in tenths) < 27.9


def test_who_comes_before_whom_is_even() -> None:
    """Of two neighbours each comes first half the time: 2,000 draws stray from that by less than four deviations."""
    first = sum(permute(seed_of(number), 7, 500) < permute(seed_of(number), 8, 500) for number in range(2000))

    assert abs(first - 1000) < 4 * 22.4


def test_the_seed_depends_on_everything_that_was_committed_to() -> None:
    counts = [3, 0, 5, 1, 1, 1, 1, 1, 1, 1]
    once = draw(b"s" * 32, SALE, counts, "")

    assert once == draw(b"s" * 32, SALE, counts, "")
    others = [
        draw(b"t" * 32, SALE, counts, ""),
        draw(b"s" * 32, UUID(int=1), counts, ""),
        draw(b"s" * 32, SALE, [*counts[:-1], 2], ""),
        draw(b"s" * 32, SALE, counts, "11 23 42"),
    ]
    assert len({once.seed, *(other.seed for other in others)}) == 5


def test_the_stripes_lie_one_after_the_other() -> None:
    drawn = draw(b"s" * 32, SALE, [3, 0, 2, 0, 0, 0, 0, 0, 0, 1], "")

    assert drawn.offsets == (0, 3, 3, 5, 5, 5, 5, 5, 5, 5)
    tickets = [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1), (9, 0)]
    assert sorted(drawn.position(*ticket) for ticket in tickets) == list(range(6))


def test_the_permutation_is_written_down_for_others_to_do_again() -> None:
    """What the page's script computes, too; who changes it breaks the check of every draw that has been."""
    drawn = Draw(bytes(range(32)), 1000, (0,) * STRIPES)

    assert [drawn.position(0, place) for place in range(8)] == [906, 322, 232, 724, 668, 34, 978, 76]
    assert commitment_of(b"").hex().startswith("e3b0c442")


def test_the_bands_are_drawn_one_after_the_other() -> None:
    drawn = draw(b"s" * 32, SALE, [3, 0, 2, 0, 0, 0, 0, 0, 0, 1, 4, 3], "")

    firsts = [drawn.position(*ticket) for ticket in [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1), (9, 0)]]
    assert sorted(firsts) == [0, 1, 2, 3, 4, 5]
    assert sorted(drawn.position(10, place) for place in range(4)) == [6, 7, 8, 9]
    assert sorted(drawn.position(11, place) for place in range(3)) == [10, 11, 12]
    assert [band_of_stripe(stripe) for stripe in (0, 9, 10, 11)] == [0, 0, 1, 2]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 40), min_size=STRIPES + LATER_BANDS, max_size=STRIPES + LATER_BANDS),
    st.binary(min_size=32, max_size=32),
)
def test_whatever_the_bands_every_position_is_given_once_and_no_band_mixes_with_another(
    counts: list[int], secret: bytes
) -> None:
    drawn = draw(secret, SALE, counts, "")
    given_to = {
        drawn.position(stripe, place): band_of_stripe(stripe)
        for stripe, count in enumerate(counts)
        for place in range(count)
    }

    assert sorted(given_to) == list(range(sum(counts)))
    bands = [given_to[position] for position in sorted(given_to)]
    assert bands == sorted(bands)
