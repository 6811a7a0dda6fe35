"""Log-in, log-out and who is there.

Promises: a session's token is random, new at each log-in, and only its hash is kept; a session ends after two idle
hours, after a day, at log-out, and when its operator gets a new password or is disabled.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from doorbuster import journal
from doorbuster.accounts.operators import SQL, Operator, operator_named, operator_of
from doorbuster.accounts.passwords import Passwords
from doorbuster.accounts.throttle import Throttle
from doorbuster.clock import Clock, new_secret
from doorbuster.journal import EventLog, Line

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=24)
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The name and password are right; `token` goes into the cookie."""

    operator: Operator
    token: str


@dataclass(frozen=True, slots=True)
class WrongNameOrPassword:
    """Which of the two is wrong is nobody's business."""


@dataclass(frozen=True, slots=True)
class TooManyTries:
    """The name or the address was tried too often."""

    wait_seconds: float


LogIn = TooManyTries | WrongNameOrPassword | LoggedIn


@dataclass(frozen=True, slots=True)
class Knock:
    """One attempt to log in."""

    name: str
    password: str
    address: str


class Sessions:
    """The door of the control room."""

    def __init__(self, log: EventLog, clock: Clock, passwords: Passwords, throttle: Throttle) -> None:
        """Keep what log-in needs."""
        self._log, self._clock, self._passwords, self._throttle = log, clock, passwords, throttle

    async def log_in(self, knock: Knock, old_token: str | None = None) -> LogIn:
        """Answer an attempt to log in; a session that came along ends, so that the token is always a new one."""
        wait_seconds = self._throttle.wait_seconds(knock.name, knock.address, self._clock.monotonic())
        if wait_seconds > 0:
            return TooManyTries(wait_seconds)
        found = await asyncio.to_thread(operator_named, self._log, knock.name)
        may_enter = found is not None and found[0].disabled_at is None
        right = await self._passwords.verify(found[1] if found and may_enter else None, knock.password)
        if found is None or not right:
            await asyncio.to_thread(self._note_refusal, knock)
            return WrongNameOrPassword()
        self._throttle.succeeded(knock.name, knock.address)
        token = await asyncio.to_thread(self._begin, found[0], knock.address, old_token)
        return LoggedIn(found[0], token)

    async def begin(self, operator: Operator, address: str, old_token: str | None = None) -> str:
        """Begin a session for an operator who has just proved it by a one-time link; return its token."""
        return await asyncio.to_thread(self._begin, operator, address, old_token)

    async def operator_of(self, token: str) -> Operator | None:
        """Return who holds this token, if the session still lasts."""
        return await asyncio.to_thread(self._operator_of, token)

    async def log_out(self, token: str, operator: Operator) -> None:
        """End the session."""
        await asyncio.to_thread(self._end, token, operator)

    def _begin(self, operator: Operator, address: str, old_token: str | None) -> str:
        now = self._clock.now()
        token = new_secret(32)
        with self._log.transaction():
            self._log.execute(SQL.forget_expired_sessions, **_limits(now))
            if old_token:
                self._log.execute(SQL.end_session, token_hash=hash_of(old_token))
            self._log.execute(
                SQL.begin_session, token_hash=hash_of(token), operator_id=str(operator.id), now=now.isoformat()
            )
            journal.append(self._log, _line("operator.log_in", operator, now, address=address))
        return token

    def _operator_of(self, token: str) -> Operator | None:
        now = self._clock.now()
        row = self._log.fetch_one(SQL.session, token_hash=hash_of(token), **_limits(now))
        if row is None:
            return None
        if now - datetime.fromisoformat(row["seen_at"]) > TOUCH_EVERY:
            self._log.execute(SQL.touch_session, token_hash=hash_of(token), now=now.isoformat())
        return operator_of(row)

    def _end(self, token: str, operator: Operator) -> None:
        with self._log.transaction():
            self._log.execute(SQL.end_session, token_hash=hash_of(token))
            journal.append(self._log, _line("operator.log_out", operator, self._clock.now()))

    def _note_refusal(self, knock: Knock) -> None:
        now, name = self._clock.now(), knock.name[:64]
        detail = {"address": knock.address}
        line = Line(
            at=now, actor="door", role="system", verb="operator.refused", subject=f"operator:{name}", detail=detail
        )
        journal.append(self._log, line)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token; it has 256 random bits, so one fast hash is enough."""
    return sha256(token.encode()).digest()


def _limits(now: datetime) -> dict[str, str]:
    return {"begun_after": (now - ABSOLUTE).isoformat(), "seen_after": (now - IDLE).isoformat()}


def _line(verb: str, operator: Operator, now: datetime, **detail: str) -> Line:
    subject = f"operator:{operator.name}"
    return Line(at=now, actor=operator.name, role=operator.role, verb=verb, subject=subject, detail=dict(detail))
