"""A stranger types one command, and watches every unit sell exactly once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).with_name("small-opening.toml")
REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_drill_without_a_shop_opens_one_and_sells_every_unit_exactly_once(tmp_path):
    environment = {**os.environ, "DOORBUSTER_HOME": str(tmp_path / "home"), "PORT": "1", "PYTHONPATH": str(REPOSITORY)}
    environment.pop("DATABASE_URL", None)

    drill = subprocess.run(
        [sys.executable, "-m", "doorbuster", "drill", str(SCENARIO), "--json"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip

    assert drill.returncode == 0, drill.stdout[-3000:] + drill.stderr[-3000:]
    measured = {row["name"]: row["value"] for row in json.loads(drill.stdout)}
    assert measured["sold_units"] == 20
    assert measured["oversold_units"] == 0
    assert list(tmp_path.glob("out/drill-small-opening-*.html"))
