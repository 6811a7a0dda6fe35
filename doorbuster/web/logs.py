"""How a process writes its log: a line for people, or a JSON document for programs, with the id of the request.

Promises: what is secret in the settings never stands in a line, whoever wrote it there.
"""

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import msgspec

from doorbuster.settings import Settings
from doorbuster.tracing import CURRENT

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id that the visitor is told, too; of the request that the present task answers."""

HIDDEN = "[hidden]"
SECRET_LENGTH_MIN = 6


def set_up(settings: Settings) -> None:
    """Let warnings and worse be written to the standard error, in the format of the settings."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(settings))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class Lines(logging.Formatter):
    """Writes a record as one line of text, or as one JSON document."""

    def __init__(self, settings: Settings) -> None:
        """Know the format, and what must not be said."""
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._json, self._secrets = settings.log_format == "json", secrets_of(settings)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a line break if it is JSON."""
        line = self._document(record) if self._json else self._text(record)
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line

    def _text(self, record: logging.LogRecord) -> str:
        line, request_id = super().format(record), REQUEST_ID.get()
        first, end, rest = line.partition("\n")
        return f"{first} (request {request_id}){end}{rest}" if request_id else line

    def _document(self, record: logging.LogRecord) -> str:
        trace = CURRENT.get()
        facts = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST_ID.get(),
            "trace_id": trace.parent.split("-")[1] if trace else "",
            "fault": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return msgspec.json.encode({name: fact for name, fact in facts.items() if fact}).decode()


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return everything in the settings that lets somebody in, the longest first."""
    urls = (settings.database_url, settings.watch_database_url, settings.smtp_url, settings.valkey_url)
    passwords = [password for url in urls if (password := urlsplit(url or "").password)]
    found = {
        settings.secret, settings.gateway_key, *settings.gateway_callback_secrets, *sum(settings.webhook_secrets, ()),
        *passwords, *map(unquote, passwords),
    }  # fmt: skip
    return tuple(sorted((each for each in found if len(each) >= SECRET_LENGTH_MIN), key=len, reverse=True))
