"""What a named cause asks for is a step with a button, and only what the house can do."""

from shlex import quote

from doorbuster.incident.incident import Diagnosed
from doorbuster.incident.remedies import remedies


def lines(*steps: str) -> list[str]:
    return [action.line for action in remedies(Diagnosed(steps=steps))]


def test_the_steps_stand_in_the_order_of_the_diagnosis() -> None:
    steps = ("create index products_search", "create index products_newest")

    assert lines(*steps) == list(steps)


def test_a_step_that_the_house_cannot_do_is_left_out_and_the_others_stay() -> None:
    assert lines("make coffee", "cancel query search_products") == ["cancel query search_products"]


def test_a_program_may_be_called_as_it_likes() -> None:
    for name in ("nightly report's tool", "--x", "--for 15m", "{braces}", '<b>"bold"</b>'):
        (action,) = remedies(Diagnosed(steps=(f"end sessions {quote(name)}",)))
        assert (action.kind, action.what) == ("end_idle", name)


def test_a_session_is_ended_with_the_name_of_its_program() -> None:
    (action,) = remedies(Diagnosed(steps=("end session 4711 --of 'nightly report'",)))

    assert (action.kind, action.what, action.of) == ("end", "4711", "nightly report")
