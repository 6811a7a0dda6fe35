"""Addresses of lists: the same page further on."""

from uuid import UUID

from starlette.requests import Request


def next_page(request: Request, before: str) -> str:
    """Return the address of the same list from `before` on, with its filters."""
    return str(request.url.include_query_params(before=before).replace(scheme="", netloc=""))


def id_in(text: str) -> UUID | None:
    """Return the id in a link, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
