"""Artwork: every product gets a picture that we draw from its handle and category."""

WIDTH = 800
HEIGHT = 800


def artwork_url(handle: str, category: str) -> str:
    """Return the address of the artwork; it names the motif, so that drawing it needs no database."""
    return f"/artwork/{handle}.svg"
