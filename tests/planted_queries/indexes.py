"""Mistakes in indexes, keys and statistics: what was done to the database, and the rule that has to name it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlantedIndex:
    """A mistake in the schema, the rule that names it, and words of the cure."""

    name: str
    before: tuple[str, ...]
    rule: str
    cure: str


INDEXES = (
    PlantedIndex(
        "a duplicate index",
        ("CREATE INDEX planted ON orders (email_key, id DESC)",),
        "duplicate_index",
        r"DROP INDEX CONCURRENTLY planted",
    ),
    PlantedIndex(
        "an index that begins like another",
        ("CREATE INDEX planted ON orders (email_key)",),
        "redundant_index",
        r"DROP INDEX CONCURRENTLY planted",
    ),
    PlantedIndex(
        "an index that nobody reads",
        ("CREATE INDEX planted ON orders (secret)",),
        "unused_index",
        r"DROP INDEX CONCURRENTLY planted",
    ),
    PlantedIndex(
        "a bloated index",
        ("CREATE INDEX planted ON orders (idempotency_key) WITH (fillfactor = 20)", "ANALYZE orders"),
        "bloated_index",
        r"REINDEX INDEX CONCURRENTLY planted",
    ),
    PlantedIndex(
        "thirteen indexes and more",
        tuple(f"CREATE INDEX planted_{n} ON mails (recipient, ({n} + length(subject)))" for n in range(13)),
        "many_indexes",
        "drop those",
    ),
    PlantedIndex(
        "a cascade without index",
        ("DROP INDEX cart_lines_by_variant",),
        "foreign_key_without_index",
        r"ON cart_lines \(variant_id\)",
    ),
    PlantedIndex(
        "statistics that nobody gathered",
        ("CREATE TABLE planted AS SELECT n FROM generate_series(1, 20000) n", "CREATE INDEX planted_n ON planted (n)"),
        "stale_statistics",
        "ANALYZE planted",
    ),
)
