"""Proof of work at the entrance, where an operator asks for it: a sum, or a letter.

A challenge is signed for one customer of one sale, so nothing is kept and a solved one is worth one ticket. Whoever
can't do the sum gets a link by mail instead; a mailbox gets one letter for a sale.

Promises: never asked for at checkout, and never of somebody who has a ticket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from doorbuster.database import Database, QueryFile
from doorbuster.jobs.mail import Mail, Mailer
from doorbuster.jobs.worker import Handler
from doorbuster.room.rooms import room_of_sale
from doorbuster.room.signing import Signer
from doorbuster.settings import Settings
from doorbuster.web.mailboxes import email_key
from doorbuster.web.pages import Pages

SQL = QueryFile("doorbuster.room", "work.sql")
ANSWER_CHARACTERS_MAX = 20
MAILBOX_CHARACTERS = 32


def zero_bits(challenge: str, solution: str) -> int:
    """Return with how many zero bits SHA-256(challenge:solution) begins; a text that is no solution has none."""
    if not solution or len(solution) > ANSWER_CHARACTERS_MAX:
        return 0
    digest = sha256(f"{challenge}:{solution}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


async def ask_letter(database: Database, sale_id: UUID, email: str) -> None:
    """Have a letter sent that lets somebody in without the sum; a mailbox that has had one gets no other."""
    mailbox = sha256(email_key(email).encode()).hexdigest()[:MAILBOX_CHARACTERS]
    payload = {"sale_id": str(sale_id), "mailbox": mailbox, "email": email}
    await database.execute(SQL.ask_room_letter, sale_id=sale_id, mailbox=mailbox, payload=payload)


async def use_letter(database: Database, sale_id: UUID, mailbox: str, customer: str) -> bool:
    """Let the customer in by a letter; False when somebody else has used it.

    The letter belongs to who opens it, not to who asked for it: nobody becomes another shopper by a mail they got.
    """
    row = await database.fetch_one(SQL.use_room_letter, sale_id=sale_id, mailbox=mailbox, customer=customer)
    return row is not None and row["customer_key"] == customer


@dataclass(frozen=True, slots=True)
class RoomJobs:
    """The handler of letters, with what it reaches; it may run twice and its mail is sent once."""

    database: Database
    mailer: Mailer
    pages: Pages
    settings: Settings
    signer: Signer

    def handlers(self) -> dict[str, Handler]:
        """Return the handler of every kind of job that this room asks for."""
        return {"room_letter": self.room_letter}

    async def room_letter(self, payload: Mapping[str, Any]) -> None:
        """Send the link that lets somebody in."""
        room = await room_of_sale(self.database, UUID(payload["sale_id"]))
        assert room is not None, "a room is never deleted"
        proof = self.signer.proof_text(room.sale_id, payload["mailbox"], room.closes_at.timestamp())
        facts = {"room": room, "link": f"{self.settings.shop_url}/sales/{room.handle}/room/proof?proof={proof}"}
        await self.mailer.send(
            Mail(
                effect_key=f"room-letter:{room.sale_id}:{payload['mailbox']}",
                recipient=payload["email"],
                subject=f"Your way into the waiting room · {self.settings.shop_name}",
                text_body=self.pages.render("room/mails/letter.txt", **facts),
                html_body=self.pages.render("room/mails/letter.html", **facts),
            )
        )
