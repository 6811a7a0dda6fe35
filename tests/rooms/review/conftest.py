"""Two generated shops on the tests' own server, a small one and one ten times as large."""

import asyncio

import pytest

from doorbuster.review.ground import kept_shop

ORDERS = 50_000


@pytest.fixture(scope="session")
def shops(server_url: str) -> tuple[str, str]:
    """The URLs of the small and the large shop."""
    return asyncio.run(_built(server_url))


async def _built(server_url: str) -> tuple[str, str]:
    def quiet(_: str) -> None: ...

    async with (
        kept_shop(server_url, ORDERS // 10, quiet) as small,
        kept_shop(server_url, ORDERS, quiet, base=ORDERS // 10) as large,
    ):
        return small, large
