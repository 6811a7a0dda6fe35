"""Workers that sell the same item leave each other their turn."""

from doorbuster.clock import new_id
from doorbuster.sale.turns import REST_SECONDS_MAX, Turns

SALE = new_id()
LAMP, CHAIR = (SALE, new_id()), (SALE, new_id())


def seen(*versions: int) -> Turns:
    turns = Turns()
    for version in versions:
        turns.saw(LAMP, version)
    return turns


def test_who_is_alone_never_rests():
    assert seen(1, 2, 3).rest_seconds(LAMP, 0.001) == 0


def test_one_rests_for_as_many_batches_as_others_have_sent_between_two_of_ours():
    assert seen(1, 5).rest_seconds(LAMP, 0.001) == 3 * 0.001


def test_who_was_there_is_forgotten_one_by_one():
    assert [seen(*range(0, 9, 4), *more).rest_seconds(LAMP, 0.001) for more in ([], [9], [9, 10], [9, 10, 11])] == [
        3 * 0.001,
        2 * 0.001,
        0.001,
        0,
    ]


def test_the_rest_is_bounded_however_many_others_there_are():
    assert seen(1, 1_000).rest_seconds(LAMP, 0.001) == REST_SECONDS_MAX


def test_a_batch_that_promised_nothing_changes_nothing():
    assert seen(7, 7, 7).rest_seconds(LAMP, 0.001) == 0


def test_another_item_is_another_line():
    assert seen(1, 5).rest_seconds(CHAIR, 0.001) == 0


def test_the_same_item_in_another_sale_is_another_matter():
    turns = seen(1, 4)
    assert turns.rest_seconds(LAMP, 0.001) > 0
    assert turns.rest_seconds((new_id(), LAMP[1]), 0.001) == 0
