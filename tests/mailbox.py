"""A real mail server that keeps what it is given."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message as Mail
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message


class Mailbox(Message):
    """Keeps what was delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def handle_message(self, message: Mail) -> None:
        self.mails.append(message)


@contextmanager
def mailbox_open() -> Iterator[tuple[Mailbox, str]]:
    """Open a mail server on any free port; yield what it keeps and its address."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
