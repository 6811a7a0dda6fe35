"""The brown-out ladder: under load the shop does less for everybody before it refuses anybody.

Promises: each step leaves out what a buyer misses least; every step is undone by itself when the load has gone.
Never: touches what is bought, held or paid.
"""

from doorbuster import metrics

STEPS: tuple[str, ...] = (
    "everything as usual",
    "no more-like-it on product pages",
    "no mending of mistyped search words",
    "pages for everybody are kept for half a minute",
    "no filters and no sorting in search",
)
"""What each step leaves out, beside what those below it do."""
HIGHEST = len(STEPS) - 1
UP_SECONDS, DOWN_SECONDS = 1.0, 10.0
KEPT_TIMES = 6

STEP = metrics.gauge("doorbuster_brownout_step", "How much is left out under load: 0 nothing, 4 all that can be.")


class Ladder:
    """Keeps `step`; who makes a page asks what to leave out."""

    def __init__(self) -> None:
        """Begin with everything as usual."""
        self.step = 0
        self._fixed: int | None = None
        self._changed_at = float("-inf")

    @property
    def recommends(self) -> bool:
        """Say whether a product's page shows others like it."""
        return self.step < 1

    @property
    def mends_words(self) -> bool:
        """Say whether a search looks for what a mistyped word may mean."""
        return self.step < 2

    @property
    def kept_times(self) -> int:
        """Return how many times as long as usual a page for everybody may be kept."""
        return KEPT_TIMES if self.step >= 3 else 1

    @property
    def filters(self) -> bool:
        """Say whether search filters and sorts."""
        return self.step < 4

    def fix(self, step: int | None) -> None:
        """Stand on the step that an operator chose; None lets the ladder move by itself again."""
        self._fixed = step

    def look(self, now: float, *, pressed: bool) -> None:
        """Climb a step a second while the gate is pressed, come down one each ten seconds after."""
        pause = UP_SECONDS if pressed else DOWN_SECONDS
        if self._fixed is not None:
            self._stand(min(HIGHEST, self._fixed), now)
        elif now - self._changed_at >= pause:
            self._stand(min(HIGHEST, self.step + 1) if pressed else max(0, self.step - 1), now)
        STEP.set(self.step)

    def _stand(self, step: int, now: float) -> None:
        if step != self.step:
            self.step, self._changed_at = step, now
