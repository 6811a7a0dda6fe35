"""Addresses of lists: the same page further on."""

from starlette.requests import Request


def next_page(request: Request, before: str) -> str:
    """Return the address of the same list from `before` on, with its filters."""
    return str(request.url.include_query_params(before=before).replace(scheme="", netloc=""))
