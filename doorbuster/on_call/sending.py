"""Sends one message to one target: by apprise, or by the shop's own mail server where the target is a mail address.

Promises: an answer within `SEND_SECONDS_MAX`, whatever the receiver does; at most `SENDERS_MAX` threads wait for
receivers, and they are nobody else's; a fault of the sender's own is an answer, too.
Never: says or logs a target's address.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
import apprise

from doorbuster.jobs.mail import deliver
from doorbuster.settings import Settings
from doorbuster.web.mailboxes import is_email

SEND_SECONDS_MAX = 10.0
SENDERS_MAX = 8
NO_SMTP = "it is a mail address, and the shop has no mail server: set SMTP_URL"


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one target; `id` is the same when it is sent again."""

    url: str
    title: str
    body: str
    id: str = ""


class Sender:
    """The way out for messages to who is on call."""

    def __init__(self, settings: Settings) -> None:
        """Send mails as the shop does."""
        self._smtp_url, self._mail_from = settings.smtp_url, settings.mail_from
        self._threads = ThreadPoolExecutor(SENDERS_MAX, thread_name_prefix="on-call")

    async def send(self, message: Message) -> str:
        """Send a message; return "" when it was taken, or why not."""
        way = self._by_mail(message) if is_email(message.url) else self._by_apprise(message)
        try:
            return await asyncio.wait_for(way, SEND_SECONDS_MAX)
        except TimeoutError:
            return f"no answer within {SEND_SECONDS_MAX:.0f} s"
        except Exception as fault:
            # The fault's own words may have the address in them.
            return f"the sender failed: {type(fault).__name__}"

    def close(self) -> None:
        """Start nothing any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _by_apprise(self, message: Message) -> str:
        """Wait in a thread, as most of apprise's senders do."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _sent, message)

    async def _by_mail(self, message: Message) -> str:
        if self._smtp_url is None:
            return NO_SMTP
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._mail_from, message.url, " ".join(message.title.split())
        if message.id:
            mail["Message-ID"] = f"<on-call.{message.id}@{self._mail_from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        try:
            await deliver(self._smtp_url, mail)
        except aiosmtplib.SMTPResponseException as fault:
            return f"the mail server answered {fault.code}"
        except (aiosmtplib.SMTPException, OSError):
            return "the mail server does not answer or does not take it"
        return ""


def _sent(message: Message) -> str:
    plugin = apprise.Apprise.instantiate(message.url)
    if plugin is None:
        return "the address is not understood any more"
    taken = plugin.notify(body=message.body, title=message.title)
    return "" if taken else "the receiver did not take it"
