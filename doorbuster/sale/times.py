"""Moments as people type them: "in 5 minutes", "now", or a date and time."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
YEARS_MAX = 10

_AHEAD = re.compile(r"in\s+([0-9]{1,6})\s*(second|minute|hour|day|week)s?")


class NotAMoment(ValueError):
    """The text is no moment; the message says how to write one."""


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the moment a person typed; a date and time without an offset is UTC. Raises NotAMoment."""
    typed = text.strip().lower()
    if typed == "now":
        return now
    try:
        moment = _ahead(typed, now) or datetime.fromisoformat(typed.upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if abs(moment - now) <= timedelta(days=366 * YEARS_MAX):
            return moment
    except ValueError:
        raise NotAMoment(
            f"{text!r} is no moment: write 2026-11-27T15:00Z (UTC), 2026-11-27T15:00+01:00, or in 5 minutes"
        ) from None
    except OverflowError:
        pass
    raise NotAMoment(f"{text!r} is more than {YEARS_MAX} years away")


def _ahead(typed: str, now: datetime) -> datetime | None:
    """Return the moment that "in 5 minutes" means, or None for another way of writing; OverflowError when too far."""
    found = _AHEAD.fullmatch(typed)
    return now + timedelta(seconds=int(found[1]) * UNITS[found[2]]) if found else None
