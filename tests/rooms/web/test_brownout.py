"""The ladder leaves out one thing after the other under load, and gives all of it back."""

from itertools import pairwise

from doorbuster.web.brownout import DOWN_SECONDS, HIGHEST, STEPS, UP_SECONDS, Ladder


def steps(ladder: Ladder, seconds: float, *, pressed: bool, start: float = 0.0) -> list[int]:
    """Look each quarter second for a while; return the steps that it stood on."""
    seen = []
    for look in range(int(seconds * 4)):
        ladder.look(start + look / 4, pressed=pressed)
        seen.append(ladder.step)
    return seen


def test_it_begins_with_everything_as_usual() -> None:
    ladder = Ladder()

    assert (ladder.step, ladder.recommends, ladder.mends_words, ladder.kept_times, ladder.filters) == (
        0,
        True,
        True,
        1,
        True,
    )


def test_it_climbs_one_step_a_second_while_the_gate_is_pressed() -> None:
    seen = steps(Ladder(), 10, pressed=True)

    assert sorted(set(seen)) == list(range(1, HIGHEST + 1))
    assert seen.index(2) - seen.index(1) == UP_SECONDS * 4


def test_what_buyers_miss_least_goes_first() -> None:
    ladder = Ladder()
    ladder.look(0.0, pressed=True)

    assert (ladder.recommends, ladder.mends_words, ladder.kept_times, ladder.filters) == (False, True, 1, True)


def test_it_comes_down_slowly_and_all_the_way() -> None:
    ladder = Ladder()
    steps(ladder, 10, pressed=True)

    seen = steps(ladder, DOWN_SECONDS * (HIGHEST + 1), pressed=False, start=10.0)

    assert seen[-1] == 0
    assert all(after in (before, before - 1) for before, after in pairwise(seen))


def test_an_operators_step_stands_whatever_the_load_is() -> None:
    ladder = Ladder()
    ladder.fix(3)

    assert set(steps(ladder, 20, pressed=True)) == set(steps(ladder, 20, pressed=False, start=20.0)) == {3}


def test_let_go_it_moves_by_itself_again() -> None:
    ladder = Ladder()
    ladder.fix(HIGHEST)
    ladder.look(0.0, pressed=False)
    ladder.fix(None)

    assert steps(ladder, DOWN_SECONDS * (HIGHEST + 1), pressed=False, start=1.0)[-1] == 0


def test_every_step_says_what_it_leaves_out() -> None:
    assert len(STEPS) == HIGHEST + 1 == len(set(STEPS))
