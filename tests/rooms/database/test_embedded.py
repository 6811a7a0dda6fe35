"""The embedded PostgreSQL: durable, closed to others, and started whatever state its home is in."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from doorbuster.database import embedded, tuning
from doorbuster.errors import Misconfigured


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose server runs."""
    folder = tmp_path_factory.mktemp("home")
    with embedded.running(folder):
        yield folder


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("listen_addresses", "127.0.0.1"),
    ],
)
def test_it_runs_with(home: Path, setting: str, value: str) -> None:
    assert _ask(_url(home), f"SHOW {setting}") == value


def test_letters_beyond_ascii_have_cases(home: Path) -> None:
    assert _ask(_url(home), "SELECT lower('ÄÖÉ')") == "äöé"


def test_the_shop_is_no_superuser_but_may_see_what_the_server_does(home: Path) -> None:
    assert _ask(_url(home), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert _ask(_url(home), "SELECT pg_has_role('pg_monitor', 'member')") is True


def test_started_by_root_it_does_not_run_as_root(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root hands the server to another user")
    pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_its_password_is_readable_by_the_homes_owner_only(home: Path) -> None:
    assert stat.S_IMODE((home / "postgres.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "postgres" / "data").stat().st_mode) == 0o700


def test_nobody_enters_without_the_password(home: Path) -> None:
    port = _ask(_url(home), "SHOW port")
    for host in (f"{home}/postgres", "127.0.0.1"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=host, port=port, user="doorbuster", password="wrong", dbname="doorbuster")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres")


def test_a_second_caller_uses_the_server_that_runs(home: Path) -> None:
    with embedded.running(home) as url:
        assert url == _url(home)
    assert embedded.address(home) is not None


def test_only_one_process_may_supervise_it(home: Path) -> None:
    with pytest.raises(Misconfigured, match=str(os.getpid())), embedded.supervise(home):
        pass


def test_started_again_it_has_the_same_address_and_the_same_rows(tmp_path: Path) -> None:
    with embedded.running(tmp_path) as first:
        _do(first, "CREATE TABLE kept AS SELECT 7 AS number")
    assert embedded.address(tmp_path) is None
    with embedded.running(tmp_path) as second:
        assert second == first
        assert _ask(second, "SELECT number FROM kept") == 7


def test_a_lock_file_whose_number_belongs_to_somebody_else_by_now_is_no_hindrance(tmp_path: Path) -> None:
    with embedded.running(tmp_path):
        lines = (tmp_path / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (tmp_path / "postgres" / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded.running(tmp_path) as url:
        assert _ask(url, "SELECT 1") == 1


def test_a_killed_server_whose_session_was_busy_is_started_again_with_what_was_committed(tmp_path: Path) -> None:
    with embedded.supervise(tmp_path):
        cluster = embedded.prepare(tmp_path)
        server = cluster.start()
        _do(cluster.url, "CREATE TABLE kept AS SELECT 7 AS number")
        with psycopg.connect(cluster.url) as busy, suppress(psycopg.OperationalError):
            busy.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
            server.kill()
            server.wait()
            busy.execute("SELECT pg_sleep(60)")
        server = cluster.start()
        assert _ask(cluster.url, "SELECT sum(number) FROM kept") == 7
        embedded.stop(server)


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data.new" / "base").mkdir(parents=True)
    with embedded.running(tmp_path) as url:
        assert _ask(url, "SELECT 1") == 1


def test_a_home_too_deep_for_a_socket_is_reached_by_tcp(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with embedded.running(deep) as url:
        assert "@127.0.0.1:" in url
        assert _ask(url, "SELECT 1") == 1


def test_what_an_operator_set_outlives_a_restart(tmp_path: Path) -> None:
    with embedded.running(tmp_path):
        pass
    with (tmp_path / "postgres" / "data" / "postgresql.auto.conf").open("a") as file:
        file.write("work_mem = '12MB'\n")
    with embedded.running(tmp_path) as url:
        assert _ask(url, "SHOW work_mem") == "12MB"


def test_a_cluster_of_another_major_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with embedded.running(tmp_path):
        pass
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Misconfigured, match="PostgreSQL 15"), embedded.running(tmp_path):
        pass


def test_a_damaged_password_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "postgres.json").write_text("{")
    with pytest.raises(Misconfigured, match=r"postgres\.json"), embedded.running(tmp_path):
        pass


@pytest.mark.parametrize(("gibibytes", "megabytes"), [(0.25, 64), (2, 256), (16, 2048), (256, 4096)])
def test_shared_buffers_follow_the_memory_within_bounds(gibibytes: float, megabytes: int) -> None:
    lines = tuning.configuration(5432, 100, int(gibibytes * 1024**3)).splitlines()
    assert f"shared_buffers = {megabytes}MB" in lines


def _url(home: Path) -> str:
    url = embedded.address(home)
    assert url is not None
    return url


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def _do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
