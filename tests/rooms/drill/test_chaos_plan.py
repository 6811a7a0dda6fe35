"""Which fault meets which step is planned, so that a run can be repeated and a long one leaves nothing out."""

from itertools import product

from doorbuster.drill.chaos.cycles import Chaos
from doorbuster.drill.chaos.walk import STEPS
from doorbuster.drill.faults.known import CHAOS


def planned(seed: int, cycles: int) -> list[tuple[str, str]]:
    chaos = Chaos(None, None, CHAOS, seed, None)  # type: ignore[arg-type]  # planning needs neither house nor sale
    return [(fault.name, step) for fault, step in map(chaos.planned, range(cycles))]


def test_as_many_rounds_as_steps_meet_every_fault_at_every_step_once() -> None:
    met = planned(seed=7, cycles=len(CHAOS) * len(STEPS))

    assert sorted(met) == sorted(product([fault.name for fault in CHAOS], STEPS))


def test_the_same_seed_plans_the_same_run_and_another_seed_another() -> None:
    assert planned(7, 60) == planned(7, 60) != planned(8, 60)
