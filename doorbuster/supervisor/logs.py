"""What the processes say: kept in home/logs, one file each, and shown on the terminal behind the process's name.

Promises: a file is at most 10 MB and three older ones are kept; a full disk never stops a process.
"""

import contextlib
import logging
import logging.handlers
from collections.abc import Callable
from pathlib import Path

FILE_BYTES_MAX = 10 * 1024 * 1024
OLDER_FILES = 3
LINE_CHARACTERS_MAX = 4_000

Say = Callable[[str], None]


def log_of(home: Path, name: str) -> Say:
    """Return what keeps and shows a line of the process of that name."""
    folder = home / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / f"{name}.log", maxBytes=FILE_BYTES_MAX, backupCount=OLDER_FILES, delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk stops no shop

    def say(line: str) -> None:
        text = line[:LINE_CHARACTERS_MAX]
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"{name:>10} │ {text}", flush=True)  # noqa: T201 - `up` speaks on the terminal
        handler.emit(logging.makeLogRecord({"msg": text}))

    return say
