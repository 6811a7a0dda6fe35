from collections import Counter

import msgspec

from doorbuster.clock import SystemClock
from doorbuster.drill import crowd
from doorbuster.drill.plan import Plan, shares
from doorbuster.drill.record import Record, acknowledged
from tests.rooms.drill.double import (
    NO_HABITS,
    ORDER_ID,
    QUICK,
    Request,
    TinyShop,
    double_of,
    http,
    plan_for,
    problem,
)


async def test_units_go_to_as_many_shoppers_and_the_others_are_told():
    record = await _crowd_at(TinyShop(units=3), arrivals=[0.0] * 10)

    assert Counter(fate.outcome for fate in record.fates) == {"bought": 3, "told_sold_out": 7}
    assert len(record.promised("hold")) == 3
    assert not any(fate.hurt for fate in record.fates)


async def test_lanes_are_refilled_until_sold_out():
    record = await _crowd_at(TinyShop(units=9), lanes=2, units=9)

    assert Counter(fate.outcome for fate in record.fates) == {"bought": 9, "told_sold_out": 2}


async def test_every_shopper_has_a_connection_and_a_key_of_their_own():
    tiny = TinyShop(units=0)
    async with double_of(tiny) as shop:
        await crowd.release(plan_for(shop.url, arrivals=[0.0] * 5), SystemClock())

    assert shop.connections == 5
    assert len({request.headers["idempotency-key"] for request in shop.asked}) == 5


async def test_cookies_come_back():
    async def answer(request: Request) -> bytes:
        if "cookie" in request.headers:
            return problem(409, "sold-out")
        return problem(503, "busy", retry_after="0", set_cookie="shopper=abc; Path=/; HttpOnly")

    async with double_of(answer) as shop:
        await crowd.release(plan_for(shop.url, arrivals=[0.0]), SystemClock())

    assert [request.headers.get("cookie") for request in shop.asked] == [None, "shopper=abc"]


async def test_two_clicks_with_one_key_hold_one_unit():
    tiny = TinyShop(units=3)
    record = await _crowd_at(tiny, arrivals=[0.0], double_clicks=1)

    assert len(tiny.holds) == 1
    assert record.broken_promises == []
    assert [fate.outcome for fate in record.fates] == ["bought"]


async def test_two_holds_for_one_key_are_told_as_a_broken_promise():
    class Forgetful(TinyShop):
        async def __call__(self, request: Request) -> bytes | None:
            if request.path.endswith("/holds"):
                self.holds[str(len(self.holds))] = ""
                return http(201, f'{{"id": "0192aaaa-0000-7000-8000-{len(self.holds):012d}"}}')
            return await super().__call__(request)

    record = await _crowd_at(Forgetful(units=3), arrivals=[0.0], double_clicks=1)

    assert len(record.broken_promises) == 1


async def test_a_lost_answer_is_asked_for_again_with_the_same_key():
    tiny = TinyShop(units=3)
    record = await _crowd_at(tiny, arrivals=[0.0], drops_connection=1)

    assert "HungUp" in [attempt.kind for attempt in record.attempts]
    assert len(tiny.holds) == 1
    assert [fate.outcome for fate in record.fates] == ["bought"]


async def test_who_gets_no_page_to_pay_at_asks_for_one_again():
    class Cut(TinyShop):
        attempts = 0

        async def __call__(self, request: Request) -> bytes | None:
            if request.path.endswith("/orders") and request.method == "POST":
                return http(201, self._order("awaiting_payment").replace(f'"{self.url}/pay"', "null"))
            if request.path.endswith("/payments"):
                self.attempts += 1
                page = "null" if self.attempts < 3 else f'"{self.url}/pay"'
                return http(201, self._order("awaiting_payment").replace(f'"{self.url}/pay"', page))
            return await super().__call__(request)

    tiny = Cut(units=3)
    record = await _crowd_at(tiny, arrivals=[0.0])

    assert tiny.attempts == 3
    assert [fate.outcome for fate in record.fates] == ["bought"]


async def test_who_walks_away_from_a_hold_buys_nothing():
    record = await _crowd_at(TinyShop(units=3), arrivals=[0.0], leaves_hold=1)

    assert [fate.outcome for fate in record.fates] == ["left_on_purpose"]
    assert record.promised("order") == []


async def test_who_is_told_to_wait_until_the_patience_ends_is_not_hurt():
    async def answer(request: Request) -> bytes:
        return problem(409, "all-held")

    async with double_of(answer) as shop:
        pace = msgspec.structs.replace(QUICK, retry_seconds=1000.0)
        record = await crowd.release(plan_for(shop.url, arrivals=[0.0], pace=pace), SystemClock())

    assert [(fate.outcome, fate.hurt) for fate in record.fates] == [("told_to_wait", False)]


async def test_who_insists_after_sold_out_was_still_told():
    pace = msgspec.structs.replace(QUICK, retry_seconds=1000.0)
    record = await _crowd_at(TinyShop(units=0), arrivals=[0.0], insists_when_sold_out=1, pace=pace)

    assert [fate.outcome for fate in record.fates] == ["told_sold_out"]


async def test_who_gets_no_answer_gives_up_and_is_hurt():
    async with double_of(lambda _: _nothing()) as shop:
        pace = msgspec.structs.replace(QUICK, retry_seconds=1000.0)
        record = await crowd.release(plan_for(shop.url, arrivals=[0.0], pace=pace), SystemClock())

    assert [(fate.outcome, fate.hurt) for fate in record.fates] == [("gave_up", True)]


async def test_a_yes_that_cannot_be_read_is_a_failure_not_a_crash():
    async with double_of(lambda _: _text(http(201, "<html>"))) as shop:
        record = await crowd.release(plan_for(shop.url, arrivals=[0.0]), SystemClock())

    assert [fate.outcome for fate in record.fates] == ["failed"]


async def test_a_kept_alive_connection_that_died_is_replaced_in_silence():
    seen: set[str] = set()

    class Restarting(TinyShop):
        async def __call__(self, request: Request) -> bytes | None:
            if request.path == "/api/v1/orders" and request.path not in seen:
                seen.add(request.path)
                return None
            return await super().__call__(request)

    record = await _crowd_at(Restarting(units=1), arrivals=[0.0])

    assert [(fate.outcome, fate.hurt) for fate in record.fates] == [("bought", False)]
    assert "Resent" in [attempt.kind for attempt in record.attempts]


async def test_the_same_seed_sends_the_same_crowd():
    def drawn(seed: int) -> list[bool]:
        plan = plan_for("http://127.0.0.1:1", habits=msgspec.structs.replace(NO_HABITS, leaves_hold=0.5), seed=seed)
        shoppers = [crowd.Shopper(plan, number, 0.0, Record(), None) for number in range(50)]  # type: ignore[arg-type]
        return ["leaves_hold" in shopper._habits for shopper in shoppers]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_crowd_dealt_out_to_processes_is_still_the_same_crowd():
    plan = Plan(shop="", sale=plan_for("").sale, starts_at=0.0, arrivals=[float(i) for i in range(10)])
    dealt = shares(plan, 3)

    numbered = {
        share.first_shopper + index * share.shopper_step: arrives
        for share in dealt
        for index, arrives in enumerate(share.arrivals)
    }
    assert numbered == dict(enumerate(plan.arrivals))


async def test_the_auditor_is_told_every_promise_with_its_facts():
    record = await _crowd_at(TinyShop(units=1), arrivals=[0.0])

    hold, order = [msgspec.json.decode(line) for line in acknowledged(record, "LAMP").splitlines()]
    assert hold == {"kind": "hold", "id": hold["id"], "sku": "LAMP", "quantity": 1, "key": hold["key"]}
    assert order == {
        "kind": "order", "id": ORDER_ID, "number": 7, "total": 1999, "state": "paid", "hold_id": hold["id"],
    }  # fmt: skip


async def _crowd_at(tiny: TinyShop, units: int = 3, **changes: object) -> Record:
    """Release a crowd on a tiny shop; habits are given by name."""
    habits = {name: changes.pop(name) for name in NO_HABITS.__struct_fields__ if name in changes}
    async with double_of(tiny) as shop:
        tiny.url = shop.url
        plan = plan_for(shop.url, habits=msgspec.structs.replace(NO_HABITS, **habits), **changes)
        sale = msgspec.structs.replace(plan.sale, units=units)
        return await crowd.release(msgspec.structs.replace(plan, sale=sale), SystemClock())


async def _text(raw: bytes) -> bytes:
    return raw


async def _nothing() -> None:
    return None
