"""How long ago a replica's present was written: the lag of a replica that still talks, even of one that stands still.

Promises: counts from the write that the replica has not replayed yet; remembers half an hour of the log's positions.
Never: trusts `pg_stat_replication.replay_lag`: it is measured when a replica moves on, so that of one that has stopped
replaying keeps its last, small value.
"""

from collections import deque

POSITIONS_MAX = 1_800


class ReplicaLag:
    """Where the server's log ended at which time; times are monotonic seconds, positions bytes of the log."""

    def __init__(self) -> None:
        """Begin without a past."""
        self._written: deque[tuple[float, float]] = deque(maxlen=POSITIONS_MAX)

    def of(self, now_seconds: float, written: float, replayed: float) -> float:
        """Return the lag in seconds of whoever has replayed so far, the log ending at `written` now.

        Who has fallen behind further than is remembered lags at least as long.
        """
        self._written.append((now_seconds, written))
        if replayed >= written:
            return 0.0
        while len(self._written) > 1 and self._written[1][1] <= replayed:
            self._written.popleft()
        return now_seconds - self._written[0][0]
