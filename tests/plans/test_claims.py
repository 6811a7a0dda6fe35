"""A claim reads its own caller's rows and nobody else's, however many have come before, on a shop of the first hour."""

from doorbuster.database import open_database
from tests.rooms.sale.market import Counter, opened, statement

FLUSH = statement("SELECT pg_stat_force_next_flush()")
READ = statement("""
SELECT coalesce(sum(idx_tup_read), 0)::int AS read
  FROM pg_stat_user_indexes WHERE relname IN ('sale_customers', 'holds')
""")


async def test_a_claim_reads_no_more_rows_after_two_thousand_customers_than_after_the_first(database_url: str) -> None:
    async with open_database(database_url, connections=1, application="test") as database:
        counter = Counter(database, await opened(database, units=1_000))
        batches = [[counter.claim(f"shopper-{batch}-{n}") for n in range(20)] for batch in range(100)]
        for batch in batches:
            await counter.ask_all(batch)
        await database.fetch(FLUSH)
        row = await database.fetch_one(READ)

    assert row is not None
    assert row["read"] < 5 * sum(map(len, batches))
