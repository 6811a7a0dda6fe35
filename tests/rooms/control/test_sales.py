"""A merchant schedules a sale, watches it, changes it, stops it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from doorbuster.sale.sales import list_sales
from tests.rooms.control.room import Answer, Room, Visitor
from tests.rooms.shop.conftest import Scene

TIMES = {
    "opens_at": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT15:00"),
    "closes_at": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT17:00"),
}
FORM = {"title": "Friday lamps", "description": "", "limit_per_customer": "2", "hold_seconds": "120", **TIMES}
LAMP = {"sku.0": "lamp", "units.0": "40", "price.0": "9.99"}


async def step(visitor: Visitor, name: str, **changes: str) -> Answer:
    return await visitor.post(
        "/sales", {**FORM, **LAMP, **{key.replace("_0", ".0"): value for key, value in changes.items()}, "step": name}
    )


async def scheduled(visitor: Visitor) -> UUID:
    answer = await step(visitor, "create")
    assert answer.status == 303, answer.text
    return UUID(answer.location.removeprefix("/sales/"))


async def test_a_product_is_found_by_its_sku_and_by_the_beginning_of_a_word(room: Room, scene: Scene):
    await scene.stock("lamp", 100)
    merchant = await room.enter("merchant")
    for words in ("lamp", "Lam"):
        answer = await merchant.post("/sales", {**FORM, "q": words, "step": "search"})
        assert 'value="add:lamp"' in answer.text, words


async def test_adding_a_product_keeps_everything_that_was_typed(room: Room, scene: Scene):
    await scene.stock("lamp", 100, price=1999)
    merchant = await room.enter("merchant")
    typed = (await merchant.post("/sales", {**FORM, "step": "add:lamp"})).typed()
    assert typed["title"] == "Friday lamps"
    assert typed["sku.0"] == "lamp"
    assert typed["price.0"] == "19.99"


async def test_taking_a_product_out_again_leaves_the_rest(room: Room, scene: Scene):
    await scene.stock("lamp", 100)
    merchant = await room.enter("merchant")
    typed = (await step(merchant, "remove:0")).typed()
    assert "sku.0" not in typed
    assert typed["title"] == "Friday lamps"


async def test_looking_it_over_schedules_nothing(room: Room, scene: Scene):
    await scene.stock("lamp", 100)
    merchant = await room.enter("merchant")
    answer = await step(merchant, "preview")
    assert answer.says("Friday lamps", "£9.99", "Limit per customer 2")
    assert await list_sales(scene.database) == []


async def test_scheduling_takes_the_units_from_the_stock_and_is_in_the_journal(room: Room, scene: Scene):
    await scene.stock("lamp", 100)
    merchant = await room.enter("merchant")
    sale_id = await scheduled(merchant)
    assert await scene.pool(of_sale=False) == (60, 0, 0)
    assert await scene.pool() == (40, 0, 0)
    assert (await merchant.get(f"/sales/{sale_id}")).says("Friday lamps", "planned", "40 left")
    line = room.story()[0]
    assert (line.verb, line.actor, line.role) == ("sale.create", "merchant", "merchant")
    assert line.subject.startswith("sale:friday-lamps-")


async def test_more_units_than_the_stock_has_are_refused_beside_their_field(room: Room, scene: Scene):
    await scene.stock("lamp", 10)
    merchant = await room.enter("merchant")
    answer = await step(merchant, "create")
    assert answer.status == 409
    assert answer.says("The shop has only 10 units of lamp")
    assert 'id="units.0-about"' in answer.text
    assert answer.typed()["title"] == "Friday lamps"
    assert [line.verb for line in room.story()[:2]] == ["sale.create.refused", "sale.create"]


async def test_every_mistake_stands_beside_its_field_and_nothing_typed_is_lost(room: Room, scene: Scene):
    await scene.stock("lamp", 10)
    merchant = await room.enter("merchant")
    wrong = {"title": "", "hold_seconds": "2", "limit_per_customer": "many", "units_0": "-4", "price_0": "cheap"}
    answer = await step(merchant, "preview", closes_at=TIMES["opens_at"], **wrong)
    assert answer.status == 422
    for name in ("title", "hold_seconds", "limit_per_customer", "units.0", "price.0"):
        assert f'id="{name}-about"' in answer.text, name
    assert answer.typed()["price.0"] == "cheap"
    assert answer.typed()["limit_per_customer"] == "many"


async def test_a_sale_must_close_after_it_opens(room: Room, scene: Scene):
    await scene.stock("lamp", 100)
    answer = await step(await room.enter("merchant"), "preview", closes_at=TIMES["opens_at"])
    assert answer.status == 422
    assert answer.says("must close after it opens")


async def test_pausing_asks_why_and_resuming_lets_claims_go_on(room: Room, scene: Scene):
    sale = await scene.open_sale()
    operator = await room.enter("operator")
    assert (await operator.get(f"/sales/{sale.id}/pause")).says("Units already held stay held")
    assert (await operator.post(f"/sales/{sale.id}/pause", {"reason": " "})).status == 422
    assert (await operator.post(f"/sales/{sale.id}/pause", {"reason": "wrong price"})).status == 303
    assert (await operator.get(f"/sales/{sale.id}")).says("paused")
    await operator.post(f"/sales/{sale.id}/resumption", {"reason": "mended"})
    assert (await operator.get(f"/sales/{sale.id}")).says("open")
    told = [(line.verb, line.detail["reason"]) for line in room.story(f"sale:{sale.handle}")]
    assert told == [("sale.resume", "mended"), ("sale.pause", "wrong price")]


async def test_what_was_refused_is_in_the_journal_too(room: Room, scene: Scene):
    sale = await scene.open_sale()
    operator = await room.enter("operator")
    answer = await operator.post(f"/sales/{sale.id}/resumption", {"reason": "impatience"})
    assert answer.status == 409
    assert answer.says("It was not done")
    assert [line.verb for line in room.story(f"sale:{sale.handle}")] == ["sale.resume.refused", "sale.resume"]


async def test_an_ended_sale_is_over(room: Room, scene: Scene):
    sale = await scene.open_sale()
    operator = await room.enter("operator")
    await operator.post(f"/sales/{sale.id}/end", {"reason": "enough"})
    answer = await operator.get(f"/sales/{sale.id}")
    assert answer.says("over")
    assert "/end" not in answer.text


async def test_changing_a_live_sale_says_what_counts_from_when_and_does_it(room: Room, scene: Scene):
    sale = await scene.open_sale(units=5)
    await scene.sql("UPDATE stock_pools SET on_hand = on_hand + 20 WHERE sale_id IS NULL")
    await scene.sql(
        "INSERT INTO stock_movements (pool_id, kind, on_hand_delta) "
        "SELECT id, 'received', 20 FROM stock_pools WHERE sale_id IS NULL"
    )
    merchant = await room.enter("merchant")
    page = await merchant.get(f"/sales/{sale.id}/edit")
    assert page.says("Who holds a unit keeps its price", "The opening cannot be moved")
    form = {**page.typed(), "description": "", "units.0": "15", "price.0": "7.50", "reason": "more came in"}
    answer = await merchant.post(f"/sales/{sale.id}/edit", form)
    assert answer.status == 303, answer.text
    assert (await merchant.get(f"/sales/{sale.id}")).says("15", "£7.50")
    assert await scene.pool() == (15, 0, 0)
    await scene.books_balance()


async def test_the_page_of_a_sale_shows_its_units_as_they_are(room: Room, scene: Scene):
    sale = await scene.open_sale(units=5)
    await scene.hold("ada")
    viewer = await room.enter("viewer")
    answer = await viewer.get(f"/sales/{sale.id}")
    assert answer.says("0 sold", "1 held", "4 left")
    assert "/pause" not in answer.text


async def test_the_curve_is_drawn_from_what_the_pulse_felt(room: Room, scene: Scene):
    sale = await scene.open_sale(units=5)
    for who in ("ada", "bob"):
        await scene.hold(who)
        await room.house.pulse.beat()
        room.clock.advance(1.0)  # type: ignore[attr-defined]
    assert [point.held for point in room.house.pulse.curve(sale.id)][-2:] == [1, 2]
    viewer = await room.enter("viewer")
    assert '<path class="chart__held"' in (await viewer.get(f"/sales/{sale.id}")).text


async def test_an_unknown_sale_is_a_polite_404(room: Room):
    viewer = await room.enter("viewer")
    answer = await viewer.get("/sales/00000000-0000-7000-8000-000000000000")
    assert answer.status == 404
    assert answer.says("There is no such sale")
