"""A shop's books beside a provider's: pay, reconcile, and keep what the operators were told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from doorbuster.shop.answers import PlacedOrder
from doorbuster.shop.payments import News
from doorbuster.shop.provider_news import take_news
from doorbuster.shop.reconciling import Reconciliation, reconcile
from doorbuster.shop.settling import payment_of, settle_payments
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider

LATER = timedelta(seconds=30)


class Books:
    """Reconciles, and keeps what the operators were told."""

    def __init__(self, scene: Scene, provider: Provider) -> None:
        self.scene, self.provider, self.told = scene, provider, list[tuple[str, str]]()

    async def reconcile(self, after: timedelta = LATER) -> Reconciliation:
        return await reconcile(self.scene.database, self.provider.gateway, self.tell, datetime.now(UTC) + after)

    async def tell(self, verb: str, subject: str, _: dict[str, Any]) -> None:
        self.told.append((verb, subject))

    async def charge(self, order: PlacedOrder) -> None:
        owed = await payment_of(self.scene.database, order.payment_id)
        assert owed is not None
        await self.provider.choose((await self.provider.gateway.open_checkout(owed)).url, "approve")

    async def paid(self) -> PlacedOrder:
        """Return an order that was charged and booked."""
        order = await self.scene.ordered()
        await self.charge(order)
        owed = await payment_of(self.scene.database, order.payment_id)
        assert owed is not None
        await settle_payments(self.scene.database, [await self.provider.gateway.close_checkout(owed)])
        return order

    async def take(self, *news: News) -> None:
        for each in news:
            await take_news(self.scene.database, each, self.tell)
