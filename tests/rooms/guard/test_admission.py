"""The gate before the routed application: who is let in, who is told no, and what they are told."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from doorbuster.clock import SystemClock
from doorbuster.database.deadline import seconds_left
from doorbuster.downstream import Downstream, Fault
from doorbuster.guard.admission import Admission
from doorbuster.guard.knee import FLOOR
from doorbuster.guard.policy import DEFAULTS, Policy
from doorbuster.guard.refusals import refusal_of
from doorbuster.guard.refused import Look
from doorbuster.settings import from_environment
from doorbuster.web.brownout import Ladder
from doorbuster.web.passes import pass_cookie

SECRET = "s" * 40
PATIENT = 1_000.0


class Gated:
    """An application that answers when it is told to, behind the gate."""

    def __init__(self, home: Path) -> None:
        settings = from_environment({"DOORBUSTER_HOME": str(home), "DOORBUSTER_SECRET": SECRET, "WORKERS": "1"})
        look = Look(b"@sentence@ @seconds@ @refusal@ @again@", [(b"x-page", b"1")], [(b"x-data", b"1")])
        self.open, self.inside, self.status = asyncio.Event(), 0, 200
        self.left: list[float | None] = []
        self.bodies: list[bytes] = []
        self.gate = Admission(
            self._app, settings, look, Ladder(), clock=SystemClock(), chance=random.Random(1), ceiling=FLOOR
        )

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside += 1
        self.left.append(seconds_left(SystemClock().monotonic()))
        if scope["method"] == "POST":
            self.bodies.append((await receive())["body"])
        await self.open.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    async def ask(
        self,
        path: str = "/search",
        method: str = "GET",
        guard: Any = ("browse", "s:ada"),
        receive: Any = None,
        **headers: str,
    ) -> tuple[int, dict[str, str], bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path,
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        if guard:
            scope["guard"] = guard
        await self.gate(scope, receive or _empty, send)
        return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"]

    @asynccontextmanager
    async def crowded(self, waiting: int = 0) -> AsyncIterator[list[asyncio.Task[Any]]]:
        """Fill all places and so many of the waiting line with lookers for the block."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.ask()) for _ in range(FLOOR + waiting)]
            await asyncio.sleep(0.01)
            yield tasks
            self.open.set()


async def _empty() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


@pytest.fixture
async def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path)


async def test_no_more_are_inside_than_the_limit_says(gated: Gated) -> None:
    async with gated.crowded(waiting=3):
        assert gated.inside == FLOOR


async def test_who_waits_for_the_payment_provider_holds_no_place_at_the_database(gated: Gated) -> None:
    """A provider that hangs must not close the shop to everybody else."""
    provider = Downstream("payments", SystemClock(), random.Random(1))

    async def pays(scope: Any, receive: Any, send: Any) -> None:
        await provider.call(gated.open.wait, lambda _: Fault(unwell=False))
        await gated._app(scope, receive, send)

    gated.gate._app = pays
    async with gated.crowded(waiting=5):
        assert gated.gate.line.total_waiting == 0
        assert gated.gate.line.total_inside == 0


async def test_who_waits_too_long_is_told_so_with_a_time_to_come_back(gated: Gated) -> None:
    async with gated.crowded():
        status, headers, body = await gated.ask()

    assert status == 503
    assert 1 <= int(headers["retry-after"]) <= 6
    assert b"so busy" in body


async def test_a_program_is_told_by_a_problem_document(gated: Gated) -> None:
    async with gated.crowded():
        status, headers, body = await gated.ask("/api/v1/products")

    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert msgspec.json.decode(body)["type"].endswith("/busy")


async def test_the_id_of_a_refusal_tells_why_and_at_which_level(gated: Gated) -> None:
    async with gated.crowded():
        _, _, body = await gated.ask("/api/v1/products")
    refusal = refusal_of(msgspec.json.decode(body)["refusal"], SECRET)

    assert refusal is not None
    assert (refusal.route_class, refusal.why, refusal.level // 100) == ("browse", "late", 1)


async def test_below_the_threshold_nobody_gets_as_far_as_the_line(gated: Gated) -> None:
    gated.gate.threshold.level = 200

    status, _, body = await gated.ask()

    assert (status, gated.inside) == (503, 0)
    assert b"More people are here" in body


async def test_whoever_bears_a_pass_waits_until_there_is_a_place(gated: Gated) -> None:
    gated.gate.threshold.level = 400
    cookie = pass_cookie("s:ada", SystemClock().now().timestamp(), SECRET, secure=False).partition(";")[0]
    gated.open.set()

    status, _, _ = await gated.ask("/orders/1", guard=("browse", "s:ada"), cookie=cookie)

    assert status == 200


async def test_a_pass_is_of_no_use_to_another_shopper(gated: Gated) -> None:
    gated.gate.threshold.level = 400
    cookie = pass_cookie("s:ada", SystemClock().now().timestamp(), SECRET, secure=False).partition(";")[0]

    status, _, _ = await gated.ask("/orders/1", guard=("browse", "s:eve"), cookie=cookie)

    assert status == 503


async def test_a_pass_ends(gated: Gated) -> None:
    gated.gate.threshold.level = 400
    cookie = pass_cookie("s:ada", SystemClock().now().timestamp() - 3_601, SECRET, secure=False).partition(";")[0]

    status, _, _ = await gated.ask("/orders/1", guard=("browse", "s:ada"), cookie=cookie)

    assert status == 503


async def test_what_the_guard_has_no_class_for_is_never_refused(gated: Gated) -> None:
    gated.open.set()
    gated.gate.threshold.level = 400

    async with gated.crowded(waiting=3):
        assert (await gated.ask("/payments/callbacks/stripe", guard=None))[0] == 200


async def test_a_closed_lane_refuses_everybody_without_a_pass(gated: Gated) -> None:
    gated.gate.obey(Policy(DEFAULTS.limits, closed=("search",)))
    gated.open.set()

    assert (await gated.ask("/search"))[0] == 503
    assert (await gated.ask("/collections"))[0] == 200


async def test_a_request_knows_how_long_its_answer_is_worth_waiting_for(gated: Gated) -> None:
    gated.open.set()
    await gated.ask("/search")
    await gated.ask("/orders", method="POST", guard=("checkout", "s:ada"))

    looking, buying = gated.left
    assert 2.5 < (looking or 0) <= 3
    assert 9.5 < (buying or 0) <= 10


async def test_a_slow_sender_takes_no_place(gated: Gated) -> None:
    parts = asyncio.Queue[Any]()
    asking = asyncio.create_task(gated.ask("/cart/lines", "POST", ("cart", "s:ada"), receive=parts.get))
    await parts.put({"type": "http.request", "body": b"first", "more_body": True})
    await asyncio.sleep(0.01)
    assert gated.gate.line.total_inside == 0

    await parts.put({"type": "http.request", "body": b"last", "more_body": False})
    gated.open.set()
    await asking

    assert gated.bodies == [b"first"]
    assert gated.gate.line.total_inside == 0


async def test_a_place_is_given_back_whatever_happens_inside(gated: Gated) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    gated.gate._app = broken
    with pytest.raises(RuntimeError):
        await gated.ask()

    assert gated.gate.line.total_inside == 0


async def test_a_caller_who_hangs_up_while_waiting_leaves_the_line(gated: Gated) -> None:
    async with gated.crowded():
        waiting = asyncio.create_task(gated.ask("/orders", guard=("checkout", "s:ada")))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert gated.gate.line.total_waiting == 0


async def test_a_database_that_gives_up_takes_the_limit_down(gated: Gated) -> None:
    gated.gate.knee._ceiling = gated.gate.knee._learnt = 10
    gated.status = 503
    gated.open.set()

    await gated.ask()

    assert gated.gate.knee.limit == 7


async def test_at_ten_times_what_the_application_can_do_it_does_as_much_as_ever(gated: Gated) -> None:
    served = []

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        await asyncio.sleep(0.02)
        served.append(1)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gated.gate._app = slow
    learning = asyncio.create_task(gated.gate.run())
    async with asyncio.TaskGroup() as crowd:
        tasks = []
        for number in range(1_000):
            tasks.append(crowd.create_task(gated.ask("/collections", guard=("browse", f"s:{number}"))))
            await asyncio.sleep(0.001)
    learning.cancel()

    statuses = [task.result()[0] for task in tasks]
    # Two places of twenty milliseconds do a hundred a second. Each was let in and answered, or told no at once.
    assert set(statuses) == {200, 503}
    assert statuses.count(200) == len(served) >= 40
    assert gated.gate.line.total_inside == gated.gate.line.total_waiting == 0
