"""The test gateway's composition root: one process that plays the payment provider."""

import os

from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment
from doorbuster.test_gateway.serve import open_gateway


async def run_gateway(post: Post) -> None:
    """Take payments that are none until told to stop."""
    settings = from_environment(os.environ)
    async with open_gateway(
        settings.home,
        api_key=settings.gateway_key,
        callback_secret=settings.gateway_callback_secrets[0],
        callback_url=f"{settings.shop_url}/payments/callbacks/hosted",
        base_url=settings.gateway_url,
    ) as app:
        await serve(app, post, has_lifespan=False)
