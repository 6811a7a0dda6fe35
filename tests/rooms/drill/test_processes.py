"""The crowd in processes of its own, and what is watched and broken beside it."""

import io

import msgspec
import pytest
from rich.console import Console

from doorbuster.clock import ManualClock, SystemClock
from doorbuster.drill import clients, observer, reading, target
from doorbuster.drill.clients import ClientDied, Progress
from doorbuster.drill.live import View
from doorbuster.drill.measures import StockPoint
from doorbuster.drill.plan import SaleFacts
from doorbuster.errors import Misconfigured
from doorbuster.settings import from_environment
from tests.rooms.drill.double import TinyShop, double_of, http, plan_for


async def test_two_client_processes_are_one_crowd():
    tiny = TinyShop(units=3)
    async with double_of(tiny) as shop:
        tiny.url = shop.url
        plan = plan_for(shop.url, arrivals=[0.0] * 8)
        plan = msgspec.structs.replace(plan, starts_at=SystemClock().now().timestamp() + 0.5)
        record = await clients.release(plan, 2, lambda *_: None)

    assert sorted(fate.shopper for fate in record.fates) == list(range(8))
    assert len(record.promised("hold")) == 3


async def test_a_client_that_dies_is_told_with_its_last_words():
    broken = msgspec.structs.replace(plan_for("http://127.0.0.1:1"), mix={"nonsense": 1.0})

    with pytest.raises(ClientDied, match="nonsense"):
        await clients.release(broken, 1, lambda *_: None)


def test_elsewhere_than_on_a_terminal_the_drill_tells_a_line_now_and_then():
    paper = io.StringIO()
    clock = ManualClock(seconds=100.0)
    sale = SaleFacts(id="s", handle="s", sku="LAMP", opens_at=clock.now().timestamp() + 5, units=3)
    with View(Console(file=paper, width=200), reading.load("opening"), clock) as view:
        view.opens(sale, [StockPoint(0.0, 1, 0, 2)])
        view.progress(0, Progress(arrived=10, inside=4, answers={"Held": 2}, recent=3, p99_seconds=0.0123))
        view.progress(0, Progress(arrived=11))

    told = paper.getvalue().splitlines()
    assert told[0] == "The drill's sale has 3 units; opens in 5 s."
    assert told[1].startswith("opens in 5 s: 10 came, 4 inside; 2 sold, 0 held, 1 left; p50 0.0 ms, p99 12.3 ms")
    assert len(told) == 2


def test_on_a_terminal_it_draws():
    paper = io.StringIO()
    clock = ManualClock()
    console = Console(file=paper, force_terminal=True, width=100)
    with View(console, reading.load("opening"), clock) as view:
        view.progress(0, Progress(arrived=10, answers={"SoldOut": 4, "TimedOut": 1}))

    assert "10 came" in paper.getvalue()
    assert "SoldOut" in paper.getvalue()


async def test_statements_are_added_up_over_queries():
    text = "# TYPE doorbuster_query_calls_total counter\n"
    text += 'doorbuster_query_calls_total{query="a"} 3\ndoorbuster_query_calls_total{query="b"} 4\n'

    async def answer(request: object) -> bytes:
        return http(200, text)

    async with double_of(answer) as control:
        assert await observer.statements(control.url) == 7
    assert await observer.statements(control.url) is None


async def test_a_shop_by_url_that_does_not_answer_is_refused(tmp_path):
    settings = from_environment({"DOORBUSTER_HOME": str(tmp_path)})

    with pytest.raises(Misconfigured, match="no shop is ready at"):
        await target.running(settings, "http://127.0.0.1:1")
