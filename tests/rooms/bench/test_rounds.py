"""What is compared takes turns."""

from doorbuster.bench.rounds import Pace, in_turns, medians


async def test_both_sides_take_turns_and_medians_are_compared():
    order: list[str] = []
    given = {"a": iter((1.0, 9.0, 2.0)), "b": iter((5.0, 5.0, 7.0))}

    def side(name: str):
        async def turn() -> float:
            order.append(name)
            return next(given[name])

        return turn

    got = await in_turns(Pace(rounds=3, seconds=0), {"a": side("a"), "b": side("b")}, lambda words: None)

    assert order == ["a", "b"] * 3
    assert medians(got) == {"a": 2.0, "b": 5.0}
