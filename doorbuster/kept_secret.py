"""The secret that a home folder keeps: made once, readable by its owner only, and the same after a restart."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from doorbuster.errors import Misconfigured


def kept_secret(home: Path) -> str:
    """Return the secret of this home folder, making it (readable by its owner only) the first time."""
    path = home / "secret"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        kept = path.read_text().strip()
    except OSError as fault:
        raise Misconfigured(f"the data folder {home} cannot be used ({fault.strerror}): set DOORBUSTER_HOME") from fault
    if len(kept) < 32:
        raise Misconfigured(f"{path} is damaged: delete it, and everybody has to log in again")
    return kept


def _make(path: Path) -> None:
    """Write a new secret, whole or not at all; of two who do so together the first one's stays."""
    half_written = path.with_name(f"secret.{os.getpid()}")
    try:
        with os.fdopen(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            path.hardlink_to(half_written)
    finally:
        half_written.unlink(missing_ok=True)
