"""What a function does inside is read, looked at while it runs, and judged like any other statement."""

import re

from doorbuster.database.pool import own_connection
from doorbuster.review import catalogue
from doorbuster.review.bodies import statements_of
from doorbuster.review.inside import review_inside
from doorbuster.review.reviewer import Shop, open_shop

BODY = """
DECLARE
  v_sum bigint := (SELECT sum(amount) FROM payments WHERE order_id = p_order);
BEGIN
  -- name: orders_locked
  -- why:  whoever holds the row decides
  -- cost: rows 1, buffers 4
  SELECT o.id, CASE WHEN o.paid THEN 1 ELSE 2 END INTO STRICT v_id, v_rec.kind FROM orders o WHERE o.id = p_order;
  IF v_sum > 0 AND EXISTS (SELECT 1 FROM refunds WHERE order_id = v_id) THEN
    RETURN QUERY SELECT * FROM orders WHERE id = v_rec.id;
  END IF;
  FOR i IN 1 .. 3 LOOP
    PERFORM told(ARRAY(SELECT id FROM orders WHERE number = i));
    INSERT INTO orders SELECT v_row.*;
  END LOOP;
  v_sum := v_sum + 1;
END
"""


def quiet(_: str) -> None: ...


def test_a_body_is_cut_into_its_statements_with_their_variables() -> None:
    found = statements_of(BODY, "f")

    assert [(each.template, each.variables) for each in found] == [
        ("SELECT sum ( amount ) FROM payments WHERE order_id = «1»", ("p_order",)),
        ("SELECT o.id , CASE WHEN o.paid THEN 1 ELSE 2 END FROM orders o WHERE o.id = «1»", ("p_order",)),
        ("SELECT 1 FROM refunds WHERE order_id = «1»", ("v_id",)),
        ("SELECT * FROM orders WHERE id = «1»", ("v_rec.id",)),
        ("SELECT id FROM orders WHERE number = «1»", ("i",)),
        ("INSERT INTO orders SELECT «1».*", ("v_row",)),
    ]
    assert (found[1].name, found[1].cost and found[1].cost.buffers) == ("orders_locked", 4)
    assert all(each.at >= BODY.index("BEGIN") for each in found), "what a variable begins with is looked at afterwards"


def test_every_function_of_the_house_can_be_read() -> None:
    import pglast

    for source, text in catalogue.function_texts().items():
        for name, body in re.findall(r"FUNCTION (\w+)\([^;]*?LANGUAGE plpgsql.*?AS \$\$(.*?)\$\$", text, re.DOTALL):
            for inner in statements_of(body, name):
                assert pglast.parse_sql(re.sub(r"«(\d+)»", r"($\1)", inner.template)), source


async def settled(shop: Shop) -> dict[str, set[str]]:
    subjects = [each for each in catalogue.house_subjects() if each.name == "settle_payments"]
    inside = await review_inside(subjects, shop, None, quiet)
    return {verdict.subject.name: {each.rule for each in verdict.findings} for verdict in inside.verdicts}


async def test_a_statement_inside_a_function_that_reads_a_whole_table_is_named(shops: tuple[str, str]) -> None:
    async with own_connection(shops[1], application="test") as large:
        transaction = large.transaction()
        await transaction.start()
        shop = await open_shop(large, own=True)
        await large.execute("DROP INDEX payments_of_order; DROP INDEX payments_captured_once")
        rules = await settled(shop)
        await transaction.rollback()

    assert not rules["settle_orders_of_events"]
    assert [name for name, found in rules.items() if found and name.startswith("lock_orders")], rules


async def test_a_look_leaves_nothing_behind(shops: tuple[str, str]) -> None:
    async with own_connection(shops[0], application="test") as small:
        before = await small.fetchval("SELECT count(*) FROM payments WHERE state = 'pending'")
        await settled(await open_shop(small, own=True))

        assert await small.fetchval("SELECT count(*) FROM payments WHERE state = 'pending'") == before
        assert await small.fetchval("SELECT prosrc LIKE '%probe(%' FROM pg_proc WHERE proname = 'lock_orders'") is False
