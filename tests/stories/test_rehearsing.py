"""Somebody rehearses: plays a short drill that breaks the shop, sees it in the history, writes one of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

SMALL = """
title = "A worker dies"
why = "To see whether anybody notices."

[given]
units = 10
hold_seconds = 5
workers = 2
products = 500
orders = 200
without_indexes = ["products_by_category"]
commands = ["limit set browse --count-only --reason rehearsal"]

[when]
shoppers = 60
seconds = 5
opens_after_seconds = 2
mix = { visit = 0.5, look = 0.5 }

[when.pace]
think_seconds = 0.2
reaction_seconds = 0.3
poll_seconds = 1

[[when.faults]]
kind = "kill-one-worker"
at_seconds = 0.5

[then]
oversold_units = { most = 0 }
audit_findings = { most = 0 }
broken_promises = { most = 0 }
cause_named_seconds = { most = 30 }
"""


@pytest.mark.slow
def test_a_drill_opens_breaks_and_judges_a_shop_of_its_own_and_remembers_it(tmp_path: Path) -> None:
    (tmp_path / "a-worker-dies.toml").write_text(SMALL)

    played = doorbuster(tmp_path, "drill", "a-worker-dies.toml", "--json")

    assert played.stdout, played.stderr
    measured = {row["name"]: row["value"] for row in json.loads(played.stdout)}
    # How quick it is depends on the machine, and so does whether there is a verdict; what was promised does not.
    assert measured["oversold_units"] == measured["audit_findings"] == measured["broken_promises"] == 0, played.stderr
    assert measured["sold_units"] > 0
    [run] = json.loads(doorbuster(tmp_path, "drill", "history", "--json").stdout)
    assert run["name"] == "a-worker-dies"
    assert Path(run["report"]).is_file()
    assert "kill-one-worker" in Path(run["report"]).read_text()


def test_a_file_is_written_checked_and_told_apart_from_a_wrong_one(tmp_path: Path) -> None:
    assert "Wrote sunday.toml" in doorbuster(tmp_path, "drill", "new", "sunday").stdout
    assert "sunday.toml: fine" in doorbuster(tmp_path, "drill", "check", "sunday.toml").stdout

    (tmp_path / "wrong.toml").write_text((tmp_path / "sunday.toml").read_text().replace("hurt_share", "hrt_share"))
    checked = doorbuster(tmp_path, "drill", "check", "wrong.toml")
    assert checked.returncode == 1
    assert "did you mean `hurt_share`?" in checked.stderr


def test_a_drill_that_breaks_things_is_refused_at_a_shop_that_it_has_not_opened(tmp_path: Path) -> None:
    refused = doorbuster(tmp_path, "drill", "worker-crash", "--url", "http://127.0.0.1:1")

    assert refused.returncode == 1
    assert "is played in a shop of its own" in refused.stderr


def doorbuster(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    home = {"DOORBUSTER_HOME": str(folder / "home"), "PORT": "1", "PYTHONPATH": str(REPOSITORY)}
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "doorbuster", *words]
    return subprocess.run(
        command, cwd=folder, env=kept | home, capture_output=True, text=True, timeout=240, check=False
    )
