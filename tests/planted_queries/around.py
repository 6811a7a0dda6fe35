"""Mistakes in migrations and in the Python around the statements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlantedText:
    """A text with a mistake, the rule that names it, and words of the cure."""

    name: str
    text: str
    rule: str
    cure: str


MIGRATIONS = (
    PlantedText(
        "a column with a volatile default",
        "ALTER TABLE orders ADD COLUMN planted uuid DEFAULT gen_random_uuid();",
        "adding-field-with-default",
        "without default",
    ),
    PlantedText(
        "NOT NULL at once",
        "ALTER TABLE orders ALTER COLUMN tracking SET NOT NULL;",
        "adding-not-nullable-field",
        "NOT VALID",
    ),
    PlantedText(
        "NOT NULL where there are NULLs",
        "ALTER TABLE orders ALTER COLUMN tracking SET NOT NULL;",
        "refused_migration",
        "fit rows",
    ),
    PlantedText(
        "an index that stops writers",
        "CREATE INDEX planted ON orders (tracking);",
        "require-concurrent-index-creation",
        "CONCURRENTLY",
    ),
    PlantedText(
        "a dropped index that stops everybody",
        "DROP INDEX orders_by_email;",
        "require-concurrent-index-deletion",
        "CONCURRENTLY",
    ),
    PlantedText(
        "a renamed column", "ALTER TABLE orders RENAME COLUMN email_key TO mailbox;", "renaming-column", "new name"
    ),
    PlantedText(
        "a column renamed while it is read",
        "ALTER TABLE orders RENAME COLUMN email_key TO mailbox;",
        "column_in_use",
        "one release",
    ),
    PlantedText(
        "a column dropped while it is read",
        "ALTER TABLE orders DROP COLUMN shipping_address;",
        "column_in_use",
        "one release",
    ),
    PlantedText(
        "another type for a column",
        "ALTER TABLE holds ALTER COLUMN quantity TYPE bigint;",
        "changing-column-type",
        "new type",
    ),
    PlantedText(
        "a constraint that reads every row",
        "ALTER TABLE orders ADD CONSTRAINT planted CHECK (total_amount >= 0);",
        "constraint-missing-not-valid",
        "NOT VALID",
    ),
    PlantedText(
        "a lock that makes the shop wait",
        "ALTER TABLE orders ADD COLUMN planted uuid DEFAULT gen_random_uuid();",
        "long_lock",
        "split it",
    ),
)

CODE = (
    PlantedText("SQL in Python", 'QUERY = "SELECT id FROM orders WHERE email = $1"', "sql_in_python", ".sql file"),
    PlantedText(
        "a sleep that stops everybody",
        "import time\nasync def pay():\n    time.sleep(1)",
        "blocking_call",
        "asyncio.sleep",
    ),
    PlantedText(
        "a request that stops everybody",
        "async def ask():\n    return requests.get('https://pay.example')",
        "blocking_call",
        "aiohttp",
    ),
    PlantedText(
        "a connection held across another host",
        "async def pay(database, gateway):\n    async with database.transaction() as transaction:\n"
        "        await transaction.execute(SQL.lock_order)\n        await gateway.charge(10)",
        "held_connection",
        "before the transaction",
    ),
    PlantedText(
        "a connection held across a sleep",
        "async def retry(pool):\n    async with pool.acquire() as connection:\n        await asyncio.sleep(1)\n"
        "        await connection.execute(QUERY)",
        "held_connection",
        "before the transaction",
    ),
    PlantedText(
        "a statement for each row (N+1)",
        "async def orders(database):\n    rows = await database.fetch(SQL.orders)\n    for row in rows:\n"
        "        await database.fetch(SQL.lines, order_id=row['id'])",
        "n_plus_one",
        "= ANY",
    ),
)

TWINS = ("-- name: a\n-- why: x\n-- cost: rows 1, buffers 9\nSELECT id FROM orders WHERE number = :number;\n"
         "-- name: b\n-- why: y\n-- cost: rows 1, buffers 9\n"
         "SELECT id\n  FROM orders -- again\n WHERE number = :wanted;\n")  # fmt: skip
"""One statement under two names."""
