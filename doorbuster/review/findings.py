"""What a review says: findings, each with its place, its reason and what to do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad: a breach fails the review, a warning is for a person to weigh."""

    BREACH = "breach"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `rule` names the kind, `remedy` says what to do, `sql` is ready to run."""

    rule: str
    level: Level
    subject: str
    file: str
    line: int
    message: str
    remedy: str
    sql: str = ""
    figures: dict[str, float] = field(default_factory=dict)
