"""All that a diagnosis may look at, put together before it thinks."""

from dataclasses import dataclass, field
from functools import cached_property

from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import Session
from doorbuster.watch.diagnosis.attribution import Added, attribute
from doorbuster.watch.diagnosis.comparison import Comparison
from doorbuster.watch.diagnosis.examination import Examination, Scan

TRIGGER_SECONDS = 900
SPIKE_RATIO = 2.0
REQUESTS_FLOOR = 5.0


@dataclass(frozen=True)
class Facts:
    """What is known: signals before and after, changes lately, who is at the database, plans, missing indexes."""

    compared: Comparison
    changes: tuple[Change, ...] = ()
    sessions: tuple[Session, ...] = ()
    examined: Examination = field(default_factory=Examination)
    database_cores: int = 2

    @cached_property
    def added(self) -> Added:
        """Return where the added seconds go."""
        return attribute(self.compared)

    @cached_property
    def traffic(self) -> float:
        """Return how many times as many requests come as before, refused ones included."""
        return self.compared.ratio("http.requests", REQUESTS_FLOOR)

    @property
    def spike(self) -> bool:
        """Say whether clearly more requests come than before."""
        return self.compared.has_past and self.traffic >= SPIKE_RATIO

    def changed(self, *kinds: str) -> Change | None:
        """Return the newest change of one of these kinds, if any."""
        return next((change for change in reversed(self.changes) if change.kind in kinds), None)

    def scans_of(self, query: str) -> tuple[Scan, ...]:
        """Return the sequential scans over large tables in a statement's plan; empty when it was not planned."""
        return self.examined.scans.get(query, ())
