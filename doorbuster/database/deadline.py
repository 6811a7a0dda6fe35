"""How long an answer is still worth waiting for, from the request down to the statement.

Whoever sets a deadline at the edge needs to tell nobody: it goes along with the task, and every statement under it is
told to PostgreSQL as `statement_timeout`, rounded up to a step, so that the setting changes hardly ever.
"""

from contextvars import ContextVar

from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.database", "deadline.sql")
STEPS_MS = (250, 500, 1_000, 2_000, 3_000, 5_000, 10_000)
"""Few steps, because each change costs a round trip."""

DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
"""In monotonic seconds; None for work that nobody waits for."""


def seconds_left(now: float) -> float | None:
    """Return how many seconds are left, or None when there is no deadline; 0 when it is over."""
    deadline = DEADLINE.get()
    return None if deadline is None else max(0.0, deadline - now)


def step_of(seconds: float | None, most_ms: int) -> int:
    """Return the `statement_timeout` in milliseconds for what is left, never above `most_ms`."""
    if seconds is None:
        return most_ms
    for step in STEPS_MS:
        if seconds * 1_000 <= step:
            return min(step, most_ms)
    return most_ms
