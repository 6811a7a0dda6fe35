"""What the processes say: kept in home/logs, one file each, and shown on the terminal behind the process's name.

Promises: a file is at most 10 MB and three older ones are kept; a full disk never stops a process.
"""

import contextlib
import logging
import logging.handlers
from pathlib import Path
from typing import Any, Protocol

import msgspec

from doorbuster.clock import SystemClock

FILE_BYTES_MAX = 10 * 1024 * 1024
OLDER_FILES = 3
LINE_CHARACTERS_MAX = 4_000


class Say(Protocol):
    """Keeps a line and shows it to whoever sits at the terminal."""

    def __call__(self, line: str, level: str = "INFO") -> None:
        """Say a line; "WARNING" marks what somebody should look at."""


def log_of(home: Path, name: str, log_format: str = "text") -> Say:
    """Return what keeps and shows a line of the process of that name, as it is or as JSON with the name in it."""
    folder = home / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / f"{name}.log", maxBytes=FILE_BYTES_MAX, backupCount=OLDER_FILES, delay=True
    )
    is_json = log_format == "json"
    handler.setFormatter(logging.Formatter("%(message)s" if is_json else "%(asctime)s %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk stops no shop

    def say(line: str, level: str = "INFO") -> None:
        text = ("" if level == "INFO" else f"{level.lower()}: ") + line[:LINE_CHARACTERS_MAX]
        if is_json:
            text = _document(name, line, level)
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(text if is_json else f"{name:>10} │ {text}", flush=True)  # noqa: T201 - `up` speaks on the terminal
        handler.emit(logging.makeLogRecord({"msg": text}))

    return say


def _document(name: str, line: str, level: str) -> str:
    """Return the line as JSON: a process that writes JSON itself only lacks its name."""
    try:
        facts = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        facts = {"at": SystemClock().now(), "level": level, "message": line[:LINE_CHARACTERS_MAX]}
    return msgspec.json.encode({"process": name, **facts}).decode()
