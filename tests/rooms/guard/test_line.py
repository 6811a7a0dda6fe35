"""Who gets the next place, who waits how long, and who is sent away."""

from doorbuster.guard.knee import Knee
from doorbuster.guard.lanes import BROWSE, CART, CHECKOUT, EXTRAS, SEARCH, Lane
from doorbuster.guard.line import (
    INTERVAL_SECONDS_MIN,
    KEPT_WAITING_MAX,
    QUEUE_PER_PLACE,
    TARGET_MEANS,
    Line,
    Waiter,
)


def full_line(places: int = 2) -> Line:
    """A line whose places are all taken by lookers."""
    line = Line(Knee(places, 0.0), 0.0)
    for _ in range(places):
        assert line.enter_at_once(BROWSE)
    return line


def join(line: Line, lane: Lane, kept: bool = False) -> Waiter:
    waiter = line.join(lane, 0.0, kept=kept)
    assert waiter is not None
    return waiter


async def test_nobody_passes_those_who_wait() -> None:
    line = full_line()
    join(line, BROWSE)

    assert not line.enter_at_once(CHECKOUT)


async def test_a_place_goes_to_who_matters_most() -> None:
    line = full_line()
    looker, buyer = join(line, BROWSE), join(line, CHECKOUT)

    line.leave(BROWSE)

    assert buyer.place.done()
    assert not looker.place.done()


async def test_buyers_are_served_in_order() -> None:
    line = full_line()
    first, second = join(line, CHECKOUT), join(line, CHECKOUT)

    line.leave(BROWSE)

    assert (first.place.done(), second.place.done()) == (True, False)


async def test_lookers_are_served_newest_first() -> None:
    line = full_line()
    first, second = join(line, BROWSE), join(line, BROWSE)

    line.leave(BROWSE)

    assert (first.place.done(), second.place.done()) == (False, True)


async def test_search_gets_its_share_of_places_and_no_more() -> None:
    line = full_line(4)
    line.leave(BROWSE)
    line.leave(BROWSE)
    assert line.enter_at_once(SEARCH)
    assert line.enter_at_once(SEARCH)
    searcher, looker = join(line, SEARCH), join(line, BROWSE)

    # Two searches at half the weight count as much as four lookers: the tie goes to the lookers.
    line.leave(BROWSE)

    assert (looker.place.done(), searcher.place.done()) == (True, False)


async def test_a_newcomer_sends_away_whoever_matters_least_and_waited_longest() -> None:
    line = full_line()
    oldest, *_ = [join(line, lane) for lane in [EXTRAS, EXTRAS] + [BROWSE] * (QUEUE_PER_PLACE * 2 - 2)]

    join(line, CART)

    assert oldest.place.result() == "full"
    assert line.total_waiting == QUEUE_PER_PLACE * 2


async def test_nobody_is_sent_away_for_somebody_who_matters_less() -> None:
    line = full_line()
    for _ in range(QUEUE_PER_PLACE * 2):
        join(line, CHECKOUT)

    assert line.join(BROWSE, 0.0, kept=False) is None
    assert line.join(CHECKOUT, 0.0, kept=False) is None


async def test_who_was_admitted_before_finds_a_place_in_a_full_line_and_is_never_sent_away() -> None:
    line = full_line()
    kept = [join(line, CHECKOUT, kept=True) for _ in range(QUEUE_PER_PLACE * 2 + 5)]

    assert line.join(CHECKOUT, 0.0, kept=False) is None
    assert not any(waiter.place.done() for waiter in kept)


async def test_even_the_admitted_are_bounded() -> None:
    line = full_line()
    for _ in range(KEPT_WAITING_MAX):
        join(line, CHECKOUT, kept=True)

    assert line.join(CHECKOUT, 0.0, kept=True) is None


async def test_patience_is_short_once_the_line_has_stood_for_a_while() -> None:
    line = full_line()
    assert line.patience(0.0) == INTERVAL_SECONDS_MIN

    join(line, BROWSE)

    assert line.patience(INTERVAL_SECONDS_MIN) == TARGET_MEANS * 0.005


async def test_a_line_that_was_empty_for_a_moment_is_patient_again() -> None:
    line = full_line()
    join(line, BROWSE)
    line.leave(BROWSE)
    line.join(BROWSE, 5.0, kept=False)

    assert line.patience(5.01) == INTERVAL_SECONDS_MIN


async def test_a_place_that_was_given_to_somebody_who_hung_up_goes_on_to_the_next() -> None:
    line = full_line()
    gone, next_one = join(line, CHECKOUT), join(line, CHECKOUT)
    line.leave(BROWSE)

    line.abandon(gone)

    assert next_one.place.done()
    assert line.total_inside == 2


async def test_who_hangs_up_while_waiting_is_forgotten() -> None:
    line = full_line()
    gone = join(line, BROWSE)
    gone.place.cancel()

    line.abandon(gone)

    assert line.total_waiting == 0
