"""A merchant types `doorbuster import` and sees what went in, what didn't, and why."""

import csv
import json
from pathlib import Path

import pytest

from tests.cast import told

SHOP = """Handle,Title,Type,Variant SKU,Variant Price,Variant Inventory Qty
lamp,Floor Lamp,Lighting,L-1,69.99,4
rug,Rug,Textiles,R-1,cheap,2
lamp,Another Lamp,Lighting,L-2,10,1
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.csv"
    path.write_text(SHOP)
    return path


def test_the_report_counts_what_went_in_and_names_each_bad_row(tmp_path: Path, catalogue: Path) -> None:
    rejects = tmp_path / "rejects.csv"

    status, said = told(tmp_path / "home", "import", "catalog", str(catalogue), "--rejects", str(rejects))

    assert status == 0, said
    assert "products added" in said
    assert "'cheap' is not an amount of money" in said
    assert [row["line"] for row in csv.DictReader(rejects.open())] == ["3", "4"]


def test_a_program_reads_the_report_as_json_and_a_second_run_changes_nothing(tmp_path: Path, catalogue: Path) -> None:
    home = tmp_path / "home"
    told(home, "import", "catalog", str(catalogue))

    _, said = told(home, "import", "catalog", str(catalogue), "--json")

    report = json.loads(said)
    assert (report["counts"]["products_added"], report["counts"]["products_unchanged"]) == (0, 1)
    assert report["rejected"] == {"bad-value": 1, "handle-repeated": 1}


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("nowhere.csv",), "doesn't exist"),
        (("catalogue.csv", "--format", "excel"), "--format excel is none of shopify"),
        (("catalogue.csv", "--currency", "XXL"), "'XXL' is not an ISO 4217 currency code"),
        (("catalogue.csv", "--rejects", "/nowhere/r.csv"), "can't be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_mend(
    tmp_path: Path, catalogue: Path, words: tuple[str, ...], mend: str
) -> None:
    file, *options = words

    status, said = told(tmp_path / "home", "import", "catalog", str(catalogue.parent / file), *options)

    assert status == 1
    assert mend in said
    assert len(said.strip().splitlines()) == 1
