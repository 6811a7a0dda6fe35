"""Mails by a real SMTP server: sent once, kept without a server, tried again when it was away."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import asyncpg
import pytest

from doorbuster.database import Database
from doorbuster.errors import Throttled
from doorbuster.jobs.mail import Mail, Mailer, MailNotSent
from tests.mailbox import Mailbox, mailbox_open

CONFIRMATION = Mail(
    effect_key="order-paid:1",
    recipient="ada@example.com",
    subject="Your order 1001 is confirmed",
    text_body="Thank you, Ada ☂\n",
    html_body="<p>Thank you, Ada ☂</p>",
)


@pytest.fixture
def post_office() -> Iterator[tuple[Mailbox, str]]:
    with mailbox_open() as opened:
        yield opened


async def state(url: str) -> tuple[str, str | None]:
    connection = await asyncpg.connect(url)
    try:
        return tuple((await connection.fetch("SELECT state, error FROM mails"))[0])
    finally:
        await connection.close()


async def test_a_mail_arrives_whole_and_only_once(
    database: Database, database_url: str, post_office: tuple[Mailbox, str]
) -> None:
    mailbox, smtp_url = post_office
    mailer = Mailer(database, smtp_url, "shop@example.com")
    await mailer.send(CONFIRMATION)
    await mailer.send(CONFIRMATION)
    (mail,) = mailbox.mails
    assert (mail["to"], mail["from"], mail["subject"]) == (
        "ada@example.com", "shop@example.com", "Your order 1001 is confirmed",
    )  # fmt: skip
    assert mail["message-id"] == "<order-paid.1@example.com>"
    text, html = mail.get_payload()
    assert text.get_payload(decode=True).decode().split() == CONFIRMATION.text_body.split()
    assert html.get_content_type() == "text/html"
    assert await state(database_url) == ("sent", None)


async def test_a_line_break_in_a_title_makes_no_header_of_its_own(
    database: Database, post_office: tuple[Mailbox, str]
) -> None:
    mailbox, smtp_url = post_office
    evil = replace(CONFIRMATION, subject="It is your turn: Lamp\r\nBcc: everybody@example.com\r\n\r\nBuy this")
    await Mailer(database, smtp_url, "shop@example.com").send(evil)
    (mail,) = mailbox.mails
    assert mail["bcc"] is None
    assert mail["subject"] == "It is your turn: Lamp Bcc: everybody@example.com Buy this"


async def test_without_a_server_a_mail_is_kept_to_be_read(database: Database, database_url: str) -> None:
    await Mailer(database, None, "shop@example.com").send(CONFIRMATION)
    assert await state(database_url) == ("kept", None)


async def test_a_mail_that_the_server_did_not_take_is_sent_when_it_is_back(
    database: Database, database_url: str, post_office: tuple[Mailbox, str]
) -> None:
    mailbox, smtp_url = post_office
    with pytest.raises(MailNotSent):
        await Mailer(database, "smtp://127.0.0.1:9", "shop@example.com").send(CONFIRMATION)
    assert (await state(database_url))[0] == "failed"
    await Mailer(database, smtp_url, "shop@example.com").send(CONFIRMATION)
    assert len(mailbox.mails) == 1
    assert await state(database_url) == ("sent", None)


async def mailed(mailer: Mailer, keys: range) -> dict[str, int]:
    """Send mails one after the other; return how many were sent, failed and refused here."""
    outcomes = {"sent": 0, "failed": 0, "refused": 0}
    for key in keys:
        try:
            await mailer.send(replace(CONFIRMATION, effect_key=f"order-paid:{key}"))
            outcomes["sent"] += 1
        except Throttled:
            outcomes["refused"] += 1
        except MailNotSent:
            outcomes["failed"] += 1
    return outcomes


async def test_a_mail_server_that_fails_is_left_in_peace_and_used_again_when_it_is_well(
    database: Database, database_url: str, post_office: tuple[Mailbox, str]
) -> None:
    mailbox, smtp_url = post_office
    mailer = Mailer(database, smtp_url, "shop@example.com")
    mailbox.unwell = True

    away = await mailed(mailer, range(200))
    assert away["sent"] == 0
    assert away["refused"] > 150
    assert mailbox.attempts == away["failed"], "what is refused here was not sent, and nothing is sent twice at once"

    mailbox.unwell = False
    async with asyncio.timeout(5):
        while (await mailed(mailer, range(200)))["sent"] < 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(mailbox.mails) == 200, "none is lost, none is doubled"


async def test_a_recipient_who_is_refused_says_nothing_of_the_server(
    database: Database, post_office: tuple[Mailbox, str]
) -> None:
    mailer = Mailer(database, post_office[1], "shop@example.com")
    for key in range(30):
        with pytest.raises(MailNotSent):
            await mailer.send(replace(CONFIRMATION, effect_key=f"bad:{key}", recipient="nobody@example.com"))

    assert (await mailed(mailer, range(10)))["sent"] == 10
