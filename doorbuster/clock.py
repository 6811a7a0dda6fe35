"""The only source of time, chance and identifiers.

Promises: rules never ask what time it is, they are told.
Never: sleeps; waiting is the caller's business.
"""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import uuid_utils.compat


class Clock(Protocol):
    """What a verb needs to know of time: the wall clock in UTC and a monotonic one in seconds."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for measuring durations."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()


@dataclass
class ManualClock:
    """A clock that stands still until it is moved; for tests and simulations."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
    seconds: float = 0.0

    def now(self) -> datetime:
        """Return the time it was last moved to."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds it was moved by so far."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): unique, and sorted by the time it was made."""
    return uuid_utils.compat.uuid7()


def earliest_id(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of that millisecond: every id made later is greater."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))


def id_at(moment: datetime) -> UUID:
    """Return a fresh UUIDv7 that sorts as if it had been made at `moment` (aware): for history from before our time."""
    milliseconds = int(moment.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def new_secret(byte_count: int = 24) -> str:
    """Return an unguessable URL-safe text of `byte_count` random bytes (at least 16)."""
    assert byte_count >= 16
    return secrets.token_urlsafe(byte_count)
