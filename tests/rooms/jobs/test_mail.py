"""Mails by a real SMTP server: sent once, kept without a server, tried again when it was away."""

from collections.abc import Iterator
from dataclasses import replace

import asyncpg
import pytest

from doorbuster.database import Database
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
