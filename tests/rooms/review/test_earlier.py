"""New migrations meet a shop of the version before, with rows in it."""

from contextlib import closing

import psycopg

from doorbuster.review.earlier import NAME, measure_new_migrations
from doorbuster.review.migrations import migrations_to_review, tables_of


async def test_every_new_migration_is_applied_under_load_to_a_shop_of_the_version_before(
    server_url: str, shops: tuple[str, str]
) -> None:
    told: list[str] = []

    waited = await measure_new_migrations(server_url, shops[0], told.append)

    assert list(waited) == migrations_to_review()
    assert {longest.refused for longest in waited.values()} == {""}
    of_tables = [longest for path, longest in waited.items() if tables_of(path.read_text(encoding="utf-8"))]
    assert len(of_tables) > 1
    assert all(longest.table for longest in of_tables), "somebody used its tables meanwhile"
    assert "a shop of the version before: orders" in told
    with closing(psycopg.connect(server_url)) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None
