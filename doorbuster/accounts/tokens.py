"""Tokens for machines, derived from the installation's secret: nothing to keep, nothing to lose."""

import hmac

TOKEN_HEADER = "Internal-Token"  # noqa: S105 - the header's name


def metrics_token(secret: str) -> str:
    """Return the token with which another machine reads `/metrics`; a new secret makes a new one."""
    return hmac.new(secret.encode(), b"doorbuster metrics", "sha256").hexdigest()


def internal_token(secret: str) -> str:
    """Return the token that processes of this installation show each other, derived from its secret."""
    return hmac.new(secret.encode(), b"doorbuster internal", "sha256").hexdigest()
