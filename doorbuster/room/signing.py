"""Tickets, passes and links as signed texts, verified without asking anybody.

A ticket proves a place, a pass that its owner may claim, a link carries a place to another device. Each belongs to one
customer of one sale; the signature covers both, so neither can be lent to another cookie or another sale.

Promises: none can be guessed or made up; reading one costs some ten microseconds and no database.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

SIGNATURE_BYTES = 18
PASS_HEADER = b"room-pass"
LINK_SECONDS = 24 * 3600
CHALLENGE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in a room: number `place` of a stripe in the draw, or without a stripe the position itself."""

    stripe: int | None
    place: int
    issued: int


class Signer:
    """Signs and reads what a shop's waiting rooms give out."""

    def __init__(self, secret: str, secure: bool) -> None:
        """Derive a key of its own from the shop's secret; `secure` is whether shoppers come over HTTPS."""
        self._key = hmac.digest(secret.encode(), b"waiting room", "sha256")
        self._prefix, self._suffix = ("__Host-", "; Secure") if secure else ("", "")

    def ticket_text(self, sale_id: UUID, customer: str, ticket: Ticket) -> str:
        """Return the ticket as a text that only its customer can use."""
        stripe = "" if ticket.stripe is None else str(ticket.stripe)
        return self._signed("t", sale_id, customer, f"{stripe}.{ticket.place}.{ticket.issued}")

    def ticket_of(self, sale_id: UUID, customer: str, text: str) -> Ticket | None:
        """Return the ticket of a text, or None when it is not this customer's or not ours."""
        facts = self._verified("t", sale_id, customer, text)
        if facts is None:
            return None
        stripe, place, issued = facts.split(".")
        return Ticket(int(stripe) if stripe else None, int(place), int(issued))

    def pass_text(self, sale_id: UUID, customer: str, until: int) -> str:
        """Return a pass that its customer may claim with until then (in seconds since 1970)."""
        return self._signed("p", sale_id, customer, str(until))

    def is_pass(self, sale_id: UUID, customer: str, text: str, now: float) -> bool:
        """Say whether a text is this customer's pass, and not over."""
        facts = self._verified("p", sale_id, customer, text)
        return facts is not None and now < int(facts)

    def link_text(self, sale_id: UUID, customer: str, now: float) -> str:
        """Return what makes another device this customer's: whoever has it has the place."""
        return self._signed("l", sale_id, "", f"{customer}.{int(now) + LINK_SECONDS}")

    def customer_of_link(self, sale_id: UUID, text: str, now: float) -> str | None:
        """Return whose place a link carries, or None when it is not ours or too old."""
        customer, _, until = (self._verified("l", sale_id, "", text) or "").rpartition(".")
        return customer if customer and now < int(until) else None

    def challenge_text(self, sale_id: UUID, customer: str, now: float) -> str:
        """Return a challenge that only this customer can solve, for an hour."""
        return self._signed("w", sale_id, customer, str(int(now) + CHALLENGE_SECONDS))

    def is_challenge(self, sale_id: UUID, customer: str, text: str, now: float) -> bool:
        """Say whether a challenge is this customer's, and not over."""
        until = self._verified("w", sale_id, customer, text)
        return until is not None and now < int(until)

    def proof_text(self, sale_id: UUID, mailbox: str, until: float) -> str:
        """Return what a letter carries instead of a solved challenge."""
        return self._signed("m", sale_id, "", f"{mailbox}.{int(until)}")

    def mailbox_of_proof(self, sale_id: UUID, text: str, now: float) -> str | None:
        """Return to which mailbox the letter of a proof went, or None when it is not ours or too old."""
        mailbox, _, until = (self._verified("m", sale_id, "", text) or "").rpartition(".")
        return mailbox if mailbox and now < int(until) else None

    def cookie_of_ticket(self, sale_id: UUID, text: str, seconds: float) -> str:
        """Return the Set-Cookie value that keeps a ticket."""
        return self._cookie(ticket_cookie(sale_id), text, seconds)

    def cookie_of_pass(self, sale_id: UUID, text: str, seconds: float) -> str:
        """Return the Set-Cookie value that keeps a pass."""
        return self._cookie(pass_cookie(sale_id), text, seconds)

    def kept(self, name: str, cookie_header: str) -> str:
        """Return the raw value of a cookie of ours, or an empty text."""
        wanted = f"{self._prefix}{name}="
        found = (part for part in cookie_header.split("; ") if part.startswith(wanted))
        return next(found, "")[len(wanted) :]

    def _cookie(self, name: str, text: str, seconds: float) -> str:
        rest = f"Path=/; Max-Age={max(1, int(seconds))}; HttpOnly; SameSite=Lax{self._suffix}"
        return f"{self._prefix}{name}={text}; {rest}"

    def _signed(self, kind: str, sale_id: UUID, customer: str, facts: str) -> str:
        return f"{facts}~{self._signature(kind, sale_id, customer, facts)}"

    def _verified(self, kind: str, sale_id: UUID, customer: str, text: str) -> str | None:
        facts, _, signature = text.rpartition("~")
        if not facts or not text.isascii():
            return None
        return facts if hmac.compare_digest(signature, self._signature(kind, sale_id, customer, facts)) else None

    def _signature(self, kind: str, sale_id: UUID, customer: str, facts: str) -> str:
        # The customer goes in as a hash of a fixed length, so that no two sets of facts read the same.
        message = kind.encode() + sale_id.bytes + sha256(customer.encode()).digest() + facts.encode()
        return urlsafe_b64encode(hmac.digest(self._key, message, "sha256")[:SIGNATURE_BYTES]).decode()


@lru_cache(maxsize=256)
def ticket_cookie(sale_id: UUID) -> str:
    """Return the name of the cookie that keeps a ticket; the end of the id tells sales apart."""
    return f"ticket-{sale_id.hex[-12:]}"


@lru_cache(maxsize=256)
def pass_cookie(sale_id: UUID) -> str:
    """Return the name of the cookie that keeps a pass."""
    return f"pass-{sale_id.hex[-12:]}"
