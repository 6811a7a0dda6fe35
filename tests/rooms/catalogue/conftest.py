"""A desk for every test."""

from pathlib import Path

import pytest

from doorbuster.database import Database
from tests.rooms.catalogue.desk import Desk


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """A desk that imports into the test's own database."""
    return Desk(database, tmp_path)
