"""How many statements a request has sent: counted where they are sent, read where the request ends.

Promises: one addition for each statement. Never: counts a batch for many requests, or background work.
"""

from contextvars import ContextVar

TALLY: ContextVar[list[int] | None] = ContextVar("tally", default=None)
"""The count of the request that the running task works for; tasks that it starts count into the same."""


def begin() -> list[int]:
    """Begin to count for this task and those that it starts; the first element is the count."""
    tally = [0]
    TALLY.set(tally)
    return tally


def count() -> None:
    """Count a statement, where somebody counts."""
    tally = TALLY.get()
    if tally is not None:
        tally[0] += 1
