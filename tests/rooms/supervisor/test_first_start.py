"""The first start: what is only an example may fail, and the shop opens all the same."""

import json
import sqlite3
from pathlib import Path

import pytest

from doorbuster.incident import examples, incident
from doorbuster.journal import open_event_log
from doorbuster.supervisor.first_start import install_history
from doorbuster.supervisor.logs import log_of


def with_a_damaged_page(home: Path) -> None:
    """Make the home's event log, and write over the page where its incidents begin."""
    with open_event_log(home):
        pass
    file = home / "control.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'incidents'").fetchone()[0]
    connection.close()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xa5" * size)


def test_the_founding_incident_is_there_after_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_history(tmp_path, log_of(tmp_path, "doorbuster"))

    with open_event_log(tmp_path) as log:
        assert len(incident.newest(log)) == 1
    assert capsys.readouterr().out == ""


def test_an_event_log_with_a_damaged_page_costs_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_a_damaged_page(tmp_path)

    install_history(tmp_path, log_of(tmp_path, "doorbuster"))

    said = capsys.readouterr().out
    assert "warning: the example incident is left out" in said
    assert "malformed" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("left", [None, b"[{", b"\xff\xfe not a list"])
def test_an_example_file_that_is_gone_or_no_document_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], left: bytes | None
) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    if left is not None:
        (folder / examples.FOUNDING).write_text("# Nothing\n")
        (folder / "runs.json").write_bytes(left)
    monkeypatch.setattr(examples.resources, "files", lambda _: folder)

    install_history(tmp_path, log_of(tmp_path, "doorbuster", "json"))

    document = json.loads(capsys.readouterr().out)
    assert (document["process"], document["level"]) == ("doorbuster", "WARNING")
    assert "the example incident is left out" in document["message"]
    assert "incident import" in document["message"]
