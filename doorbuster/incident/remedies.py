"""The steps that mend what the diagnosis named, as far as the house can do them."""

from collections.abc import Iterator

from doorbuster.incident import runbook
from doorbuster.incident.incident import Diagnosed
from doorbuster.incident.runbook import Action, NotUnderstood

STEPS_MAX = 5


def remedies(said: Diagnosed) -> list[Action]:
    """Return the steps that the diagnosis asks for, the first to be done first; what is not understood is left out."""
    return list(_understood(said))[:STEPS_MAX]


def _understood(said: Diagnosed) -> Iterator[Action]:
    for line in said.steps:
        try:
            yield runbook.parse(line)
        except NotUnderstood:
            # A stranger's program may be called as it likes, also so that no step can name it.
            continue
