"""What the machine has left, read from files as the kernel writes them."""

import time
from pathlib import Path

import pytest

from doorbuster.watch.host import Host


def write(proc: Path, busy: int, idle: int, waited: int) -> None:
    (proc / "pressure").mkdir(parents=True, exist_ok=True)
    (proc / "stat").write_text(f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 1 1 1\n")
    (proc / "meminfo").write_text("MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n")
    (proc / "pressure" / "io").write_text(f"some avg10=0.00 avg60=0.00 avg300=0.00 total={waited}\nfull total=0\n")


def test_shares_are_of_the_time_between_two_looks(tmp_path: Path):
    write(tmp_path, busy=100, idle=900, waited=0)
    host = Host(tmp_path, proc=tmp_path)
    host.measure(1.0)
    write(tmp_path, busy=150, idle=950, waited=250_000)
    values = host.measure(2.0)

    assert values["host.cpu_share"] == pytest.approx(0.5)
    assert values["host.io_share"] == pytest.approx(0.25)
    assert values["host.memory_share"] == pytest.approx(0.75)
    assert 0 < values["disk.free_share"] <= 1


def test_what_a_system_does_not_tell_is_missing(tmp_path: Path):
    values = Host(tmp_path, proc=tmp_path / "nothing").measure(1.0)

    assert values.keys() == {"disk.free_share", "disk.free_bytes"}


def test_this_machine_can_be_measured(tmp_path: Path):
    host = Host(tmp_path)
    host.measure(1.0)
    time.sleep(0.1)  # the kernel counts in hundredths of a second

    assert {"host.cpu_share", "host.memory_share"} <= host.measure(2.0).keys()
