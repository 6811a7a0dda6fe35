"""A full disk: said plainly before anything starts, survived while it runs, forgotten when there is room again."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from doorbuster.database import embedded
from tests.cast import RunningShop, eventually, told

Disk = Callable[[int], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small disk of its own, which only root can make."""
    mounted: list[Path] = []

    def mount(mebibytes: int) -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
        mounted.append(folder)
        return folder

    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_too_little_room_is_said_before_anything_starts(disk: Disk) -> None:
    status, said = told(disk(32) / "home", "up", "--empty")
    assert status == 1
    assert "is full" in said
    assert "DOORBUSTER_HOME" in said
    assert "Traceback" not in said


def test_a_shop_whose_disk_fills_up_goes_on_showing_and_keeps_what_was_committed(disk: Disk) -> None:
    home = disk(300) / "home"
    shop = RunningShop.open(home)
    with psycopg.connect(_url(home), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'the lamp' AS thing")
        fill(home / "ballast")
        with pytest.raises(psycopg.Error, match="No space left on device"):
            connection.execute("CREATE TABLE too_much AS SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
    assert shop.get("/sales") == 200
    assert shop.close() == 0

    status, said = told(home, "up", "--empty")
    assert status == 1
    assert "is full" in said
    (home / "ballast").unlink()
    shop = RunningShop.open(home)
    with psycopg.connect(_url(home)) as connection:
        assert connection.execute("SELECT thing FROM kept").fetchone() == ("the lamp",)
    eventually(lambda: shop.get("/readyz") == 200, "the shop is ready")
    assert shop.close() == 0


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            return


def _url(home: Path) -> str:
    url = embedded.address(home)
    assert url is not None
    return url
