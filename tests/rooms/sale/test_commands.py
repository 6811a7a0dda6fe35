"""Sales from the command line: the twins of the control room's pages."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doorbuster import journal
from doorbuster.database import open_database
from doorbuster.errors import Misconfigured
from doorbuster.sale.commands import app
from tests.rooms.sale.market import product


@pytest.fixture
def type_(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch):
    """Type `doorbuster sale …` beside a shop that has a hundred lamps; returns status, stdout and stderr."""
    monkeypatch.setenv("DOORBUSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def stock() -> None:
        async with open_database(database_url, connections=1, application="test") as database:
            await product(database, units=100)

    asyncio.run(stock())

    def typed(*words: str, stdin: str = "") -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(words), input=stdin)
        if isinstance(result.exception, Misconfigured):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return typed


LAMPS = ("--sku", "LAMP", "--units", "40", "--price", "9.99", "--title", "Lamps", "--handle", "lamps")


def created(type_, *words: str) -> dict:
    status, said, told = type_("create", *LAMPS, *words, "--json")
    assert status == 0, told
    return json.loads(said)


def test_create_schedules_a_sale_and_prints_it(type_):
    sale = created(type_, "--opens", "in 2 hours", "--limit", "3")
    assert (sale["handle"], sale["state"], sale["units"], sale["left"]) == ("lamps", "planned", 40, 40)
    assert sale["limit_per_customer"] == 3
    assert sale["items"][0]["price"] == {"amount": 999, "currency": "GBP"}


def test_list_and_show_know_it_by_address_and_by_id(type_):
    sale = created(type_)
    assert [each["id"] for each in json.loads(type_("list", "--json")[1])] == [sale["id"]]
    assert json.loads(type_("show", "lamps", "--json")[1])["id"] == sale["id"]
    assert json.loads(type_("show", sale["id"], "--json")[1])["handle"] == "lamps"
    assert "lamps" in type_("list")[1]


def test_pause_resume_and_end(type_):
    created(type_, "--opens", "now")
    assert json.loads(type_("pause", "lamps", "--json")[1])["state"] == "paused"
    assert json.loads(type_("resume", "lamps", "--json")[1])["state"] == "open"
    assert json.loads(type_("end", "lamps", "--yes", "--json")[1])["state"] == "over"


def test_end_asks_once_more_and_a_no_changes_nothing(type_):
    created(type_, "--opens", "now")
    assert type_("end", "lamps", stdin="n\n")[0] == 1
    assert json.loads(type_("show", "lamps", "--json")[1])["state"] == "open"


def test_edit_changes_prices_and_units_by_sku(type_):
    created(type_)
    status, said, told = type_("edit", "lamps", "--price", "LAMP=7.50", "--units", "LAMP=60", "--json")
    assert status == 0, told
    item = json.loads(said)["items"][0]
    assert (item["price"]["amount"], item["units"]) == (750, 60)


def test_a_refusal_is_a_sentence_on_stderr_and_status_one(type_):
    status, said, told = type_("create", *LAMPS[:2], "--units", "500", *LAMPS[4:])
    assert (status, said) == (1, "")
    assert "the shop has only 100 units" in told
    assert type_("resume", created(type_)["handle"])[0] == 1


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("show", "nothing"), "sale list"),
        (("create", "--sku", "A", "--sku", "B", "--units", "1", "--price", "1"), "own --units and --price"),
        (("create", *LAMPS[:4], "--price", "cheap"), "19.99"),
        (("create", *LAMPS, "--opens", "tomorrow-ish"), "in 5 minutes"),
        (("create", *LAMPS, "--opens", "9999-01-01"), "years away"),
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(type_, words: tuple[str, ...], mend: str):
    with pytest.raises(Misconfigured, match=mend):
        type_(*words)


def test_an_edit_names_the_item(type_):
    created(type_)
    with pytest.raises(Misconfigured, match="SKU=VALUE"):
        type_("edit", "lamps", "--price", "9.99")


def test_every_change_is_in_the_journal_with_its_reason(type_, tmp_path: Path):
    created(type_, "--opens", "now")
    type_("pause", "lamps", "--reason", "wrong price")
    type_("pause", "lamps", "--reason", "really")
    with journal.open_event_log(tmp_path) as log:
        told = [(line.verb, line.detail.get("reason")) for line in journal.lines(log, subject="sale:lamps")]
    assert told == [
        ("sale.pause.refused", None),
        ("sale.pause", "really"),
        ("sale.pause", "wrong price"),
        ("sale.create", None),
    ]
