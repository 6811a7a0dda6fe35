"""PostgreSQL of several releases, each started bare, as somebody else's server would be."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest

from doorbuster.database import embedded
from doorbuster.database.programs import Programs, find_programs

DEBIAN = Path("/usr/lib/postgresql")


def programs_of(release: int) -> Programs:
    """The programs of a release: the wheel brings 16 and 18, Debian others; skips when there are none."""
    ours = find_programs()
    if release == 16:
        return ours
    wheel = ours.folder.parent.parent / "pginstall18" / "bin"
    folder = wheel if release == 18 else DEBIAN / str(release) / "bin"
    if not (folder / "postgres").exists():
        pytest.skip(f"PostgreSQL {release} is not installed here")
    return Programs(folder, ours.servant)


@contextmanager
def bare_server(release: int, **options: str) -> Iterator[str]:
    """A new cluster of that release with these options; gives its URL for the block."""
    programs = programs_of(release)
    with TemporaryDirectory(prefix="pg") as name:  # not pytest's folder: who runs the server could not walk to it
        folder = Path(name)
        programs.own(folder)
        yield from _running(folder, programs, options)


def _running(folder: Path, programs: Programs, options: dict[str, str]) -> Iterator[str]:
    place = str(folder)
    programs.run(["initdb", "-D", place, "--username=doorbuster", "--auth=trust", "--no-sync", "--no-locale"], folder)
    port = _free_port()
    told = {"port": str(port), "unix_socket_directories": ".", "listen_addresses": "", "fsync": "off", **options}
    words = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = programs.start(["postgres", "-D", place, *words], folder, output=log)
    url = f"postgresql://doorbuster@/postgres?host={quote(str(folder), safe='')}&port={port}"
    try:
        _wait_for(url, folder)
        yield url
    finally:
        embedded.stop(server)


def family_of(postmaster: int) -> list[int]:
    """The server's process and its children."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def tell_all(pids: list[int], number: int) -> None:
    """Send a signal to each of them that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait_for(url: str, folder: Path) -> None:
    for _ in range(400):
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        time.sleep(0.025)
    pytest.fail((folder / "log").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
