"""The two buckets before the log-in."""

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.accounts.throttle import PER_ACCOUNT, PER_ADDRESS, REMEMBERED_MAX, Throttle


def tries(throttle: Throttle, name: str, address: str, times: int, now_seconds: float = 0.0) -> int:
    """Return how many of the tries counted."""
    return sum(throttle.wait_seconds(name, address, now_seconds) == 0 for _ in range(times))


def test_one_account_can_be_tried_from_everywhere_only_so_often():
    throttle = Throttle()
    assert sum(tries(throttle, "ada", f"192.0.2.{host}", 1) for host in range(100)) == PER_ACCOUNT.burst


def test_one_address_can_try_all_names_only_so_often():
    throttle = Throttle()
    assert sum(tries(throttle, f"name{number}", "192.0.2.1", 1) for number in range(100)) == PER_ADDRESS.burst


def test_capitals_do_not_make_another_account():
    throttle = Throttle()
    tries(throttle, "ada", "192.0.2.1", PER_ACCOUNT.burst)
    assert tries(throttle, "ADA", "192.0.2.2", 1) == 0


def test_strangers_cannot_lock_out_who_has_been_here_before():
    throttle = Throttle()
    throttle.succeeded("ada", "192.0.2.1")
    for host in range(2, 50):
        tries(throttle, "ada", f"192.0.2.{host}", 5)
    assert throttle.wait_seconds("ada", "192.0.2.1", 0.0) == 0


def test_the_wait_that_is_told_is_enough():
    throttle = Throttle()
    tries(throttle, "ada", "192.0.2.1", 50)
    wait_seconds = throttle.wait_seconds("ada", "192.0.2.1", 0.0)
    assert wait_seconds > 0
    assert throttle.wait_seconds("ada", "192.0.2.1", wait_seconds + 0.001) == 0


def test_memory_is_bounded():
    throttle = Throttle()
    for number in range(REMEMBERED_MAX + 500):
        throttle.wait_seconds(f"name{number}", f"address{number}", 0.0)
        throttle.succeeded(f"name{number}", f"address{number}")
    assert len(throttle._buckets) <= REMEMBERED_MAX
    assert len(throttle._welcome) <= REMEMBERED_MAX


@given(st.lists(st.floats(min_value=0, max_value=600), min_size=1, max_size=200))
def test_no_rhythm_gets_more_tries_than_burst_and_refill_allow(pauses: list[float]):
    throttle, now, counted = Throttle(), 0.0, 0
    for pause in pauses:
        now += pause
        counted += throttle.wait_seconds("ada", f"192.0.2.{counted}", now) == 0
    assert counted <= PER_ACCOUNT.burst + now / PER_ACCOUNT.refill_seconds + 1
