"""What PostgreSQL freezes on an order is what the house's own arithmetic says, for any prices and quantities."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorbuster import money
from doorbuster.shop.pricing import Wanted, quote
from tests.rooms.shop.conftest import Scene

Basket = list[tuple[int, int]]
GROSS = st.integers(0, money.AMOUNT_MINOR_MAX)
BASKET = st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 999)), min_size=1, max_size=5)
KEPT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@KEPT
@given(gross=GROSS, points=st.integers(0, 10_000))
async def test_tax_is_rounded_the_same_way_in_sql_and_in_python(scene: Scene, gross: int, points: int) -> None:
    assert await scene.value("SELECT tax_within($1, $2)", gross, points) == money.tax_within(gross, points)


@KEPT
@given(basket=BASKET)
async def test_a_quote_is_the_sum_of_its_lines_and_its_tax_is_inside_it(
    scene: Scene, basket: list[tuple[int, int]]
) -> None:
    variant = scene.variants.get("mug") or await scene.stock("mug", 1)
    wanted = [Wanted(variant_id=variant, quantity=quantity, unit_price=price) for price, quantity in basket]
    given_quote = await quote(scene.database, wanted, "GB", "GBP")
    assert given_quote.items.amount == sum(price * quantity for price, quantity in basket)
    assert given_quote.total == given_quote.items + given_quote.shipping
    taxes = [money.tax_within(price * quantity, 2_000) for price, quantity in basket]
    assert given_quote.tax.amount == sum(taxes) + money.tax_within(given_quote.shipping.amount, 2_000)
    assert given_quote.tax.amount <= given_quote.total.amount
