"""What the home folder knows of its PostgreSQL: port and password, in `postgres.json`."""

import json
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from doorbuster.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Kept:
    """What must outlive a restart: programs connect to the same port with the same password.

    `has_watch` says that the cluster has the role of the watch, which one of an earlier release had not.
    """

    port: int
    password: str
    has_watch: bool = False


def read_kept(home: Path) -> Kept:
    """Read the kept port and password, or make them for a home that has none."""
    path = home / "postgres.json"
    try:
        return Kept(**json.loads(path.read_text()))
    except FileNotFoundError:
        return Kept(0, secrets.token_urlsafe(32))
    except (ValueError, TypeError) as fault:
        raise Misconfigured(f"{path} is damaged: it must hold the database's port and password as JSON") from fault


def keep(home: Path, kept: Kept) -> None:
    """Write it, readable by the home's owner only, whole or not at all."""
    path = home / "postgres.json"
    half_written = path.with_suffix(".new")
    half_written.unlink(missing_ok=True)
    with os.fdopen(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(kept), file)
    half_written.replace(path)


def free_port(kept: int) -> int:
    """Return the kept port if nobody else has taken it meanwhile, else any free one."""
    for port in (kept, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Misconfigured("no TCP port is free on 127.0.0.1 for the database")
