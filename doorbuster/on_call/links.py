"""Links by which a page is taken without logging in: signed, for one page, as long as that page is open."""

import hmac
from hashlib import sha256


def token_of(secret: str, page_id: str) -> str:
    """Return what proves that somebody was sent the page."""
    return hmac.new(secret.encode(), f"on-call page {page_id}".encode(), sha256).hexdigest()[:40]


def is_genuine(secret: str, page_id: str, token: str) -> bool:
    """Say whether the token is that of the page."""
    return hmac.compare_digest(token_of(secret, page_id).encode(), token.encode())
