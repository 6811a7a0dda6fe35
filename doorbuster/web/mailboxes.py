"""E-mail addresses: which texts can be one, and which of them are the same mailbox.

Promises: the spellings of one mailbox have one key, so that a limit per customer cannot be dodged by them.
Never: changes the address that a mail is sent to.
"""

import re
import unicodedata

GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
EMAIL_LENGTH_MAX = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>(),;:\\\"\[\]]+@[^@\s.,\x00-\x1f\x7f]+(\.[^@\s.,\x00-\x1f\x7f]+)*")


def is_email(text: str) -> bool:
    """Say whether a text looks like an e-mail address that a mail server would take."""
    return len(text) <= EMAIL_LENGTH_MAX and _EMAIL.fullmatch(text) is not None


def email_key(email: str) -> str:
    """Return what is the same for all spellings of one mailbox.

    Lower case, no blanks around, no +tag, and for Gmail no dots, so that a limit per customer can't be dodged by them.
    """
    mailbox, _, domain = unicodedata.normalize("NFKC", email).strip().lower().rpartition("@")
    mailbox = mailbox.partition("+")[0] or mailbox
    if domain in GMAIL_DOMAINS:
        domain, mailbox = "gmail.com", mailbox.replace(".", "")
    return f"{mailbox}@{domain}"
