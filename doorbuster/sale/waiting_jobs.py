"""The mails of the waiting list: it is your turn, your turn has passed, the sale is over; and that a sale opens soon.

Promises: each handler may run twice and its mail is sent once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from doorbuster.database import Database
from doorbuster.jobs.mail import Mail, Mailer
from doorbuster.jobs.worker import Handler
from doorbuster.sale.waiting import SQL, Place, notice_named, place_of
from doorbuster.settings import Settings
from doorbuster.web.pages import Pages


@dataclass(frozen=True, slots=True)
class WaitingJobs:
    """The handlers of the line's jobs, with what they reach."""

    database: Database
    mailer: Mailer
    pages: Pages
    settings: Settings

    def handlers(self) -> dict[str, Handler]:
        """Return the handler of every kind of job that this room asks for."""
        return {
            "waiting_offered": self.waiting_offered,
            "waiting_lapsed": self.waiting_lapsed,
            "waiting_closed": self.waiting_closed,
            "sale_notice": self.sale_notice,
        }

    async def waiting_offered(self, payload: Mapping[str, Any]) -> None:
        """Call whoever's turn it is, unless the offer is over already."""
        place = await self._place(payload)
        if place.state == "offered" and place.hold_state == "held":
            await self._tell(place, "offered", f"It is your turn: {place.title}")

    async def waiting_lapsed(self, payload: Mapping[str, Any]) -> None:
        """Say that an offer ended."""
        place = await self._place(payload)
        await self._tell(place, "lapsed", f"Your turn has passed: {place.title}")

    async def waiting_closed(self, payload: Mapping[str, Any]) -> None:
        """Say that the sale ended before the turn came."""
        place = await self._place(payload)
        await self._tell(place, "closed", f"The sale is over: {place.sale_title}")

    async def sale_notice(self, payload: Mapping[str, Any]) -> None:
        """Say that a sale opens soon."""
        notice = await notice_named(self.database, UUID(payload["notice_id"]))
        assert notice is not None, "a job never outlives its notice"
        link = f"{self.settings.shop_url}/sales/{notice.handle}"
        stop = f"{self.settings.shop_url}/notices/{notice.id}/stop?secret={notice.secret}"
        facts = {"notice": notice, "link": link, "stop": stop}
        await self._mail(f"sale-notice:{notice.id}", notice.email, f"{notice.title} opens soon", "notice", facts)

    async def _place(self, payload: Mapping[str, Any]) -> Place:
        row = await self.database.fetch_one(SQL.waiting_to_tell, id=UUID(payload["waiting_id"]))
        assert row is not None, "a job never outlives its place in line"
        place = await place_of(self.database, row["id"], row["secret"])
        assert place is not None
        return place

    async def _tell(self, place: Place, what: str, subject: str) -> None:
        if place.email is None:
            return
        link = f"{self.settings.shop_url}/waiting/{place.id}?secret={place.secret}"
        await self._mail(f"waiting-{what}:{place.id}", place.email, subject, what, {"place": place, "link": link})

    async def _mail(self, key: str, recipient: str, subject: str, template: str, facts: dict[str, Any]) -> None:
        await self.mailer.send(
            Mail(
                effect_key=key,
                recipient=recipient,
                subject=f"{subject} · {self.settings.shop_name}",
                text_body=self.pages.render(f"sale/mails/{template}.txt", **facts),
                html_body=self.pages.render(f"sale/mails/{template}.html", **facts),
            )
        )
