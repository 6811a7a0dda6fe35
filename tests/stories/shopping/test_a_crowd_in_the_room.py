"""A crowd comes to a sale with a waiting room, some with scripts and some without, and comes in by passes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from doorbuster.clock import SystemClock
from doorbuster.database import open_database
from doorbuster.drill import crowd
from doorbuster.drill.plan import Habits, Pace, Plan, SaleFacts
from doorbuster.room.rooms import NewRoom, open_room
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from tests.stories.shopping.conftest import Shop

UNITS = 6


async def sale_with_a_room(shop: Shop, opens: datetime) -> SaleFacts:
    handle = f"crowd-{uuid4().hex[:8]}"
    async with open_database(shop.database_url, connections=2, application="test") as database:
        done = await create_sale(
            database,
            NewSale(
                handle=handle, title="A crowd", opens_at=opens, closes_at=opens + timedelta(hours=1), currency="GBP",
                items=[NewItem(sku="LAMP", price=999, units=UNITS)], limit_per_customer=1,
            ),
        )  # fmt: skip
        assert isinstance(done, Done), done
        assert await open_room(database, done.sale.id, NewRoom(order="lottery", rate_max=50))
    return SaleFacts(id=str(done.sale.id), handle=handle, sku="LAMP", opens_at=opens.timestamp(), units=UNITS)


async def test_everybody_waits_in_the_room_and_buys_with_a_pass(shop: Shop) -> None:
    now = datetime.now(UTC)
    sale = await sale_with_a_room(shop, now + timedelta(seconds=4))
    plan = Plan(
        shop=shop.url, sale=sale, starts_at=(now + timedelta(seconds=2)).timestamp(), mix={"visit": 1.0},
        arrivals=[0.2 * number for number in range(UNITS)], habits=Habits(0, 0.4, 0, 0, 0, 0, 0),
        pace=Pace(think_seconds=0.1, reaction_seconds=0.1, poll_seconds=1, retry_seconds=0.5, patience_seconds=60),
    )  # fmt: skip

    record = await crowd.release(plan, SystemClock())

    assert Counter(fate.outcome for fate in record.fates) == {"bought": UNITS}
    steps = Counter(attempt.step for attempt in record.attempts)
    assert steps["ticket"] >= UNITS
    assert steps["pass"] >= UNITS
