"""Hashes and checks passwords with argon2id, at most one at a time, so that a flood of log-ins leaves the CPU alone.

The parameters are the OWASP Password Storage Cheat Sheet's first choice for argon2id: 19 MiB, two passes, one lane.
What a password must be follows NIST SP 800-63B section 5.1.1.2: long, not a common one, no rules of composition.
"""

import asyncio
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from doorbuster.errors import Overloaded

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
WAITING_MAX = 8
LENGTH_MIN = 12
LENGTH_MAX = 256


class Passwords:
    """The one place that computes argon2; everybody waits here in a short line."""

    def __init__(self) -> None:
        """Prepare the hash that unknown names are compared with, so that they take as long as known ones."""
        self._hasher = _hasher()
        self._nobody = self._hasher.hash("nobody has this password")
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash to keep; raise Overloaded when too many wait."""
        return await self._in_turn(password, None)

    async def verify(self, kept_hash: str | None, password: str) -> bool:
        """Say whether the password is the one hashed; None (an unknown name) takes the same time and is False."""
        matches = await self._in_turn(password, kept_hash or self._nobody)
        return bool(matches) and kept_hash is not None

    async def _in_turn(self, password: str, kept_hash: str | None) -> str:
        if self._waiting >= WAITING_MAX:
            raise Overloaded("too many people are logging in; try again in a few seconds")
        self._waiting += 1
        try:
            async with self._turn:
                if kept_hash is None:
                    return await asyncio.to_thread(self._hasher.hash, password)
                return await asyncio.to_thread(self._matches, kept_hash, password)
        finally:
            self._waiting -= 1

    def _matches(self, kept_hash: str, password: str) -> str:
        try:
            self._hasher.verify(kept_hash, password[:LENGTH_MAX])
        except (VerificationError, InvalidHashError):
            return ""
        return kept_hash


def hash_now(password: str) -> str:
    """Return the hash to keep, computed by the caller itself; for the command line."""
    return _hasher().hash(password)


def weakness(password: str, name: str) -> str | None:
    """Return what is wrong with a new password, as a sentence for the one who chose it, or None."""
    if len(password) < LENGTH_MIN:
        return f"Use at least {LENGTH_MIN} characters; a few unrelated words are easy to remember."
    if len(password) > LENGTH_MAX:
        return f"Use at most {LENGTH_MAX} characters."
    folded = password.casefold()
    if name and len(name) >= 4 and name.casefold() in folded:
        return "Leave your name out of the password."
    if len(set(folded)) < 5 or _is_run(folded):
        return "That is one pattern repeated; use a few unrelated words."
    if folded in _common() or _trunk(folded) in _common():
        return "That is among the most common passwords, which are tried first; use a few unrelated words."
    return None


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def _is_run(text: str) -> bool:
    """Say whether the text only counts up or down, as 123456789012 and abcdefghijkl do."""
    steps = {(ord(after) - ord(before)) for before, after in pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _trunk(folded: str) -> str:
    """Return the word that a common password is grown from: without digits and signs around it, and not doubled."""
    trunk = folded.strip("0123456789!?.,;:*+-_#@$%&/ ")
    half = len(trunk) // 2
    return trunk[:half] if trunk and trunk[:half] == trunk[half:] else trunk


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = resources.files("doorbuster.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line)
