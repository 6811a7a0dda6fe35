"""Collections: products that the merchant shows together."""

from dataclasses import dataclass
from uuid import UUID

from doorbuster.catalogue.artwork import artwork_url
from doorbuster.database import QueryFile, Runner, build

SQL = QueryFile("doorbuster.catalogue", "collections.sql")


@dataclass(frozen=True, slots=True)
class Collection:
    """A named shelf of the shop. `description_html` was sanitised when it was written."""

    id: UUID
    handle: str
    title: str
    description_html: str

    @property
    def artwork_url(self) -> str:
        """Return the address of the picture we draw for it."""
        return artwork_url(self.handle, self.title)


async def collections(database: Runner) -> tuple[Collection, ...]:
    """Return the first 200 collections in the merchant's order."""
    return tuple(build(row, Collection) for row in await database.fetch(SQL.collections))


async def collection_by_handle(database: Runner, handle: str) -> Collection | None:
    """Return the collection of that handle, or None."""
    return build(await database.fetch_one(SQL.collection_by_handle, handle=handle), Collection)
