"""Growth per second of numbers that only grow.

Promises: a number that is new or began again gives no rate, never a wrong one.
"""


class Rates:
    """The last value of each number and when it was read."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._last: dict[str, tuple[float, float]] = {}

    def of(self, name: str, value: float | None, now: float) -> float | None:
        """Return the growth per second since the last time, or None when there was none or it shrank."""
        if value is None:
            return None
        before = self._last.get(name)
        self._last[name] = (value, now)
        if before is None or value < before[0] or now <= before[1]:
            return None
        return (value - before[0]) / (now - before[1])

    def all(self, values: dict[str, float | None], now: float) -> dict[str, float]:
        """Return the rates of those that have one."""
        found = {name: self.of(name, value, now) for name, value in values.items()}
        return {name: rate for name, rate in found.items() if rate is not None}
