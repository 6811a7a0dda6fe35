"""The pages about abuse and ASVS name tests and files that exist."""

import re

from tests.house.rooms import ROOT

GUIDE = ROOT / "docs" / "guide"


def test_every_test_that_the_page_on_abuse_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (GUIDE / "abuse.md").read_text())
    assert len(named) > 30
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE)
    ]
    assert missing == []


def test_every_piece_of_evidence_on_the_asvs_page_exists() -> None:
    named = re.findall(r"`((?:tests|doorbuster|docs)/[\w/.]+|[\w.]+\.(?:md|lock))`", (GUIDE / "asvs.md").read_text())
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
