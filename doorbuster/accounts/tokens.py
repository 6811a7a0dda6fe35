"""Tokens for machines, derived from the installation's secret: nothing to keep, nothing to lose."""

import hmac


def metrics_token(secret: str) -> str:
    """Return the token with which another machine reads `/metrics`; a new secret makes a new one."""
    return hmac.new(secret.encode(), b"doorbuster metrics", "sha256").hexdigest()
