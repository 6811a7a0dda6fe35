"""Mistakes in statements and in the indexes that they need, on the shop's own tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """A mistake: the statement, what was done to the database before, the rule that names it, and words of the cure."""

    name: str
    sql: str
    rule: str
    cure: str
    before: tuple[str, ...] = ()
    rows: int = 50
    buffers: int = 100


MANY = ", ".join(str(number) for number in range(100_001, 100_201))
RANGE_FIRST = "CREATE INDEX planted ON orders (placed_at, email_key)"

STATEMENTS = (
    Planted(
        "an index that was dropped",
        "SELECT id, number FROM orders WHERE email_key = $1 ORDER BY id DESC LIMIT 50",
        "missing_index",
        r"ON orders \(email_key",
        ("DROP INDEX orders_by_email",),
    ),
    Planted(
        "an index that never was",
        "SELECT id FROM mails WHERE recipient = $1 LIMIT 50",
        "missing_index",
        r"ON mails \(recipient\)",
    ),
    Planted(
        "a foreign key's column without index in a join",
        "SELECT sum(l.quantity) AS sold FROM variants v JOIN order_lines l ON l.variant_id = v.id WHERE v.sku = $1",
        "missing_index",
        r"ON order_lines \(variant_id\)",
        rows=1,
    ),
    Planted(
        "a function on an indexed column",
        "SELECT id FROM orders WHERE lower(email_key) = $1 LIMIT 50",
        "function_on_column",
        "index the expression",
    ),
    Planted(
        "an expression without its index",
        "SELECT id FROM mails WHERE upper(effect_key) = $1 LIMIT 50",
        "missing_index",
        r"upper\(effect_key\)",
    ),
    Planted(
        "arithmetic on a column",
        "SELECT id FROM orders WHERE number + 0 = $1 LIMIT 50",
        "function_on_column",
        "column bare",
    ),
    Planted(
        "a date cut out of a time",
        "SELECT count(*) AS n FROM orders WHERE date_trunc('day', placed_at) = $1",
        "function_on_column",
        "column bare",
    ),
    Planted(
        "a clock that moves while the rows are read",
        "SELECT id FROM payments WHERE state = 'pending' AND created_at < clock_timestamp() LIMIT 50",
        "volatile_comparison",
        "statement_timestamp",
    ),
    Planted(
        "a column cast for every row",
        "SELECT id FROM orders WHERE number::text = $1 LIMIT 50",
        "implicit_cast",
        "parameter the column's type",
    ),
    Planted(
        "a parameter of a wider type",
        "SELECT id FROM orders WHERE number = $1::numeric LIMIT 50",
        "implicit_cast",
        "parameter the column's type",
    ),
    Planted(
        "a leading wildcard",
        "SELECT id FROM orders WHERE email_key LIKE '%@example.org' LIMIT 50",
        "leading_wildcard",
        "trigrams",
    ),
    Planted(
        "a wildcard around a parameter",
        "SELECT id FROM orders WHERE email_key LIKE '%' || $1 || '%' ORDER BY number LIMIT 50",
        "leading_wildcard",
        "trigrams",
    ),
    Planted("ILIKE", "SELECT id FROM mails WHERE effect_key ILIKE 'nothing%' LIMIT 50", "ilike", "lower"),
    Planted(
        "LIKE without its operator class",
        "SELECT id FROM mails WHERE recipient LIKE 'nobody%' LIMIT 50",
        "missing_index",
        "ON mails",
    ),
    Planted(
        "OFFSET paging", "SELECT id FROM orders ORDER BY number LIMIT 50 OFFSET $1", "offset_paging", "page by key"
    ),
    Planted("no LIMIT", "SELECT id, number FROM orders WHERE state = 'paid'", "missing_limit", "LIMIT n"),
    Planted(
        "a cartesian join", "SELECT s.handle, c.handle AS other FROM sales s, collections c", "cartesian_join", "ON …"
    ),
    Planted(
        "OR across two columns",
        "SELECT id FROM orders WHERE number = $1 OR tracking = $2 LIMIT 50",
        "or_across_columns",
        "UNION ALL",
    ),
    Planted(
        "statistics of a smaller table",
        "SELECT o.id FROM journal j JOIN orders o ON o.id = j.id WHERE j.actor = $1 LIMIT 50",
        "stale_statistics",
        "ANALYZE",
        (
            (
                "INSERT INTO journal (id, at, actor, role, verb, subject) SELECT gen_random_uuid(), now(), 'bob', "
                "'operator', 'changed', "
                "'order' FROM generate_series(1, 20000)"
            ),
        ),
    ),
    Planted(
        "a correlated subquery",
        "SELECT o.email_key, (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id) AS lines "
        "FROM orders o ORDER BY 2 DESC LIMIT 50",
        "correlated_subquery",
        "aggregate",
    ),
    Planted(
        "LATERAL for every row",
        "SELECT o.id, p.state FROM orders o CROSS JOIN LATERAL (SELECT state FROM payments WHERE order_id = o.id "
        "ORDER BY created_at "
        "LIMIT 1) p ORDER BY p.state, o.number LIMIT 50",
        "lateral_per_row",
        "page first",
    ),
    Planted(
        "NOT IN with values that may be NULL",
        "SELECT id FROM sales WHERE id NOT IN (SELECT sale_id FROM orders WHERE sale_id IS NOT NULL) LIMIT 50",
        "not_in_nullable",
        "NOT EXISTS",
    ),
    Planted("count(*) over a table", "SELECT count(*) AS n FROM orders", "count_all", "reltuples", rows=1),
    Planted(
        "ORDER BY without index",
        "SELECT id FROM orders ORDER BY total_amount DESC, placed_at LIMIT 50",
        "sort",
        "index",
    ),
    Planted(
        "the index of an order",
        "SELECT id FROM mails ORDER BY sent_at DESC LIMIT 50",
        "missing_index",
        r"\(sent_at DESC\)",
    ),
    Planted(
        "DISTINCT over a join",
        "SELECT DISTINCT o.email_key FROM orders o JOIN order_lines l ON l.order_id = o.id ORDER BY 1 LIMIT 50",
        "distinct_over_join",
        "EXISTS",
    ),
    Planted(
        "a sort that spills",
        "SELECT id, shipping_address FROM orders ORDER BY shipping_address::text, secret",
        "sort",
        "proposal",
        ("SET LOCAL work_mem = '64kB'",),
    ),
    Planted(
        "a hash that spills",
        "SELECT secret, count(*) AS n FROM orders GROUP BY secret",
        "hash_spill",
        "work_mem",
        ("SET LOCAL work_mem = '64kB'", "SET LOCAL enable_sort = off"),
    ),
    Planted(
        "UNION for UNION ALL", "SELECT id FROM orders UNION SELECT id FROM payments", "union_for_union_all", "UNION ALL"
    ),
    Planted(
        "range before equality",
        "SELECT id FROM orders WHERE placed_at > $1 AND email_key = $2 LIMIT 50",
        "range_before_equality",
        "equality first",
        ("DROP INDEX orders_by_email", "DROP INDEX orders_by_state", RANGE_FIRST),
    ),
    Planted(
        "a partial index that is missing",
        "SELECT id FROM carts WHERE state = 'open' AND updated_at < $1 ORDER BY updated_at LIMIT 50",
        "missing_index",
        r"\(updated_at\) WHERE state = 'open'",
        ("DROP INDEX carts_to_abandon", "DROP INDEX carts_one_open_each"),
    ),
    Planted(
        "contents of JSON without GIN",
        'SELECT id FROM orders WHERE shipping_address @> \'{"city": "Nowhere"}\' LIMIT 50',
        "json_without_gin",
        "gin",
    ),
    Planted("ORDER BY random()", "SELECT id FROM products ORDER BY random() LIMIT 5", "random_order", "TABLESAMPLE"),
    Planted(
        "a list without bound",
        f"SELECT id FROM orders WHERE number IN ({MANY}) LIMIT 200",
        "long_list",
        "= ANY",
        rows=200,
        buffers=2_000,
    ),
    Planted(
        "a fence around a WITH",
        "WITH paid AS MATERIALIZED (SELECT * FROM orders WHERE state = 'paid') SELECT id FROM paid WHERE number = $1",
        "materialized_cte",
        "leave MATERIALIZED out",
        rows=1,
    ),
    Planted(
        "a generic plan that does not see the skew",
        "SELECT max(p.amount) AS most FROM order_lines l JOIN payments p ON p.order_id = l.order_id "
        "WHERE l.variant_id = $1",
        "generic_plan",
        "force_custom_plan",
        ("CREATE INDEX planted ON order_lines (variant_id)",),
        rows=1,
        buffers=1_000_000,
    ),
    Planted(
        "FOR UPDATE without an index",
        "SELECT id FROM mails WHERE recipient = $1 LIMIT 1 FOR UPDATE",
        "locks_while_scanning",
        "SKIP LOCKED",
        rows=1,
    ),
    Planted("UPDATE of every row", "UPDATE sales SET description = $1", "no_where", "bites", rows=0, buffers=100_000),
    Planted("DELETE of every row", "DELETE FROM cart_lines", "no_where", "bites", rows=0, buffers=1_000_000),
    Planted(
        "an aggregate over everything for one page",
        "SELECT email_key, sum(total_amount) AS spent FROM orders GROUP BY email_key ORDER BY 2 DESC LIMIT 50",
        "sort",
        "index",
    ),
    Planted(
        "a join in the wrong direction",
        "SELECT r.reason FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.failure = $1 LIMIT 50",
        "missing_index",
        r"ON payments \(failure\)",
    ),
)
"""Each is reviewed in a transaction in which `before` was done, and which is rolled back."""
