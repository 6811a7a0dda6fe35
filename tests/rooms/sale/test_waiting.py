"""The line for units that come back: in order, before newcomers, for a time of its own."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from doorbuster import audit
from doorbuster.database import Database, open_database
from doorbuster.sale import answers, planning
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import release
from doorbuster.sale.waiting import (
    Joined,
    NotJoined,
    PlaceWish,
    ask_notice,
    join_line,
    leave_line,
    look_after_lines,
    place_of,
    send_notices,
    stop_notices,
)
from tests.rooms.sale.market import Counter, opened, statement

LAPSE = statement("UPDATE stock_pools SET reopens_at = '-infinity' WHERE reopens_at > now()")
EXPIRE = statement("UPDATE holds SET expires_at = now() - interval '1 second' WHERE state = 'held'")
SELL = statement("UPDATE stock_pools SET sold = sold + held, held = 0")
KINDS = statement("SELECT kind FROM outbox ORDER BY id")
POOL = statement("SELECT held, waiting FROM stock_pools WHERE sale_id IS NOT NULL")
NOTICES = statement("SELECT email, state FROM sale_notices ORDER BY id")


@dataclass
class Line:
    """A sale of a few lamps, all in somebody's hands, and those who wait."""

    counter: Counter
    url: str
    joined: dict[str, Joined] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.counter.database

    async def join(
        self, who: str, quantity: int = 1, key: str = "", email: str | None = None, network: str | None = None
    ) -> Joined | NotJoined:
        sale = self.counter.sale
        wish = PlaceWish(
            sale_id=sale.id,
            variant_id=sale.items[0].variant_id,
            quantity=quantity,
            customer_key=f"s:{who}",
            idempotency_key=key or f"wait-of-{who}-0123456789",
            email=email,
            network=network,
        )
        answer = await join_line(self.database, wish)
        if isinstance(answer, Joined):
            self.joined[who] = answer
        return answer

    async def why_not(self, who: str, **wish: Any) -> str:
        answer = await self.join(who, **wish)
        assert isinstance(answer, NotJoined), answer
        return answer.why

    async def comes_back(self) -> None:
        """Let every held unit expire, and look after the line as the sweeper does, a moment later."""
        await self.database.execute(EXPIRE)
        await sweep(self.database)
        await self.moment_later()

    async def moment_later(self) -> None:
        await self.database.execute(LAPSE)
        await look_after_lines(self.database)

    async def states(self) -> dict[str, str]:
        places = {who: await place_of(self.database, had.waiting_id, had.secret) for who, had in self.joined.items()}
        return {who: place.state for who, place in places.items() if place}

    async def hold_of(self, who: str) -> UUID:
        place = await place_of(self.database, self.joined[who].waiting_id, self.joined[who].secret)
        assert place is not None
        assert place.hold_id is not None
        return place.hold_id

    async def counted(self) -> tuple[int, int]:
        (row,) = await self.database.fetch(POOL)
        return row["held"], row["waiting"]

    async def books_balance(self) -> None:
        report = await audit.run(self.url)
        assert report.clean, "\n".join(report.lines())


async def a_line(database: Database, url: str, units: int = 1, **changes: object) -> Line:
    counter = Counter(database, await opened(database, units=units, **changes))
    for number in range(units):
        await counter.ask(f"owner-{number}")
    return Line(counter, url)


@pytest.fixture
async def line(database: Database, database_url: str) -> Line:
    return await a_line(database, database_url)


async def test_what_comes_back_is_offered_to_whoever_waited_longest(line: Line) -> None:
    await line.join("ada", email="ada@example.com")
    await line.join("bob")
    await line.comes_back()
    assert await line.states() == {"ada": "offered", "bob": "waiting"}
    assert [row["kind"] for row in await line.database.fetch(KINDS)] == ["waiting_offered"]
    await line.books_balance()


async def test_no_newcomer_overtakes_who_waits_even_in_the_moment_when_a_unit_is_free(line: Line) -> None:
    await line.join("ada")
    await line.database.execute(EXPIRE)
    await sweep(line.database)
    await line.database.execute(LAPSE)
    assert await line.counter.ask("eve") == answers.AllHeld(0)
    assert await line.states() == {"ada": "offered"}, "the newcomer's claim itself served the line"
    await line.books_balance()


async def test_an_offer_has_a_time_of_its_own_and_then_goes_to_the_next(line: Line) -> None:
    await line.join("ada", email="ada@example.com")
    await line.join("bob")
    await line.comes_back()
    await line.comes_back()
    assert await line.states() == {"ada": "lapsed", "bob": "offered"}
    kinds = [row["kind"] for row in await line.database.fetch(KINDS)]
    assert sorted(kinds) == ["waiting_lapsed", "waiting_offered", "waiting_offered"]
    await line.books_balance()


async def test_an_offer_that_is_paid_was_taken(line: Line) -> None:
    await line.join("ada")
    await line.comes_back()
    await line.database.execute(
        statement("UPDATE holds SET state = 'sold' WHERE id = :id"), id=await line.hold_of("ada")
    )
    await look_after_lines(line.database)
    assert await line.states() == {"ada": "taken"}


async def test_the_owner_of_an_offer_who_claims_is_shown_what_they_have(line: Line) -> None:
    await line.join("ada")
    await line.comes_back()
    answer = await line.counter.ask("ada", key="another-key-of-ada-0")
    assert isinstance(answer, answers.AlreadyYours)
    assert answer.hold.id == await line.hold_of("ada")


async def test_a_unit_that_was_given_back_goes_to_the_line_too(line: Line) -> None:
    await line.join("ada")
    held = await line.counter.ask("owner-0")
    assert isinstance(held, answers.Replayed)
    await release(line.database, held.hold.id, "s:owner-0")
    await sweep(line.database)
    await line.moment_later()
    assert await line.states() == {"ada": "offered"}


async def test_what_nobody_in_line_wants_any_more_is_for_everybody(line: Line) -> None:
    await line.join("ada")
    await line.database.execute(EXPIRE)
    await leave_line(line.database, line.joined["ada"].waiting_id, line.joined["ada"].secret)
    await sweep(line.database)
    await line.database.execute(LAPSE)
    assert isinstance(await line.counter.ask("eve"), answers.Held)


async def test_leaving_after_an_offer_gives_it_to_the_next(line: Line) -> None:
    await line.join("ada")
    await line.join("bob")
    await line.comes_back()
    assert await leave_line(line.database, line.joined["ada"].waiting_id, line.joined["ada"].secret)
    await sweep(line.database)
    await line.moment_later()
    assert await line.states() == {"ada": "lapsed", "bob": "offered"}
    await line.books_balance()


async def test_nobody_leaves_for_another(line: Line) -> None:
    await line.join("ada")
    assert not await leave_line(line.database, line.joined["ada"].waiting_id, "guessed")
    assert await line.counted() == (1, 1)


async def test_the_first_gets_what_is_left_even_if_it_is_less_than_they_hoped_for(
    database: Database, database_url: str
) -> None:
    line = await a_line(database, database_url, units=1, limit_per_customer=3)
    await line.join("ada", quantity=3)
    await line.comes_back()
    place = await place_of(database, line.joined["ada"].waiting_id, line.joined["ada"].secret)
    assert place is not None
    assert (place.state, place.hold_quantity) == ("offered", 1)


async def test_the_same_key_gets_the_same_place_and_another_body_is_refused(line: Line) -> None:
    first = await line.join("ada")
    again = await line.join("ada")
    assert isinstance(first, Joined)
    assert again == Joined(first.waiting_id, first.secret, replayed=True)
    assert await line.why_not("ada", email="other@example.com") == "KeyReused"
    assert await line.counted() == (1, 1)


async def test_one_has_one_place_in_a_line(line: Line) -> None:
    first = await line.join("ada")
    answer = await line.join("ada", key="another-key-of-ada-0")
    assert isinstance(answer, NotJoined)
    assert isinstance(first, Joined)
    assert (answer.why, answer.place) == ("InLine", Joined(first.waiting_id, first.secret))


async def test_who_holds_a_unit_need_not_wait(line: Line) -> None:
    assert await line.why_not("owner-0") == "AlreadyYours"


async def test_while_units_are_left_there_is_no_line(database: Database, database_url: str) -> None:
    line = Line(Counter(database, await opened(database)), database_url)
    assert await line.why_not("ada") == "StillLeft"


async def test_when_all_is_sold_there_is_nothing_to_wait_for(line: Line) -> None:
    await line.database.execute(SELL)
    assert await line.why_not("ada") == "SoldOut"


async def test_more_than_the_limit_cannot_be_waited_for(line: Line) -> None:
    assert await line.why_not("ada", quantity=2) == "LimitReached"


async def test_the_line_has_an_end(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorbuster.sale.waiting.LINE_MAX", 1)
    await line.join("ada")
    assert await line.why_not("bob") == "LineFull"


async def test_when_the_sale_ends_the_line_is_told(line: Line) -> None:
    await line.join("ada", email="ada@example.com")
    await line.join("bob")
    await planning.end_sale(line.database, line.counter.sale.id)
    await look_after_lines(line.database)
    assert await line.states() == {"ada": "closed", "bob": "closed"}
    assert [row["kind"] for row in await line.database.fetch(KINDS)] == ["waiting_closed"]
    assert await line.counted() == (1, 0)
    await line.books_balance()


async def test_a_paused_sale_offers_nothing_until_it_goes_on(line: Line) -> None:
    await line.join("ada")
    await planning.pause_sale(line.database, line.counter.sale.id)
    await line.comes_back()
    assert await line.states() == {"ada": "waiting"}
    await planning.resume_sale(line.database, line.counter.sale.id)
    await line.moment_later()
    assert await line.states() == {"ada": "offered"}


async def test_thirty_newcomers_and_the_sweeper_at_once_leave_the_unit_to_who_waited(line: Line) -> None:
    await line.join("ada")
    await line.database.execute(EXPIRE)
    await sweep(line.database)
    await line.database.execute(LAPSE)
    newcomers = [line.counter.ask(f"eve-{number}") for number in range(30)]
    told = await asyncio.gather(*newcomers, look_after_lines(line.database), look_after_lines(line.database))
    assert {answer.name for answer in told[:30]} == {"AllHeld"}
    assert await line.states() == {"ada": "offered"}
    assert await line.counted() == (1, 0)


@given(some.lists(some.sampled_from(["join", "leave", "back", "claim", "later"]), min_size=5, max_size=25))
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_any_history_a_line_is_served_in_order(database_url: str, steps: list[str]) -> None:
    asyncio.run(_history(database_url, steps))


async def _history(url: str, steps: list[str]) -> None:
    """Play steps and compare with a plain queue: whoever is offered a unit was the first of it."""
    async with open_database(url, connections=2, application="history") as database:
        for table in ("waiting_list", "holds", "sale_customers"):
            await database.execute(statement(f"DELETE FROM {table}"))
        await database.execute(
            statement("TRUNCATE stock_movements, sale_items, stock_pools, sales, products, variants CASCADE")
        )
        line = await a_line(database, url)
        queue: list[str] = []
        for number, step in enumerate(steps):
            if step == "join" and isinstance(await line.join(f"w{number}"), Joined):
                queue.append(f"w{number}")
            elif step == "leave" and queue:
                await leave_line(database, line.joined[queue[-1]].waiting_id, line.joined[queue[-1]].secret)
                queue.pop()
            elif step == "back":
                await line.comes_back()
            elif step == "claim":
                await line.counter.ask(f"n{number}")
            else:
                await line.moment_later()
            states = await line.states()
            queue = queue[1:] if queue and states[queue[0]] in ("offered", "lapsed") else queue
            assert [who for who, state in states.items() if state == "waiting"] == queue
        await line.books_balance()


async def test_who_asked_is_told_once_before_the_opening(database: Database, database_url: str) -> None:
    sale = await opened(database, opens_at=datetime.now(UTC) + timedelta(minutes=1))
    for _ in range(2):
        await ask_notice(database, sale.id, "ada@example.com", "ada@example.com")
    assert await send_notices(database) == 1
    assert await send_notices(database) == 0
    assert [tuple(row) for row in await database.fetch(NOTICES)] == [("ada@example.com", "sent")]


async def test_who_stopped_such_mails_is_not_written_to_for_another_sale(database: Database) -> None:
    sale = await opened(database, opens_at=datetime.now(UTC) + timedelta(minutes=1))
    await ask_notice(database, sale.id, "ada@example.com", "ada@example.com")
    (row,) = await database.fetch(statement("SELECT id, secret FROM sale_notices"))
    assert not await stop_notices(database, row["id"], "guessed")
    assert await stop_notices(database, row["id"], row["secret"])
    await database.execute(statement("DELETE FROM sale_notices"))
    await ask_notice(database, sale.id, "ada@example.com", "ada@example.com")
    assert await database.fetch(NOTICES) == []
