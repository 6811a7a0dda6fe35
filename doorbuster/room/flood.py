"""Whether those who join a waiting room look like a program: one network that asks for more tickets than people do.

The rule: in ten seconds one network asked for `JOINS_MAX` new tickets (a worker's part of it, since each counts for
itself); it ends when for a minute no network asked for half as many. While it holds, every new ticket costs a sum. A
carrier's thousand buyers may set it off at an opening; it then costs each of them a second, or a letter, and no place.

Promises: memory is bounded; what an operator has fixed holds, whatever is counted.
Never: keeps an address (networks come as keys, see web/networks.py), or shuts anybody out.
"""

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.room.draw import LATER_BANDS

WINDOW_SECONDS = 10.0
CALM_WINDOWS = 6
JOINS_MAX = 60
NETWORKS_MAX = 10_000
BITS = 16
"""About 65,000 hashes: half a second for a browser, and as much for each ticket of who wants thousands."""
BITS_A_BAND = 3
"""Each band later (see draw.py) costs eight times as much; the last one a browser some fifteen seconds."""

ASKED = metrics.gauge(
    "doorbuster_room_work", "Whether entering a waiting room costs a sum: by the flood rule or a lever."
)


def bits_of_band(band: int) -> int:
    """Return what a ticket of that band costs where the order is that of coming."""
    return BITS + BITS_A_BAND * band


def band_of_bits(bits: int) -> int:
    """Return the last band that a sum of so many zero bits pays for; the first band costs nothing."""
    return min(LATER_BANDS, max(0, (bits - BITS) // BITS_A_BAND))


class Flood:
    """Counts joins by network in one worker, and says whether a ticket costs a sum."""

    def __init__(self, clock: Clock, share: float = 1.0) -> None:
        """Begin calm; `share` is the part of everybody that this worker sees."""
        self._clock, self._most = clock, max(2.0, JOINS_MAX * share)
        self._counts: dict[str, int] = {}
        self._began, self._calm = clock.monotonic(), CALM_WINDOWS
        self._fixed: bool | None = None

    def fix(self, on: bool | None) -> None:
        """Do as an operator says; None leaves it to the rule."""
        self._fixed = on
        ASKED.set(float(self.on))

    @property
    def waived(self) -> bool:
        """Say whether an operator has said that nobody does sums."""
        return self._fixed is False

    @property
    def on(self) -> bool:
        """Say whether every new ticket costs a sum now."""
        self._turn()
        return self._calm < CALM_WINDOWS if self._fixed is None else self._fixed

    def bits(self, wished: int) -> int:
        """Return how many zero bits a ticket costs in a room whose operator wished for so many."""
        return wished if wished or not self.on else BITS

    def joined(self, network: str | None) -> None:
        """Count somebody who asks for a first ticket; an address that says nothing says nothing here either."""
        self._turn()
        if network is None or (network not in self._counts and len(self._counts) >= NETWORKS_MAX):
            return
        self._counts[network] = self._counts.get(network, 0) + 1
        if self._counts[network] >= self._most:
            self._calm = 0
        ASKED.set(float(self.on))

    def _turn(self) -> None:
        """Close the windows that are over."""
        windows = int((self._clock.monotonic() - self._began) / WINDOW_SECONDS)
        if windows < 1:
            return
        loud = max(self._counts.values(), default=0) >= self._most / 2
        if self._calm < CALM_WINDOWS:
            self._calm = min(CALM_WINDOWS, (0 if loud else self._calm + 1) + windows - 1)
        self._counts = {}
        self._began += windows * WINDOW_SECONDS
        ASKED.set(float(self._calm < CALM_WINDOWS if self._fixed is None else self._fixed))
