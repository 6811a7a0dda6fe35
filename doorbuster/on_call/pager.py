"""Drives the pages: takes the steps that are due, sends what is decided, and escalates at once when nothing arrives.

Promises: what is to be sent is written down first, and sent again after a crash, with the page's number in it; a
message takes a bounded time and keeps no other one waiting; when the first try of every message of a step has failed,
the next step of the policy is due at once, while those messages are tried again a few times; a page that nobody takes
is never silent: when its policy has run out, everybody is told each hour, and not more often when that fails.
Never: sends to a target twice in one step, unless it failed or a crash left open whether it was sent; tries again what
somebody has taken meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from sqlite3 import Row

from doorbuster.clock import Clock
from doorbuster.database.queries import QueryFile
from doorbuster.errors import EventLogUnavailable
from doorbuster.journal import EventLog
from doorbuster.on_call import pages
from doorbuster.on_call.pages import Page
from doorbuster.on_call.people import everybody
from doorbuster.on_call.policy import LAST, policies, policy_of, targets_of
from doorbuster.on_call.rota import rota_at
from doorbuster.on_call.sending import Message

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
BEAT_SECONDS = 1.0
RETRY_SECONDS = (10, 30, 60)
"""So long after each failure a message is tried again; then it is given up."""
TAKEN = "not sent: somebody had taken it, or it was over"
logger = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[str]]
"""Sends a message in a bounded time; returns "" when it was taken, or why not."""


class Pager:
    """Looks after the open pages once a second."""

    def __init__(self, log: EventLog, link: Callable[[str, int], str], send: Send) -> None:
        """Begin; `link` gives the address under which the page of an id is acknowledged by the person of a number."""
        self._log, self._link, self._send = log, link, send
        self._under_way: set[int] = set()

    async def run(self, clock: Clock) -> None:
        """Beat until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    await self.beat(int(clock.now().timestamp()), group)
                except EventLogUnavailable:
                    logger.warning("pages wait for the event log")
                except Exception:
                    logger.exception("a beat of the pager failed")
                await asyncio.sleep(BEAT_SECONDS)

    async def beat(self, now: int, group: asyncio.TaskGroup) -> None:
        """Take the steps that are due, and let `group` send what is decided and not under way yet."""
        for row in await asyncio.to_thread(self._due, now):
            if row["id"] not in self._under_way:
                self._under_way.add(row["id"])
                group.create_task(self._deliver(row, now))

    def _due(self, now: int) -> list[Row]:
        with self._log.transaction():
            for row in self._log.fetch(SQL.pages_due, now=now):
                self._step(Page(*row), now)
        return self._log.fetch(SQL.deliveries_due, now=now)

    def _step(self, page: Page, now: int) -> None:
        """Write down who is told in this step, and when the next one is due."""
        moment = datetime.fromtimestamp(now, UTC)
        number = 0 if page.acknowledged_at is not None else page.step
        step = policy_of(policies(self._log), page.team, page.cause).step(number) or LAST
        for target in targets_of(step, page.team, rota_at(self._log, moment), everybody(self._log), moment):
            self._log.execute(SQL.decide_delivery, page_id=page.id, target_id=target.id, step=number, now=now)
        self._log.execute(SQL.step_page, id=page.id, step=number + 1, next_at=now + step.wait_minutes * 60)

    async def _deliver(self, row: Row, now: int) -> None:
        try:
            page = await asyncio.to_thread(pages.page_by_id, self._log, row["page_id"])
            why = await self._send(self._message(page, row)) if page.state == "open" else TAKEN
            await self._note(row, now, why)
        except EventLogUnavailable:
            logger.warning("a page waits for the event log")
        finally:
            self._under_way.discard(row["id"])

    async def _note(self, row: Row, now: int, why: str) -> None:
        """Write down what became of a message, however long the event log cannot be written: it was sent once."""
        while True:
            try:
                await asyncio.to_thread(self._noted, row, now, why)
                return
            except EventLogUnavailable:
                logger.warning("what became of a message waits for the event log")
                await asyncio.sleep(BEAT_SECONDS)

    def _noted(self, row: Row, now: int, why: str) -> None:
        attempts = int(row["attempts"]) + 1
        is_over = why == TAKEN or attempts > len(RETRY_SECONDS)
        state = "sent" if not why else "failed" if is_over else "due"
        pause = RETRY_SECONDS[attempts - 1] if state == "due" else 0
        with self._log.transaction():
            self._log.execute(
                SQL.delivered, id=row["id"], state=state, attempts=attempts, why=why[:300], try_at=now + pause
            )
            if why and self._has_policy_left(row) and not self._hopes(row):
                self._log.execute(SQL.hurry_page, now=now, page_id=row["page_id"], step=row["step"])

    def _hopes(self, row: Row) -> bool:
        """Say whether a message of the step arrived, or is yet to be tried."""
        found = self._log.fetch(
            SQL.step_hopes, page_id=row["page_id"], step=row["step"], decided_at=row["decided_at"]
        )  # fmt: skip
        return bool(found)

    def _has_policy_left(self, row: Row) -> bool:
        """Say whether it was a step of the policy; after those, a way out that is broken for all is tried each hour."""
        page = pages.page_by_id(self._log, row["page_id"])
        return policy_of(policies(self._log), page.team, page.cause).step(int(row["step"])) is not None

    def _message(self, page: Page, row: Row) -> Message:
        number = page.id[-6:].upper()
        link = self._link(page.id, row["person_id"])
        text = f"{page.text}\n\n" if page.text else ""
        body = f"{text}Take it: {link}\nThe control room: {page.url}\nPage {number}"
        return Message(row["url"], f"[{page.team}] {page.headline}", body, f"{page.id}.{row['id']}")
