"""The place at the database that a request holds, and how whoever waits for somebody else gives it back.

Places are few (the gate learns how many the database can use), so nobody may hold one while waiting for the payment
provider, or for a batch in which a hundred others wait as well: let in a few at a time, they would make small batches.
"""

from collections.abc import Callable
from contextvars import ContextVar

PLACE: ContextVar[Callable[[], None] | None] = ContextVar("place", default=None)
"""How this request gives its place back; None for work that holds none."""


def give_place_back() -> None:
    """Give the place back, if there is one; to be done before waiting for somebody else."""
    if (give_back := PLACE.get()) is not None:
        give_back()
