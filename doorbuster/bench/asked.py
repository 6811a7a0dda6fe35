"""What a growing shop is asked: statements of every room with the rows they are about, drawn by chance.

`n` is the number of an order that waits for its payment; one in a hundred does.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from doorbuster.bench.growth import Maker
from doorbuster.clock import new_id
from doorbuster.database import Query, QueryFile
from doorbuster.review.ground import Facts, grown_id

GBP = "GBP"


def asked() -> Sequence[tuple[Query, Maker]]:
    """Return the statements that shoppers, payments and operators wait for, with how to fill in their parameters."""
    return [
        *_catalogue(),
        *_selling(),
        *_paying(),
        *_looking(),
    ]


def _catalogue() -> list[tuple[Query, Maker]]:
    products, carts = QueryFile("doorbuster.catalogue", "products.sql"), QueryFile("doorbuster.shop", "carts.sql")
    return [
        (products.product_by_handle, lambda _, facts: {"handle": f"grown-{_product(facts)}", "currency": GBP}),
        (products.variant_by_sku, lambda _, facts: {"sku": f"GROWN-{_product(facts)}", "currency": GBP}),
        (products.newest_products, lambda _, facts: _filled(products.newest_products, facts)),
        (carts.variant_to_buy, lambda _, facts: {"sku": f"GROWN-{_product(facts)}", "currency": GBP}),
    ]


def _selling() -> list[tuple[Query, Maker]]:
    holds, sales = QueryFile("doorbuster.sale", "holds.sql"), QueryFile("doorbuster.sale", "sales.sql")
    pools = QueryFile("doorbuster.stock", "pools.sql")
    return [
        (holds.claim_holds, lambda n, facts: _claim(facts, f"s:newcomer-{n}")),
        (holds.hold_of_owner, lambda n, _: {"hold_id": grown_id("9", n), "customer_key": f"s:idle-{n}"}),
        (holds.lock_pool_of_hold, lambda n, _: {"hold_id": grown_id("9", n)}),
        (holds.release_hold, lambda n, _: {"hold_id": grown_id("9", n), "customer_key": f"s:idle-{n}"}),
        (holds.expire_holds, lambda _n, _: {"most": 100}),
        (sales.sale_by_id, lambda _, facts: {"sale_id": facts["sale_id"]}),
        (sales.items_of_sales, lambda _, facts: {"sale_ids": [facts["sale_id"]]}),
        (pools.shop_pool_of_variant, lambda _, facts: {"variant_id": grown_id("b", _product(facts))}),
    ]


def _paying() -> list[tuple[Query, Maker]]:
    placing, settling = QueryFile("doorbuster.shop", "placing.sql"), QueryFile("doorbuster.shop", "settling.sql")
    orders, returning = QueryFile("doorbuster.shop", "orders.sql"), QueryFile("doorbuster.shop", "returning.sql")
    news = QueryFile("doorbuster.shop", "provider_news.sql")
    return [
        (placing.place_orders, lambda n, _: {"wishes": [_wish(n)], "paying_seconds": 600, "hold_seconds_max": 1800}),
        (settling.settle_payments, lambda n, _: {"events": [_event(n)]}),
        (settling.payment_to_ask, lambda n, _: {"payment_id": grown_id("e", n)}),
        (orders.order_of_key, lambda n, _: {"customer_key": f"s:grown-{n}", "idempotency_key": f"order-key-of-{n}"}),
        (orders.order_of_hold, lambda n, facts: _filled(orders.order_of_hold, facts, hold_id=grown_id("f", n))),
        (returning.cancel_order, lambda n, _: {"order_id": grown_id("d", n), "refund_id": new_id(), "reason": "bench"}),
        (
            returning.ask_refund,
            lambda n, _: {
                "order_id": grown_id("d", n - 1), "refund_id": new_id(), "amount": 100, "reason": "bench",
                "restock": False,
            },
        ),
        (returning.fulfil_order, lambda n, _: {"order_id": grown_id("d", n - 1), "tracking": None}),
        (news.payment_by_reference, lambda n, _: {"gateway": "hosted", "gateway_ref": f"pi_{n - 1}"}),
    ]  # fmt: skip


def _looking() -> list[tuple[Query, Maker]]:
    orders = QueryFile("doorbuster.control", "orders.sql")
    page = {"before": None, "most": 50}
    return [
        (orders.newest_orders, lambda _n, _: page),
        (orders.orders_in_state, lambda _n, _: page | {"state": "paid"}),
        (orders.orders_of_email, lambda n, _: page | {"email_key": f"shopper{n}@example.com"}),
        (orders.orders_of_sale, lambda _, facts: page | {"sale_id": facts["sale_id"]}),
        (orders.order_numbered, lambda n, _: {"number": 1_000_000 + n}),
        (orders.payments_of_order, lambda n, _: {"order_id": grown_id("d", n)}),
        (orders.refunds_of_order, lambda n, _: {"order_id": grown_id("d", n)}),
    ]


def _filled(query: Query, facts: Facts, **known: Any) -> dict[str, Any]:
    """Fill what is left with what is usual: no filter, the first page."""
    usual: dict[str, Any] = {
        "currency": GBP,
        "most": 24,
        "size": 24,
        "after_id": UUID(int=2**128 - 1),
        "before": None,
        "customer_key": "s:nobody",
    }
    return {name: known.get(name, facts.get(name, usual.get(name))) for name in query.parameters}


def _product(facts: Facts) -> int:
    return int(facts["chance"].randrange(1, facts["shop"].products))


def _claim(facts: Facts, who: str) -> dict[str, Any]:
    return {
        "sale_id": facts["sale_id"], "variant_id": facts["variant_id"], "ids": [new_id()], "customers": [who],
        "keys": [f"key-of-{who}"], "quantities": [1], "prices": [None], "networks": [None],
    }  # fmt: skip


def _wish(n: int) -> dict[str, Any]:
    address = {"name": "Ada", "line1": "1 Street", "line2": "", "city": "Leeds", "postcode": "LS1", "country": "GB"}
    return {
        "id": str(new_id()), "payment_id": str(new_id()), "gateway": "hosted", "secret": "x" * 32,
        "customer_key": f"s:idle-{n}", "idempotency_key": f"order-key-of-idle-{n}", "request_hash": "\\x00",
        "email": f"idle{n}@example.com", "email_key": f"idle{n}@example.com", "shipping_address": address,
        "hold_id": str(grown_id("9", n)), "cart_id": None, "method_id": None, "expected_total": None,
        "expected_currency": None,
    }  # fmt: skip


def _event(n: int) -> dict[str, Any]:
    payment: UUID = grown_id("e", n)
    return {
        "id": f"evt_{new_id().hex}", "gateway": "hosted", "kind": "captured", "payment_id": str(payment),
        "amount": 1394, "currency": GBP, "gateway_ref": f"pi_new_{n}", "failure": None,
    }  # fmt: skip
