"""A replica's lag is the age of the first write that it has not replayed."""

from doorbuster.watch.replicas import ReplicaLag


def lags(*seen: tuple[float, float]) -> list[float]:
    """The lags of a replica, looked at every two seconds; of each look: how much is written, how much replayed."""
    lag = ReplicaLag()
    return [lag.of(2.0 * turn, written, replayed) for turn, (written, replayed) in enumerate(seen)]


def test_a_replica_that_has_replayed_everything_does_not_lag():
    assert lags((100, 100), (200, 200), (200, 200)) == [0, 0, 0]


def test_a_replica_that_stops_replaying_lags_further_with_each_second():
    assert lags((100, 100), (200, 100), (300, 100), (300, 100)) == [0, 2, 4, 6]


def test_a_replica_that_catches_up_lags_by_what_is_left():
    assert lags((100, 100), (200, 100), (300, 200), (300, 300)) == [0, 2, 2, 0]


def test_a_server_to_which_nobody_writes_has_no_lagging_replica():
    assert lags((100, 100), (100, 100), (100, 100)) == [0, 0, 0]
