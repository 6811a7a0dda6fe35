"""Visitors are counted as people: by several workers, over seconds, exactly while they are few and fairly beyond."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.clock import ManualClock
from doorbuster.watch.visitors import SLICES_MAX, VISITORS_MAX, Lookout, VisitorBook, Visitors, who_of
from doorbuster.web.networks import Networks

NOON = datetime(2026, 6, 18, 12, tzinfo=UTC)
AT = int(NOON.timestamp())

answers = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30), st.integers(0, 200), st.booleans()), max_size=300)
"""Of each answer: which worker gave it, in which second, to whom, and whether it hurt."""


@given(answers)
def test_few_people_are_counted_exactly_whoever_answered_them_and_when(given: list[tuple[int, int, int, bool]]) -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    workers = [Lookout(clock), Lookout(clock)]
    for second in range(31):
        for worker, at, who, hurt in given:
            if at == second:
                workers[worker].saw(str(who), hurt)
        for worker in workers:
            book.add(worker.tell())
            worker.heard()
        clock.advance(1)

    people = {who for _, _, who, _ in given}
    hurt_ones = {who for _, _, who, hurt in given if hurt}
    assert book.between(AT, AT + 30) == Visitors(len(people), len(hurt_ones))


def test_many_people_are_estimated_to_within_a_few_points() -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    for second in range(60):
        worker = Lookout(clock)
        for number in range(500):
            who = second * 500 + number
            worker.saw(f"visitor {who}", who % 10 < 3)
        book.add(worker.tell())
        clock.advance(1)

    found = book.between(AT, AT + 59)

    assert abs(found.seen - 30_000) < 3_000
    assert abs(found.share - 0.3) < 0.05


def test_what_the_control_plane_did_not_hear_is_told_again() -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    worker = Lookout(clock)
    worker.saw("Ada", hurt=True)
    worker.tell()
    clock.advance(20)
    worker.saw("Grace", hurt=False)
    book.add(worker.tell())
    worker.heard()

    assert book.between(AT, AT + 4) == Visitors(1, 1)
    assert book.between(AT, AT + 30) == Visitors(2, 1)
    assert worker.tell() == ()


def test_a_book_keeps_an_hour_and_no_more_of_a_slice_than_it_must() -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    for turn in range(SLICES_MAX + 50):
        worker = Lookout(clock)
        for number in range(3 * VISITORS_MAX if turn == SLICES_MAX else 2):
            worker.saw(f"{turn} {number}", hurt=False)
        book.add(worker.tell())
        clock.advance(5)

    assert book.since == AT + 50 * 5
    assert abs(book.between(AT + 5 * SLICES_MAX, AT + 5 * SLICES_MAX).seen - 3 * VISITORS_MAX) < VISITORS_MAX / 2


def test_who_came_when_it_was_over_is_not_counted_among_those_who_came_while_it_hurt() -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    for second in range(30):
        worker = Lookout(clock)
        worker.saw(f"visitor {second}", hurt=10 <= second < 20 and second % 2 == 0)
        book.add(worker.tell())
        clock.advance(1)

    assert book.while_it_hurt(AT + 10) == Visitors(10, 5)
    assert book.while_it_hurt(AT + 20) == Visitors(0, 0)


def test_who_still_waits_is_hurt_after_three_seconds_and_not_only_when_the_answer_comes() -> None:
    clock, book = ManualClock(NOON), VisitorBook()
    worker = Lookout(clock)
    waiting = worker.came("Ada")
    quick = worker.came("Grace")
    worker.went(quick, hurt=False)
    clock.advance(4)
    book.add(worker.tell())
    before_the_answer = book.between(AT, AT + 4)
    worker.went(waiting, hurt=True)

    assert before_the_answer == Visitors(2, 1)


def test_a_phone_and_a_computer_behind_one_address_are_two_visitors() -> None:
    networks = Networks((), "s" * 40)
    scopes = [
        {"type": "http", "client": ("198.51.100.7", 1), "headers": [(b"user-agent", agent)]}
        for agent in (b"a phone", b"a computer", b"a phone")
    ]
    phone, computer, again = (who_of(scope, networks) for scope in scopes)
    assert phone == again != computer
    assert "198.51.100.7" not in phone
