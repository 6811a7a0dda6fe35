"""Sends mails: once for each effect, by SMTP where one is set, else kept for the control room's outbox page.

Promises: a mail is written down before it is sent; asked for again, it is not sent again; its Message-ID names the
effect, so that even a doubled delivery can be recognised; a mail server that fails is left in peace.
Never: decides what a mail says.
"""

import asyncio
import random
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from doorbuster import metrics
from doorbuster.clock import SystemClock, new_id
from doorbuster.database.pool import Database
from doorbuster.database.queries import QueryFile
from doorbuster.downstream import Downstream, Fault
from doorbuster.errors import DoorbusterError

SQL = QueryFile("doorbuster.jobs", "mail.sql")
SMTP_SECONDS = 20.0
"""The mail server's time for each of its answers; `DELIVERY_SECONDS` bounds all of them together."""
DELIVERY_SECONDS = 60.0
MAILS = metrics.counter("doorbuster_mails_total", "Mails by what became of them.", ("state",))


class MailNotSent(DoorbusterError):
    """The mail server gave no usable answer, or refused; the mail is kept and tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as its reader gets it; `effect_key` names what it is about, for ever."""

    effect_key: str
    recipient: str
    subject: str
    text_body: str
    html_body: str


class Mailer:
    """The way out for mails."""

    def __init__(self, database: Database, smtp_url: str | None, sender: str) -> None:
        """Send from `sender` by the server of `smtp_url`; without one, mails are kept."""
        self._database, self._smtp_url, self._sender = database, smtp_url, sender
        self._downstream = Downstream("mail", SystemClock(), random.Random())  # noqa: S311

    async def send(self, mail: Mail) -> None:
        """Send a mail unless it was sent before; raise MailNotSent when the server did not take it.

        Raises Throttled while the server is left in peace; the mail stays `queued`.
        """
        row = await self._database.fetch_one(
            SQL.write_mail,
            id=new_id(),
            effect_key=mail.effect_key,
            recipient=mail.recipient,
            subject=mail.subject,
            text_body=mail.text_body,
            html_body=mail.html_body,
            state="queued" if self._smtp_url else "kept",
        )
        if self._smtp_url is None or row is None or row["state"] in ("sent", "kept"):
            return
        smtp_url, message = self._smtp_url, self._message(mail)
        try:
            await self._downstream.call(lambda: deliver(smtp_url, message), _judge)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
            await self._note(mail, "failed", str(fault)[:500])
            raise MailNotSent(f"the mail server did not take it: {fault}") from fault
        await self._note(mail, "sent", None)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.recipient, _line(mail.subject)
        message["Message-ID"] = f"<{mail.effect_key.replace(':', '.')}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text_body)
        message.add_alternative(mail.html_body, subtype="html")
        return message

    async def _note(self, mail: Mail, state: str, error: str | None) -> None:
        await self._database.execute(SQL.note_mail, effect_key=mail.effect_key, state=state, error=error)
        MAILS.add(state)


def _line(text: str) -> str:
    """Return a text on one line: a title with a line break in it must not become a header of its own."""
    return " ".join(text.split())


def _judge(fault: Exception) -> Fault:
    """Say whether a fault is the server's; a refusal for good, or of a recipient even for the moment, is an answer.

    The queue is what tries again.
    """
    match fault:
        case aiosmtplib.SMTPRecipientsRefused():
            return Fault(unwell=False)
        case aiosmtplib.SMTPResponseException():
            return Fault(unwell=fault.code < 500)
    return Fault(unwell=isinstance(fault, aiosmtplib.SMTPException | OSError))


async def deliver(smtp_url: str, message: EmailMessage) -> None:
    """Hand a message to the server of an address such as smtp://user:password@host:587 or smtps://host:465."""
    url = urlsplit(smtp_url)
    async with asyncio.timeout(DELIVERY_SECONDS):
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port,
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            timeout=SMTP_SECONDS,
        )
