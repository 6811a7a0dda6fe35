"""The races. Each takes a ring, runs one round in it, and asserts how it must have ended."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from doorbuster.clock import new_secret
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import release
from doorbuster.shop.carts import LineWish, put_line
from doorbuster.shop.payments import Event
from doorbuster.shop.placing import Placing
from doorbuster.shop.returning import ask_refund, cancel_order, complete_refund, fail_refund, fulfil_order, retry_refund
from doorbuster.shop.settling import Settling
from doorbuster.stock.pools import adjust_stock
from tests.races.ring import Ring, names
from tests.rooms.shop.conftest import event, wish

MANY = 30
POOL = "SELECT 1 FROM stock_pools WHERE id = $1"
HOLD = "SELECT 1 FROM holds WHERE id = $1"
ORDER = "SELECT 1 FROM orders WHERE id = $1"

Race = Callable[[Ring, Random], Awaitable[None]]


async def the_last_unit(ring: Ring, chance: Random) -> None:
    units = chance.randint(1, 3)
    sale = await ring.sale(units)
    told = await ring.start([ring.claim(sale, f"b{n}") for n in range(MANY)], POOL, await ring.pool(sale))
    assert names(told) == {"Held": units, "AllHeld": MANY - units}, names(told)


async def the_last_units_of_many_at_once(ring: Ring, chance: Random) -> None:
    sale = await ring.sale(units=10, limit=4)
    wanted = [chance.randint(1, 4) for _ in range(12)]
    claims = [ring.claim(sale, f"b{n}", quantity=quantity) for n, quantity in enumerate(wanted)]
    told = await ring.start(claims, POOL, await ring.pool(sale))
    got = sum(quantity for quantity, answer in zip(wanted, told, strict=True) if type(answer).__name__ == "Held")
    refused = [quantity for quantity, answer in zip(wanted, told, strict=True) if type(answer).__name__ != "Held"]
    assert got <= 10
    assert all(quantity > 10 - got for quantity in refused), "somebody was refused what was left"


async def the_last_of_a_limit(ring: Ring, chance: Random) -> None:
    limit = chance.randint(1, 2)
    sale = await ring.sale(units=5, limit=limit, items=6)
    told = await ring.start([ring.claim(sale, "ada", item=n) for n in range(6)], POOL, await ring.pool(sale))
    assert names(told) == {"Held": limit, "LimitReached": 6 - limit}, names(told)


async def the_last_of_a_networks_share(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=40)
    claims = [ring.claim(sale, f"b{n}", network="n:one") for n in range(12)]
    told = await ring.start(claims, POOL, await ring.pool(sale))
    assert names(told) == {"Held": 2, "NetworkFull": 10}, names(told)


async def the_last_of_an_address(ring: Ring, chance: Random) -> None:
    limit = chance.randint(1, 2)
    sale = await ring.sale(units=12, limit=limit)
    holds = [(f"b{n}", await ring.held(sale, f"b{n}")) for n in range(8)]
    mail = f"ada{ring.rounds}@example.com"
    wishes = [wish(who, hold_id=hold, email=mail) for who, hold in holds]
    told = await ring.start([Placing(ring.database, "hosted").place(each) for each in wishes], HOLD, holds[0][1])
    assert names(told) == {"Placed": limit, "LimitReached": 8 - limit}, names(told)


async def the_same_key(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=5, limit=5)
    key = new_secret()
    told = await ring.start([ring.claim(sale, "ada", key) for _ in range(MANY)], POOL, await ring.pool(sale))
    assert names(told) == {"Held": 1, "Replayed": MANY - 1}, names(told)
    assert len({answer.hold.id for answer in told}) == 1


async def the_same_key_with_other_bodies(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=9, limit=9)
    key = new_secret()
    told = await ring.start(
        [ring.claim(sale, "ada", key, quantity=1 + n % 3) for n in range(12)], POOL, await ring.pool(sale)
    )
    assert names(told) == {"Held": 1, "Replayed": 3, "KeyReused": 8}, names(told)


async def the_same_key_for_other_items(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=5, limit=9, items=4)
    key = new_secret()
    told = await ring.start([ring.claim(sale, "ada", key, item=n) for n in range(4)], POOL, await ring.pool(sale))
    assert names(told) == {"Held": 1, "KeyReused": 3}, names(told)


async def the_same_order(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=3)
    hold, key = await ring.held(sale, "ada"), new_secret()
    wishes = [wish("ada", hold_id=hold, idempotency_key=key) for _ in range(12)]
    told = await ring.start([Placing(ring.database, "hosted").place(each) for each in wishes], HOLD, hold)
    assert names(told) == {"Placed": 1, "Replayed": 11}, names(told)
    assert len({answer.order.order_id for answer in told}) == 1


async def the_same_hold_by_other_keys(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=3)
    hold = await ring.held(sale, "ada")
    wishes = [wish("ada", hold_id=hold) for _ in range(12)]
    told = await ring.start([Placing(ring.database, "hosted").place(each) for each in wishes], HOLD, hold)
    assert names(told) == {"Placed": 1, "AlreadyOrdered": 11}, names(told)


async def the_same_order_key_for_other_holds(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=6, limit=6, items=4)
    key = new_secret()
    holds = [(await ring.claim(sale, "ada", item=n)).hold.id for n in range(4)]
    wishes = [wish("ada", hold_id=hold, idempotency_key=key, request_hash=b"%d" % n) for n, hold in enumerate(holds)]
    told = await ring.start([Placing(ring.database, "hosted").place(each) for each in wishes])
    assert names(told) == {"Placed": 1, "KeyReused": 3}, names(told)


async def the_same_cart(ring: Ring, _: Random) -> None:
    await ring.sale(units=1)
    sku = f"cart-{ring.rounds}"
    await ring.scene.stock(sku, 20)
    cart = await ring.scene.cart(f"ada{ring.rounds}", **{sku: 2})
    wishes = [wish(f"ada{ring.rounds}", cart_id=cart) for _ in range(12)]
    placing = [Placing(ring.database, "hosted").place(each) for each in wishes]
    told = await ring.start(placing, "SELECT 1 FROM carts WHERE id = $1", cart)
    assert names(told) == {"Placed": 1, "AlreadyOrdered": 11}, names(told)
    assert await ring.scene.pool(sku, of_sale=False) == (20, 2, 0)


async def carts_for_the_last_units(ring: Ring, _: Random) -> None:
    await ring.sale(units=1)
    sku = f"cart-{ring.rounds}"
    variant = await ring.scene.stock(sku, 3)
    carts = [(f"b{ring.rounds}-{n}", await ring.scene.cart(f"b{ring.rounds}-{n}", **{sku: 1})) for n in range(12)]
    placing = [Placing(ring.database, "hosted").place(wish(who, cart_id=cart)) for who, cart in carts]
    told = await ring.start(placing, "SELECT 1 FROM stock_pools WHERE variant_id = $1", variant)
    assert names(told) == {"Placed": 3, "OutOfStock": 9}, names(told)


async def less_stock_against_carts(ring: Ring, _: Random) -> None:
    await ring.sale(units=1)
    sku = f"cart-{ring.rounds}"
    variant = await ring.scene.stock(sku, 4)
    carts = [(f"b{ring.rounds}-{n}", await ring.scene.cart(f"b{ring.rounds}-{n}", **{sku: 1})) for n in range(5)]
    placing = [Placing(ring.database, "hosted").place(wish(who, cart_id=cart)) for who, cart in carts]
    fewer = adjust_stock(ring.database, variant, 2, "counted")
    adjusted, *told = await ring.start([fewer, *placing], "SELECT 1 FROM stock_pools WHERE variant_id = $1", variant)
    on_hand, held, _ = await ring.scene.pool(sku, of_sale=False)
    assert held == names(told)["Placed"] == min(on_hand, 5)
    assert on_hand == (2 if type(adjusted).__name__ == "Adjusted" else 4)


async def cancel_against_pay(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.ordered(sale, "ada")
    settling = Settling(ring.database).settle(event(order))
    await ring.start([cancel_order(ring.database, order.order_id, "changed my mind"), settling], ORDER, order.order_id)
    assert await ring.value("SELECT state FROM orders WHERE id = $1", order.order_id) == "cancelled"
    assert await ring.value("SELECT state FROM payments WHERE order_id = $1", order.order_id) == "refund_due"
    assert await ring.value("SELECT held + sold FROM stock_pools WHERE id = $1", await ring.pool(sale)) == 0


async def expire_against_pay(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=1)
    order = await ring.ordered(sale, "ada")
    await ring.sql("UPDATE holds SET expires_at = now() - interval '1 second' WHERE sale_id = $1", sale.id)
    pool = await ring.pool(sale)
    await ring.start(
        [sweep(ring.database), Settling(ring.database).settle(event(order)), sweep(ring.database)], POOL, pool
    )
    # One unit and nobody else: whether it expired first or not, the money buys it.
    assert await ring.value("SELECT state FROM orders WHERE id = $1", order.order_id) == "paid"
    assert await ring.value("SELECT sold FROM stock_pools WHERE id = $1", pool) == 1


async def expire_against_pay_against_a_newcomer(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=1)
    order = await ring.ordered(sale, "ada")
    await ring.sql("UPDATE holds SET expires_at = now() - interval '1 second' WHERE sale_id = $1", sale.id)
    pool = await ring.pool(sale)
    if not ring.gated:
        await sweep(ring.database)
        await ring.sql("UPDATE stock_pools SET reopens_at = '-infinity' WHERE id = $1", pool)
    _, _, newcomer = await ring.start(
        [sweep(ring.database), Settling(ring.database).settle(event(order)), ring.claim(sale, "eve")], POOL, pool
    )
    state = await ring.value("SELECT state FROM payments WHERE order_id = $1", order.order_id)
    assert (state, type(newcomer).__name__ == "Held") in {("captured", False), ("refund_due", True)}


async def release_against_expiry_against_order(ring: Ring, chance: Random) -> None:
    sale = await ring.sale(units=1)
    hold = await ring.held(sale, "ada")
    if chance.random() < 0.5:
        await ring.sql("UPDATE holds SET expires_at = clock_timestamp() WHERE id = $1", hold)
    placing = Placing(ring.database, "hosted").place(wish("ada", hold_id=hold))
    contenders = [release(ring.database, hold, "s:ada"), sweep(ring.database), placing]
    _, _, told = await ring.start(contenders, HOLD, hold)
    held = await ring.value("SELECT held FROM stock_pools WHERE id = $1", await ring.pool(sale))
    assert held == (1 if type(told).__name__ == "Placed" else 0)


async def the_same_callback(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.ordered(sale, "ada")
    told: Event = event(order)
    settled = await ring.start([Settling(ring.database).settle(told) for _ in range(12)], ORDER, order.order_id)
    assert sorted(each.answer for each in settled) == ["duplicate"] * 11 + ["settled"]


async def two_charges_for_one_order(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.ordered(sale, "ada")
    await Settling(ring.database).settle(event(order, "failed"))
    again = await Placing(ring.database, "hosted").pay_again(order.order_id)
    events = [event(order), event(again.order)]
    await ring.start([Settling(ring.database).settle(each) for each in events], ORDER, order.order_id)
    rows = await ring.sql("SELECT state FROM payments WHERE order_id = $1 ORDER BY state", order.order_id)
    assert [row["state"] for row in rows] == ["captured", "refund_due"]


async def refund_against_refund(ring: Ring, chance: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.paid(sale, "ada")
    part = chance.choice([200, 300, 700, 1_394])
    told = await ring.start(
        [ask_refund(ring.database, order.order_id, part, "late", chance.random() < 0.5) for _ in range(10)],
        ORDER,
        order.order_id,
    )
    asked = await ring.value(
        "SELECT coalesce(sum(r.amount), 0) FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = $1",
        order.order_id,
    )
    assert names(told)["RefundAsked"] == 1_394 // part
    assert asked == part * (1_394 // part)


async def refund_against_cancel_against_fulfil(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.paid(sale, "ada")
    refund, cancel, fulfil = await ring.start(
        [
            ask_refund(ring.database, order.order_id, None, "late", True),
            cancel_order(ring.database, order.order_id, "changed my mind"),
            fulfil_order(ring.database, order.order_id, None),
        ],
        ORDER,
        order.order_id,
    )
    sent = type(fulfil).__name__ == "Fulfilled"
    assert type(refund).__name__ == "RefundAsked" or type(cancel).__name__ == "Cancelled"
    assert not (sent and type(cancel).__name__ == "Cancelled"), "what was sent is not cancelled"


async def a_refund_told_twice(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.paid(sale, "ada")
    asked = await ask_refund(ring.database, order.order_id, None, "late", True)
    reference = "re_" + new_secret()
    told = await ring.start(
        [complete_refund(ring.database, asked.refund_id, reference) for _ in range(8)], ORDER, order.order_id
    )
    assert sorted(told) == [False] * 7 + [True]


async def a_refused_refund_tried_again_twice(ring: Ring, _: Random) -> None:
    sale = await ring.sale(units=2)
    order = await ring.paid(sale, "ada")
    asked = await ask_refund(ring.database, order.order_id, None, "late", True)
    await fail_refund(ring.database, asked.refund_id, "no")
    retries = [retry_refund(ring.database, order.order_id, asked.refund_id) for _ in range(8)]
    told = await ring.start(retries, "SELECT 1 FROM refunds WHERE id = $1", asked.refund_id)
    assert sorted(told) == [False] * 7 + [True]


async def two_tabs_fill_one_cart(ring: Ring, _: Random) -> None:
    await ring.sale(units=1)
    sku, who = f"cart-{ring.rounds}", f"s:tab-{ring.rounds}"
    await ring.scene.stock(sku, 50)
    puts = [put_line(ring.database, who, LineWish(sku=sku, quantity=1), "GBP") for _ in range(8)]
    assert names(await ring.start(puts)) == {"Cart": 8}
    found = await ring.sql(
        "SELECT l.quantity FROM carts c JOIN cart_lines l ON l.cart_id = c.id WHERE c.customer_key = $1", who
    )
    assert [row["quantity"] for row in found] == [8]


async def everybody_at_once(ring: Ring, chance: Random) -> None:
    """A little of everything, so that locks are taken in every order there is: nobody may wait for ever."""
    sale = await ring.sale(units=8, limit=2, items=2)
    orders = [await ring.ordered(sale, f"b{n}") for n in range(4)]
    paid = await ring.paid(sale, "c")
    await ring.sql("UPDATE holds SET expires_at = now() WHERE sale_id = $1 AND customer_key = 's:b0'", sale.id)
    works = [
        *(Settling(ring.database).settle(event(order)) for order in orders),
        *(cancel_order(ring.database, order.order_id, "no") for order in orders[:2]),
        *(ring.claim(sale, f"d{n}", item=n % 2, network=f"n:{n % 3}") for n in range(6)),
        ask_refund(ring.database, paid.order_id, None, "late", True),
        cancel_order(ring.database, paid.order_id, "no"),
        sweep(ring.database),
        sweep(ring.database),
    ]
    chance.shuffle(works)
    await asyncio.wait_for(ring.start(works, POOL, await ring.pool(sale)), 30)


RACES: tuple[Race, ...] = (
    the_last_unit,
    the_last_units_of_many_at_once,
    the_last_of_a_limit,
    the_last_of_a_networks_share,
    the_last_of_an_address,
    the_same_key,
    the_same_key_with_other_bodies,
    the_same_key_for_other_items,
    the_same_order,
    the_same_hold_by_other_keys,
    the_same_order_key_for_other_holds,
    the_same_cart,
    carts_for_the_last_units,
    less_stock_against_carts,
    cancel_against_pay,
    expire_against_pay,
    expire_against_pay_against_a_newcomer,
    release_against_expiry_against_order,
    the_same_callback,
    two_charges_for_one_order,
    refund_against_refund,
    refund_against_cancel_against_fulfil,
    a_refund_told_twice,
    a_refused_refund_tried_again_twice,
    two_tabs_fill_one_cart,
    everybody_at_once,
)
