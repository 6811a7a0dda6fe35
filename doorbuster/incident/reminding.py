"""Reminds whoever promised something, and tells the company by mail what was published and what is due.

A reminder goes to the item's owner: a mail address, a person who is on call, or a team's on-call of the moment; to
DIGEST_TO where the owner is nobody that can be reached. It is sent in the morning, one message to each receiver.

Promises: at most one reminder and one digest a day to anybody, over restarts too; of one item at most one reminder a
week; what could not be delivered to anybody is tried again; a digest with nothing in it is not sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from doorbuster.clock import Clock
from doorbuster.database.queries import QueryFile
from doorbuster.errors import EventLogUnavailable
from doorbuster.incident import incident, items, postmortem
from doorbuster.incident.incident import Incident
from doorbuster.incident.items import Item
from doorbuster.incident.postmortem import Document
from doorbuster.journal import EventLog
from doorbuster.on_call.people import everybody
from doorbuster.on_call.policy import Step, targets_of
from doorbuster.on_call.rota import TEAMS, rota_at
from doorbuster.on_call.sending import Message
from doorbuster.web.mailboxes import is_email
from doorbuster.web.pages import moment_of

SQL = QueryFile("doorbuster.incident", "reminding.sqlite.sql")
BEAT_SECONDS = 900.0
MORNING_HOUR = 8
"""In UTC."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """How messages go out, to whom the digest goes and how often in days, and where the control room is."""

    send: Callable[[Message], Awaitable[str]]
    digest_to: Sequence[str]
    digest_every_days: int
    room_url: str
    shop_name: str


class Reminder:
    """Looks every quarter of an hour whether it is morning."""

    def __init__(self, log: EventLog, post: Post) -> None:
        """Begin; what was sent is read from the event log."""
        self._log, self._post = log, post

    async def run(self, clock: Clock) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat(clock.now())
            except EventLogUnavailable:
                logger.warning("the reminders wait for the event log")
            except Exception:
                logger.exception("a beat of the reminders failed")
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self, moment: datetime) -> int:
        """Send what is due this morning; return how many messages went out."""
        return await self._remind(moment) + await self._digest(moment)

    async def _remind(self, moment: datetime) -> int:
        now, sent = int(moment.timestamp()), 0
        board = await asyncio.to_thread(items.board, self._log, now)
        if max((item.reminded_at or 0 for item in board), default=0) >= morning(moment).timestamp():
            return 0
        due = items.due_for_reminder(board, f"{moment:%Y-%m-%d}", now)
        for receiver, theirs in (await asyncio.to_thread(self._receivers, due, moment)).items():
            one = len(theirs) == 1
            title = f"[{self._post.shop_name}] {'A promise waits' if one else f'{len(theirs)} promises wait'} for you"
            body = "\n".join([*map(_line, theirs), "", f"The board: {self._post.room_url}/incidents/board"])
            if await self._sent(Message(receiver, title, body, f"reminder.{now}")):
                sent += 1
                for item in theirs:
                    await asyncio.to_thread(items.reminded, self._log, item.id, now)
        return sent

    def _receivers(self, due: Sequence[Item], moment: datetime) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in due:
            for receiver in self._reached_by(item.owner, moment):
                found.setdefault(receiver, []).append(item)
        return found

    def _reached_by(self, owner: str, moment: datetime) -> Sequence[str]:
        """Return where an owner is reached."""
        if is_email(owner):
            return [owner]
        people, rota = everybody(self._log), rota_at(self._log, moment)
        word = owner.casefold().removeprefix("the ").removesuffix(" team")
        number, _ = rota.on_call(word, moment) if word in TEAMS else (None, False)
        person = next((each for each in people.values() if each.name.casefold() == word), people.get(number or 0))
        if person is None or not person.targets:
            return self._post.digest_to
        return [target.url for target in targets_of(Step(person.name, 1), word, rota, people, moment)]

    async def _digest(self, moment: datetime) -> int:
        now, every = int(moment.timestamp()), self._post.digest_every_days
        row = await asyncio.to_thread(self._log.fetch_one, SQL.newest_digest)
        last = row["at"] if row else now - every * 86_400
        if not self._post.digest_to or (row and last >= morning(moment, every).timestamp()):
            return 0
        body = await asyncio.to_thread(self._body, last, now)
        title = f"[{self._post.shop_name}] What went wrong, what we learnt, what is due"
        mails = [Message(receiver, title, body, f"digest.{now}") for receiver in self._post.digest_to if body]
        sent = sum([await self._sent(mail) for mail in mails])
        if sent or not mails:
            await asyncio.to_thread(self._log.execute, SQL.digest_sent, at=now, receivers=sent)
        return sent

    def _body(self, since: int, now: int) -> str:
        docs = [doc for doc in postmortem.published(self._log) if (doc.published_at or 0) >= since]
        board, open_ones = items.board(self._log, now), incident.open_ones(self._log)
        today = f"{moment_of(now):%Y-%m-%d}"
        due = [item for item in board if item.state == "open" and item.due and item.due <= today]
        parts = [
            ("Open now", [_named(it, self._post.room_url) for it in open_ones]),
            (f"Published since {moment_of(since):%d %B}", [_told(doc, self._post.room_url) for doc in docs]),
            ("Due", [_line(item) for item in due]),
            ("Proved once, not any more", [_line(item) for item in board if item.rotted]),
        ]
        written = [f"{title}\n\n" + "\n".join(lines) for title, lines in parts if lines]
        return "\n\n".join([*written, f"The board: {self._post.room_url}/incidents/board"]) if written else ""

    async def _sent(self, message: Message) -> bool:
        why = await self._post.send(message)
        if why:
            logger.warning("a reminder or digest was not delivered: %s", why)
        return not why


def morning(moment: datetime, days: int = 1) -> datetime:
    """Return the last morning (of a Monday, when it is for seven days) that has begun."""
    eight = moment.astimezone(UTC).replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    begun = eight if eight <= moment else eight - timedelta(days=1)
    return begun - timedelta(days=begun.weekday()) if days == 7 else begun


def _line(item: Item) -> str:
    why = "its proof fails or is old" if item.rotted else f"due {item.due}"
    return f"- {item.text} ({item.owner or 'nobody yet'}; {why}; incident {item.incident_id})"


def _named(it: Incident, room: str) -> str:
    return f"- Incident {it.id}, severity {it.severity}: {it.title}\n  {room}/incidents/{it.id}"


def _told(doc: Document, room: str) -> str:
    it = doc.incident
    return f"- Incident {it.id}: {it.title}\n  {doc.summary}\n  {room}/incidents/{it.id}/postmortem"
