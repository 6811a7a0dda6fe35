"""Drives the pages: takes the steps that are due, sends what is decided, and escalates at once when nothing arrives.

Promises: what is to be sent is written down first, and sent again after a crash, with the page's number in it; a
message takes a bounded time and never keeps another one waiting; a step of which no message arrives is followed by the
next at once.
Never: sends to a target twice in one step, unless a crash left open whether it was sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import apprise

from doorbuster.clock import Clock
from doorbuster.database.queries import QueryFile
from doorbuster.errors import EventLogUnavailable
from doorbuster.journal import EventLog
from doorbuster.on_call import pages
from doorbuster.on_call.pages import Page
from doorbuster.on_call.people import everybody
from doorbuster.on_call.policy import USUAL, policies, targets_of
from doorbuster.on_call.rota import rota_at

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
BEAT_SECONDS = 1.0
SEND_SECONDS_MAX = 15.0
ATTEMPTS_MAX = 2
DONE_SECONDS = 3_600
"""A page whose policy has run out is looked at again after so long; it stays open."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one target."""

    url: str
    title: str
    body: str


Send = Callable[[Message], Awaitable[str]]
"""Sends a message; returns "" when it was taken, or why not."""


class Pager:
    """Looks after the open pages once a second."""

    def __init__(self, log: EventLog, link: Callable[[Page], str], send: Send) -> None:
        """Begin; `link` gives the address under which a page is acknowledged."""
        self._log, self._link, self._send = log, link, send

    async def run(self, clock: Clock) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat(int(clock.now().timestamp()))
            except EventLogUnavailable:
                logger.warning("pages wait for the event log")
            except Exception:
                logger.exception("a beat of the pager failed")
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self, now: int) -> None:
        """Take the steps that are due, and send what is decided."""
        await asyncio.to_thread(self._decide, now)
        while due := await asyncio.to_thread(self._log.fetch, SQL.deliveries_due):
            async with asyncio.TaskGroup() as group:
                for row in due:
                    group.create_task(self._deliver(row["id"], row["page_id"], row["url"], row["attempts"]))
            await asyncio.to_thread(self._hurry, {(row["page_id"], row["step"]) for row in due}, now)

    def _decide(self, now: int) -> None:
        with self._log.transaction():
            for row in self._log.fetch(SQL.pages_due, now=now):
                self._step(Page(*row), now)

    def _step(self, page: Page, now: int) -> None:
        """Write down who is told in this step, and when the next one is due."""
        moment = datetime.fromtimestamp(now, UTC)
        number = 0 if page.acknowledged_at is not None else page.step
        step = policies(self._log).get(page.team, USUAL).step(number)
        if step is None:
            self._log.execute(SQL.step_page, id=page.id, step=number, next_at=now + DONE_SECONDS)
            return
        for target in targets_of(step, page.team, rota_at(self._log, moment), everybody(self._log), moment):
            self._log.execute(SQL.decide_delivery, page_id=page.id, target_id=target.id, step=number, now=now)
        self._log.execute(SQL.step_page, id=page.id, step=number + 1, next_at=now + step.wait_minutes * 60)

    async def _deliver(self, delivery_id: int, page_id: str, url: str, attempts: int) -> None:
        page = await asyncio.to_thread(pages.page_by_id, self._log, page_id)
        try:
            why = await asyncio.wait_for(self._send(self._message(page, url)), SEND_SECONDS_MAX)
        except TimeoutError:
            why = f"no answer within {SEND_SECONDS_MAX:.0f} s"
        attempts += 1
        state = "sent" if not why else "failed" if attempts >= ATTEMPTS_MAX else "due"
        await asyncio.to_thread(
            self._log.execute, SQL.delivered, id=delivery_id, state=state, attempts=attempts, why=why[:300]
        )

    def _hurry(self, steps: set[tuple[str, int]], now: int) -> None:
        """Let the next step be due at once where no message of this one arrived."""
        for page_id, step in steps:
            states = {row["state"] for row in self._log.fetch(SQL.step_deliveries, page_id=page_id, step=step)}
            if states == {"failed"}:
                self._log.execute(SQL.hurry_page, id=page_id, now=now)

    def _message(self, page: Page, url: str) -> Message:
        number = page.id[-6:].upper()
        body = f"{page.text}\n\nTake it: {self._link(page)}\nThe control room: {page.url}\nPage {number}"
        return Message(url, f"[{page.team}] {page.headline}", body)


async def send_by_apprise(message: Message) -> str:
    """Send a message to whatever its address names; in a thread, since most of apprise's senders wait."""
    return await asyncio.to_thread(_sent, message)


def _sent(message: Message) -> str:
    plugin = apprise.Apprise.instantiate(message.url)
    if plugin is None:
        return "the address is not understood any more"
    taken = plugin.notify(body=message.body, title=message.title)
    return "" if taken else "the receiver did not take it"
