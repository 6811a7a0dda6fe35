"""What a statement is read as: which column each parameter is compared with, through aliases, casts and nesting."""

import pytest

from doorbuster.review.reading import read_statement
from doorbuster.review.schema import Schema, Table


def table(name: str, **columns: str) -> Table:
    return Table(name, 1_000, 8_192, columns, frozenset(), True, 0, 0)


SCHEMA = Schema(
    {
        "orders": table("orders", id="uuid", number="bigint", email_key="text", placed_at="timestamp with time zone"),
        "order_lines": table("order_lines", order_id="uuid", sku="text", quantity="integer"),
    },
    (),
    (),
)


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT id FROM orders WHERE email_key = $1", ("orders", "email_key")),
        ("SELECT id FROM orders o WHERE $1::text = o.email_key", ("orders", "email_key")),
        ("SELECT id FROM orders WHERE id = ANY ($1::uuid[])", ("orders", "id")),
        ("SELECT id FROM orders WHERE (placed_at, id) < (now(), $1)", ("orders", "id")),
        ("SELECT o.id FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.sku = $1", ("order_lines", "sku")),
        ("SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM order_lines WHERE sku = $1)", ("order_lines", "sku")),
        ("WITH o AS (SELECT * FROM orders WHERE number = $1) SELECT id FROM o", ("orders", "number")),
        ("UPDATE order_lines SET quantity = $1", ("order_lines", "quantity")),
        ("INSERT INTO order_lines (order_id, sku) VALUES (gen_random_uuid(), $1)", ("order_lines", "sku")),
        ("DELETE FROM order_lines WHERE order_id = $1", ("order_lines", "order_id")),
    ],
)
def test_a_parameter_is_traced_to_its_column(sql: str, column: tuple[str, str]) -> None:
    assert read_statement(sql, SCHEMA).column_of(1) == column


def test_a_column_inside_a_function_is_no_place_to_take_values_from() -> None:
    assert read_statement("SELECT id FROM orders WHERE lower(email_key) = $1", SCHEMA).column_of(1) is None


def test_limits_and_offsets_are_known_apart() -> None:
    reading = read_statement("SELECT id FROM orders ORDER BY id LIMIT $1 OFFSET $2", SCHEMA)

    assert (reading.limits, reading.offsets) == ({1}, {2})
