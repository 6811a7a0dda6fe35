import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.drill import reading, scenario
from doorbuster.drill.arrivals import Curve, arrivals
from doorbuster.errors import Misconfigured

TEXT = (reading.OWN_SCENARIOS / "opening.toml").read_text()


@pytest.mark.parametrize("name", reading.names())
def test_every_scenario_of_ours_can_be_read(name):
    assert reading.load(name).name == name


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("poll_seconds = 4", "poll_second = 4", "unknown field `poll_second`"),
        ("units = 500", "units = 0", "given.units: Expected `int` >= 1"),
        ("browses_first = 0.3", "browses_first = 4", "browses_first is a share of the crowd"),
        ("ghost_orders", "ghosts", "`ghosts` is not measured; known are answer_p50_seconds"),
        ('curve = "poisson"', 'curve = "steep"', "when.curve: Invalid enum value 'steep'"),
        ("shoppers = 5000", "lanes = 3\nshoppers = 5000", "give either `shoppers`"),
        ("[given]", "[given", "at line"),
    ],
)
def test_a_mistake_is_told_with_its_file_line_and_key(right, wrong, told):
    with pytest.raises(Misconfigured) as caught:
        reading.parse(TEXT.replace(right, wrong, 1), "my.toml", "my")

    assert str(caught.value).startswith("my.toml")
    assert told in str(caught.value)


@pytest.mark.parametrize("wrong", ["poll_second = 4", "poll_seconds = true"])
def test_the_line_is_the_one_in_the_file(wrong):
    text = TEXT.replace("poll_seconds = 4", wrong)
    line = text.splitlines().index(wrong) + 1

    with pytest.raises(Misconfigured, match=rf"line {line}, "):
        reading.parse(text, "my.toml", "my")


def test_an_unknown_drill_is_told_which_there_are():
    with pytest.raises(Misconfigured, match="did you mean opening\\? known are "):
        reading.load("openning")


@given(
    curve=st.sampled_from(Curve.__args__), shoppers=st.integers(0, 200), seconds=st.floats(0, 100), chance=st.randoms()
)
def test_arrivals_are_sorted_and_in_time_on_every_curve(curve, shoppers, seconds, chance):
    moments = arrivals(curve, shoppers, seconds, chance)

    assert len(moments) == shoppers
    assert moments == sorted(moments)
    assert all(0 <= moment <= seconds for moment in moments)


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [({"most": 1}, 1, True), ({"most": 1}, 1.1, False), ({"least": 2}, 1, False), ({"least": 1, "most": 3}, 2, True)],
)
def test_a_bound_holds_within_it(bound, value, holds):
    assert scenario.Bound(**bound).holds(value) is holds
