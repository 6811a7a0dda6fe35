"""PostgreSQL without an installation: the wheel's binaries, supervised by us, in the home folder.

    home/postgres.json        port and password, readable by the home's owner only
    home/postgres.lock        held by the process that supervises the server
    home/postgres/data        the cluster; home/postgres/log its logs; home/postgres/.s.PGSQL.<port> its socket

Promises: durable settings; the server dies with its supervisor (fast shutdown) and recovers at the next start,
whatever killed it; a half-made cluster is never used; every failure is one sentence with the mend.
Never: runs PostgreSQL as root, changes a folder above the home, or listens to anything but this machine.

PostgreSQL refuses to run as root, so root hands it to another user. That user need not be able to walk to the home
folder: the server is started *inside* its data folder and told to use `/proc/self/cwd`.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from doorbuster.database import tuning
from doorbuster.database.kept import Kept, free_port, keep, read_kept
from doorbuster.database.programs import Programs, find_programs, first_complaint
from doorbuster.errors import DatabaseUnavailable, Misconfigured

FREE_DISK_BYTES_MIN = 64 * tuning.MEBIBYTE
START_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 30.0
_SOCKET_PATH_BYTES_MAX = 107
_NEW_CLUSTER_SQL = """\
CREATE ROLE doorbuster LOGIN CREATEDB PASSWORD '{password}';
GRANT pg_monitor, pg_signal_backend TO doorbuster;
CREATE DATABASE doorbuster OWNER doorbuster;
"""
_WATCH_SQL = """\
DROP ROLE IF EXISTS doorbuster_watch;
CREATE ROLE doorbuster_watch LOGIN PASSWORD '{password}' IN ROLE doorbuster, pg_use_reserved_connections;
ALTER ROLE doorbuster_watch SET default_transaction_read_only = on;
"""
_WHO_MAY_CONNECT = """\
local all all                scram-sha-256
host  all all 127.0.0.1/32   scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster on disk, ready to be started."""

    folder: Path
    port: int
    password: str
    programs: Programs

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Return how to connect: by the socket in the home, or by TCP when its path is too long for a socket."""
        user = f"doorbuster:{quote(self.password, safe='')}"
        if len(os.fsencode(self.folder / f".s.PGSQL.{self.port}")) > _SOCKET_PATH_BYTES_MAX:
            return f"postgresql://{user}@127.0.0.1:{self.port}/doorbuster"
        return f"postgresql://{user}@/doorbuster?host={quote(str(self.folder), safe='')}&port={self.port}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server and return at once; `is_ready` says when it answers.

        To be called from the main thread: the kernel ends the server together with the thread that started it.
        """
        _clear_stale_lock_files(self.data)
        with (self.folder / "log" / "start.log").open("wb") as log:
            return self.programs.start(["postgres", "-D", _place(self, self.data)], self.data, output=log)

    def is_ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Say whether the server accepts connections; raise DatabaseUnavailable with its reason if it ended."""
        if server.poll() is not None:
            raise DatabaseUnavailable(f"PostgreSQL did not start: {self.last_words()}")
        lines = _read_lines(self.data / "postmaster.pid")
        return len(lines) >= 8 and lines[0].strip() == str(server.pid) and lines[7].strip() == "ready"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; crash recovery may take a while."""
        server = self.launch()
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready(server):
            if time.monotonic() > deadline:
                stop(server)
                raise DatabaseUnavailable(f"PostgreSQL took over {START_SECONDS_MAX:.0f} s; see {self.folder}/log")
            time.sleep(0.005)
        return server

    def last_words(self) -> str:
        """Return the server's last complaint, for a person."""
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
        complaints = (first_complaint(_read_lines(path)[::-1]) for path in logs[:2])
        return next(filter(None, complaints), f"see {self.folder}/log")


def watch_url(url: str) -> str:
    """Return the URL for the watch: the same server by the role that may use the connections in reserve."""
    return url.replace("postgresql://doorbuster:", "postgresql://doorbuster_watch:", 1)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Shut the server down: open transactions are rolled back, everything committed is on the disk."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


@contextmanager
def supervise(home: Path) -> Iterator[None]:
    """Be the one process that may start PostgreSQL in this home, for the block."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "postgres.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Misconfigured(f"the database in {home} is in use by process {file.read().strip()}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def prepare(home: Path, connections_max: int = 100) -> Cluster:
    """Make the cluster if it is not there, write its settings, and return it; for the holder of `supervise`."""
    _require_free_disk(home)
    kept = read_kept(home)
    cluster = Cluster(home / "postgres", free_port(kept.port), kept.password, find_programs())
    _make_folder(cluster.folder, cluster.programs)
    _make_folder(cluster.folder / "log", cluster.programs)
    if not cluster.data.exists():
        _initialise(cluster)
    elif not kept.has_watch:
        _require_our_version(cluster)
        _clear_stale_lock_files(cluster.data)
        _run_alone(cluster, cluster.data, _WATCH_SQL.format(password=cluster.password))
    _require_our_version(cluster)
    keep(home, Kept(cluster.port, cluster.password, has_watch=True))
    _configure(cluster, connections_max)
    return cluster


def address(home: Path) -> str | None:
    """Return the URL of the server that runs in this home, or None when none does."""
    data = home / "postgres" / "data"
    lines = _read_lines(data / "postmaster.pid")
    if len(lines) < 8 or lines[7].strip() != "ready" or _server_in(data) is None:
        return None
    kept = read_kept(home)
    return Cluster(home / "postgres", kept.port, kept.password, Programs(Path(), None)).url


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Give the URL of the home's server for the block: the one that runs, or one started for the block only."""
    url = address(home)
    if url is not None:
        yield url
        return
    with supervise(home):
        cluster = prepare(home)
        server = cluster.start()
        try:
            yield cluster.url
        finally:
            stop(server)


def _initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there when it is complete and on the disk."""
    new = cluster.folder / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    _make_folder(new, cluster.programs)
    place = _place(cluster, new)
    ctype = "C.UTF-8" if sys.platform == "linux" else "UTF-8"
    layout = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}", "--data-checksums", "--auth=peer", "--no-sync"]
    cluster.programs.run(["initdb", "-D", place, "--username=postgres", *layout], new)
    (new / "pg_hba.conf").write_text(_WHO_MAY_CONNECT)
    with (new / "postgresql.conf").open("a") as file:
        file.write("include_if_exists 'doorbuster.conf'\n")
    sql = (_NEW_CLUSTER_SQL + _WATCH_SQL).format(password=cluster.password)
    _run_alone(cluster, new, sql)
    cluster.programs.run(["initdb", "-D", place, "--sync-only"], new)
    new.rename(cluster.data)


def _run_alone(cluster: Cluster, folder: Path, sql: str) -> None:
    """Run statements while no server runs; each ends with its line."""
    command = ["postgres", "--single", "-j", "-D", _place(cluster, folder), "postgres"]
    cluster.programs.run(command, folder, sql.replace("\n", "\n\n"))


def _place(cluster: Cluster, folder: Path) -> str:
    """Return a data folder as the server is told it; see the module's text for root."""
    return "/proc/self/cwd" if cluster.programs.servant else str(folder)


def _make_folder(path: Path, programs: Programs) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    programs.own(path)


def _configure(cluster: Cluster, connections_max: int) -> None:
    path = cluster.data / "doorbuster.conf"
    path.write_text(tuning.configuration(cluster.port, connections_max, tuning.memory_bytes()))
    cluster.programs.own(path)


def _require_free_disk(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < FREE_DISK_BYTES_MIN:
        raise Misconfigured(
            f"the disk that holds {home} is full: {free // tuning.MEBIBYTE} MB are free, the database needs "
            f"{FREE_DISK_BYTES_MIN // tuning.MEBIBYTE} MB; free some, or set DOORBUSTER_HOME to another disk"
        )


def _require_our_version(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    if made_by != "16":
        raise Misconfigured(
            f"{cluster.data} was made by PostgreSQL {made_by}, this is 16: dump it with the version that made it, or "
            "set DOORBUSTER_HOME to a new folder"
        )


def _clear_stale_lock_files(data: Path) -> None:
    """Wait for processes of a server that is still ending; then nobody can be what its lock files name."""
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while pid := _server_in(data):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"another PostgreSQL (process {pid}) uses {data}: stop it with `kill -INT {pid}`")
        time.sleep(0.05)
    for path in (data / "postmaster.pid", *data.parent.glob(".s.PGSQL.*")):
        path.unlink(missing_ok=True)


def _server_in(data: Path) -> int | None:
    """Return the number of a PostgreSQL process that works in this data folder, None when there is none."""
    if not Path("/proc/self").exists():
        return _process_of_lock_file(data)
    place = str(data.resolve())
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str((process / "cwd").readlink()) == place and _read_lines(process / "comm") == ["postgres"]:
                return int(process.name)
    return None


def _process_of_lock_file(data: Path) -> int | None:
    """Return the process that the lock file names, where the kernel does not tell who works in a folder."""
    lines = _read_lines(data / "postmaster.pid")
    with suppress(OSError, IndexError, ValueError):
        os.kill(int(lines[0]), 0)
        return int(lines[0])
    return None


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
