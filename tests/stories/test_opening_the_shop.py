"""A person types `doorbuster up`: what it says, and what is left when it has ended."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.cast import RunningShop, eventually, is_alive, told
from tests.rooms.supervisor.test_first_start import with_a_damaged_page


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    opened = RunningShop.open(tmp_path_factory.mktemp("home") / "shop")
    yield opened
    opened.close()


def test_it_says_where_the_shop_and_the_control_room_are(shop: RunningShop) -> None:
    assert shop.url in shop.words
    assert shop.control_url in shop.words


def test_it_offers_the_first_operator_a_link(shop: RunningShop) -> None:
    assert "first operator: " + shop.control_url in shop.words


def test_shoppers_can_come_in(shop: RunningShop) -> None:
    assert shop.get("/") == 200
    assert shop.get("/readyz") == 200


def test_a_second_one_on_the_same_home_is_told_where_the_first_is(shop: RunningShop) -> None:
    status, said = told(shop.home, "up")
    assert status == 1
    assert shop.url in said
    assert f"kill {shop.supervisor.pid}" in said


def test_a_taken_port_is_answered_with_who_has_it_and_what_to_set(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, said = told(tmp_path / "home", "up", PORT=str(other.getsockname()[1]))
    assert status == 1
    assert f"(process {os.getpid()})" in said
    assert "PORT=" in said


def test_a_database_that_nobody_serves_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://ada:open-sesame@127.0.0.1:1/shop"
    status, said = told(tmp_path / "home", "up", DATABASE_URL=url)
    assert status == 1
    assert "DATABASE_URL" in said
    assert "127.0.0.1:1/shop" in said
    assert "open-sesame" not in said
    assert "Traceback" not in said


def test_a_wrong_password_is_said_without_saying_it(tmp_path: Path, database_url: str) -> None:
    parts = urlsplit(database_url)
    wrong = urlunsplit(parts._replace(netloc="doorbuster:open-sesame@"))
    status, said = told(tmp_path / "home", "up", DATABASE_URL=wrong)
    assert status == 1
    assert "password" in said
    assert "open-sesame" not in said


@pytest.mark.parametrize("url", ["mysql://localhost/shop", "shop", "postgresql://localhost:port/shop"])
def test_a_database_url_that_is_none_is_refused_in_one_line(tmp_path: Path, url: str) -> None:
    status, said = told(tmp_path / "home", "up", DATABASE_URL=url)
    assert status == 1
    assert "DATABASE_URL" in said
    assert "Traceback" not in said


def test_a_server_of_ones_own_does_as_well(tmp_path: Path, empty_database_url: str) -> None:
    shop = RunningShop.open(tmp_path / "home", DATABASE_URL=empty_database_url)
    assert shop.get("/readyz") == 200
    assert not (shop.home / "postgres").exists()
    assert shop.close() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    shop = RunningShop.open(tmp_path / "home")
    processes = shop.processes()
    assert any("postgres" in command for command in processes.values())
    shop.tell(number)
    assert shop.supervisor.wait(60) == 0
    eventually(lambda: not any(map(is_alive, processes)), "all processes have ended")


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = told(tmp_path / "file" / "home", "up")
    assert status == 1
    assert "DOORBUSTER_HOME" in said
    assert "Traceback" not in said


def test_a_new_shop_is_filled_with_the_example_and_a_sale_that_is_about_to_open(tmp_path: Path) -> None:
    shop = RunningShop.open(tmp_path / "home", "--example")
    assert f"{shop.url}/sales/grand-opening" in shop.words
    assert shop.get("/sales/grand-opening") == 200
    assert shop.get("/products/scandinavian-tripod-floor-lamp-1282") == 200
    assert shop.close() == 0

    again = RunningShop.open(tmp_path / "home", "--example")
    assert not again.has_said("fills the new shop")
    assert again.get("/products/scandinavian-tripod-floor-lamp-1282") == 200
    assert again.close() == 0


def test_an_empty_shop_stays_empty(tmp_path: Path) -> None:
    assert RunningShop.open(tmp_path / "home", "--empty").close() == 0
    status, _ = told(tmp_path / "home", "migrate")
    assert status == 0
    again = RunningShop.open(tmp_path / "home", filling="")
    assert again.get("/products/scandinavian-tripod-floor-lamp-1282") == 404
    assert again.close() == 0


def test_a_shop_opens_without_the_example_incident_when_that_cannot_be_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with_a_damaged_page(home)
    shop = RunningShop.open(home, "--example")
    assert shop.has_said("the example incident is left out")
    assert shop.get("/sales/grand-opening") == 200
    assert shop.close() == 0
