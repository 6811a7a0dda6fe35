"""Links by which a page is taken without logging in: signed, for one page and one person, for a week."""

import hmac
from hashlib import sha256

LASTS_SECONDS = 7 * 86_400
"""So long after the page was opened its links work."""


def token_of(secret: str, page_id: str, person_id: int) -> str:
    """Return what proves that this person was sent the page."""
    signed = hmac.new(secret.encode(), f"on-call page {page_id} {person_id}".encode(), sha256)
    return f"{person_id}-{signed.hexdigest()[:40]}"


def person_in(secret: str, page_id: str, token: str) -> int | None:
    """Return whose token it is; None for one that was made up, or belongs to another page."""
    number, _, _ = token.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    genuine = hmac.compare_digest(token_of(secret, page_id, int(number)).encode(), token.encode())
    return int(number) if genuine else None
