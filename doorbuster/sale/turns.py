"""Leaving others their turn: how a worker's batches stay large when other workers sell the same item.

Every batch that promises a unit adds one to its pool's version. Between two batches of ours the version tells how many
others were sent; we let the next batch collect for as long as those take. So each of N workers sends an Nth as often,
batches are as large as those of one worker alone, and few of them meet at the row's lock. A worker that is alone never
rests, and neither does one whose line was empty: only what follows a batch at once is held back.
"""

from uuid import UUID

Lane = tuple[UUID, UUID]
"""A sale and a variant: what one pool is for."""

REST_SECONDS_MAX = 0.02


class Turns:
    """What one worker knows of the batches of others, by the pool that they are about."""

    def __init__(self) -> None:
        """Know nothing yet: nobody rests for somebody unseen."""
        self._versions: dict[Lane, int] = {}
        self._others: dict[Lane, int] = {}

    def saw(self, lane: Lane, version: int) -> None:
        """Take note of the version that a pool has after a batch of ours; who was there leaves one by one."""
        between = version - self._versions.get(lane, version) - 1
        self._others[lane] = max(0, between, self._others.get(lane, 0) - 1)
        self._versions[lane] = version

    def rest_seconds(self, lane: Lane, batch_seconds: float) -> float:
        """Return how long the next batch collects, when the last one took `batch_seconds`."""
        return min(self._others.get(lane, 0) * batch_seconds, REST_SECONDS_MAX)
