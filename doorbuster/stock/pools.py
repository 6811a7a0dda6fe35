"""Pools of units: the shop's own, from which sales get theirs by allocation."""

from dataclasses import dataclass
from uuid import UUID

from doorbuster.clock import new_id
from doorbuster.database import Database, QueryFile, Runner, build

SQL = QueryFile("doorbuster.stock", "pools.sql")
MAIN_LOCATION = UUID("00000000-0000-7000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class Pool:
    """Units of one variant at one place; `left` is what may still be promised."""

    id: UUID
    variant_id: UUID
    sale_id: UUID | None
    on_hand: int
    held: int
    sold: int

    @property
    def left(self) -> int:
        """Return how many units may still be promised."""
        return self.on_hand - self.held - self.sold


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The pool now has this many units."""

    pool: Pool


@dataclass(frozen=True, slots=True)
class BelowPromised:
    """Refused: that many units are held or sold already."""

    promised: int


async def pool_of_variant(database: Runner, variant_id: UUID) -> Pool | None:
    """Return the shop's own pool of a variant, or None when none was ever received."""
    return build(await database.fetch_one(SQL.shop_pool_of_variant, variant_id=variant_id), Pool)


async def adjust_stock(database: Database, variant_id: UUID, on_hand: int, reason: str) -> Adjusted | BelowPromised:
    """Set how many units the shop's own pool has; the difference becomes a line of the ledger with its reason."""
    async with database.transaction() as transaction:
        pool = await lock_shop_pool(transaction, variant_id)
        if on_hand < pool.held + pool.sold:
            return BelowPromised(pool.held + pool.sold)
        if on_hand != pool.on_hand:
            await move_on_hand(transaction, pool.id, "adjusted", on_hand - pool.on_hand, reason)
        row = await transaction.fetch_one(SQL.shop_pool_of_variant, variant_id=variant_id)
        assert row is not None
        return Adjusted(build(row, Pool))


async def make_shop_pool(transaction: Runner, variant_id: UUID) -> None:
    """See to it that the variant has a pool of the shop's own; an empty one the first time."""
    await transaction.execute(SQL.make_shop_pool, id=new_id(), variant_id=variant_id, location_id=MAIN_LOCATION)


async def lock_shop_pool(transaction: Runner, variant_id: UUID) -> Pool:
    """Lock and return the shop's own pool of a variant, making an empty one the first time."""
    await make_shop_pool(transaction, variant_id)
    row = await transaction.fetch_one(SQL.lock_shop_pool, variant_id=variant_id)
    assert row is not None
    return build(row, Pool)


async def move_on_hand(transaction: Runner, pool_id: UUID, kind: str, units: int, reason: str | None = None) -> None:
    """Change what a locked pool has on hand, with its line in the ledger."""
    await transaction.execute(SQL.move_on_hand, pool_id=pool_id, kind=kind, units=units, reason=reason)
