"""Cycles of chaos: shoppers buy, something breaks at one of their steps and is mended, and everything told stays true.

What must hold after each: the shop takes a claim again within five seconds of the fault's end; a key gets one answer
for ever; nobody is left without an answer. When all cycles are done: every order that was paid is paid or its money is
back, every mail was written, no unit is kept longer than its hold, and the auditor is content.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from doorbuster import audit
from doorbuster.database import Database, QueryFile, open_database
from doorbuster.drill.chaos.house import House
from doorbuster.drill.chaos.walk import STEPS, Step, Stuck, Told, Walker
from doorbuster.drill.faults.known import Known
from doorbuster.drill.plan import SaleFacts
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill.chaos", "chaos.sql")
SHOPPERS = 4
RECOVERY_SECONDS_MAX = 5.0
STEP_SECONDS_MAX = 8.0
CALM_SECONDS = 150.0
GRACE_SECONDS = 10
PROBE_SECONDS = 0.1
STEADY_SECONDS = 1.0
ORDERS_MAX = 20_000

Cancel = Callable[[Database, str], Awaitable[None]]
"""What an operator does to an order that is to be given back; the composition root hands it down."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle: what was broken when, how long the shop took to be back, and what went wrong."""

    number: int
    fault: str
    step: Step
    recovery_seconds: float
    violations: tuple[str, ...]


@dataclass(slots=True)
class Run:
    """All cycles of a run, and what the end of it found."""

    seed: int
    cycles: list[Cycle] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    orders: dict[str, int] = field(default_factory=dict)
    retries: int = 0

    @property
    def violations(self) -> list[str]:
        """Return everything that was not as it must be."""
        return [*(words for cycle in self.cycles for words in cycle.violations), *self.findings]


@dataclass
class Chaos:
    """A run in one house: the sale that is sold, the faults to choose from, and what is told of it."""

    house: House
    sale: SaleFacts
    faults: Sequence[Known]
    seed: int
    cancel: Cancel
    told: Told = field(default_factory=Told)

    def planned(self, number: int) -> tuple[Known, Step]:
        """Return what breaks in a cycle and when: each fault in turn, at a step that the seed draws for it.

        With each round of all faults it is the next step, so that as many rounds as steps meet every pair once.
        """
        rounds, which = divmod(number, len(self.faults))
        fault = self.faults[which]
        drawn = random.Random(f"{self.seed}/{fault.name}").randrange(len(STEPS))  # noqa: S311 -- repeatable on purpose
        return fault, STEPS[(drawn + rounds) % len(STEPS)]

    async def cycle(self, number: int) -> Cycle:
        """Let shoppers buy while one thing breaks; never raises for what the shop does."""
        fault, step = self.planned(number)
        before = len(self.told.violations)
        moments = {each: asyncio.Event() for each in STEPS}
        walkers = [self._walker(number, place, moments) for place in range(SHOPPERS)]
        async with asyncio.TaskGroup() as group:
            breaking = group.create_task(self._break(fault, moments[step]))
            shoppers = [group.create_task(self._shop(walker)) for walker in walkers]
            group.create_task(self._leave(number, moments))
            group.create_task(self._give_back(shoppers[0], moments))
        recovery = breaking.result()
        if recovery > RECOVERY_SECONDS_MAX:
            self.told.violations.append(f"{fault.name} at {step}: the shop was back after {recovery:.1f} s only")
        await asyncio.gather(*(self._ask_again(walker) for walker in walkers))
        return Cycle(number, fault.name, step, recovery, tuple(self.told.violations[before:]))

    async def calm_down(self, run: Run) -> None:
        """Wait until everything is settled, then look at all of it."""
        run.retries = self.told.retries
        orders = list(self.told.orders)[:ORDERS_MAX]
        async with open_database(self.house.direct_url, connections=1, application="chaos") as database:
            deadline = asyncio.get_running_loop().time() + CALM_SECONDS
            unsettled = await database.fetch(SQL.chaos_unsettled, orders=orders)
            while unsettled and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(1.0)
                unsettled = await database.fetch(SQL.chaos_unsettled, orders=orders)
            run.findings += [f"order {row['id']} is still {row['state']}, {row['payment']}" for row in unsettled]
            unmailed = await self._until_none(database, orders, deadline)
            run.findings += [f"order {each} was paid and nobody was told" for each in unmailed]
            stranded = await database.fetch(SQL.chaos_stranded, grace_seconds=float(GRACE_SECONDS))
            run.findings += [f"hold {row['id']} is {row['state']} after its time" for row in stranded]
            run.orders = {row["state"]: row["orders"] for row in await database.fetch(SQL.chaos_states, orders=orders)}
        report = await audit.run(self.house.direct_url)
        run.findings += [finding for result in report.results for finding in result.findings]

    async def _until_none(self, database: Database, orders: list[str], deadline: float) -> list[str]:
        while True:
            rows = await database.fetch(SQL.chaos_unmailed, orders=orders)
            if not rows or asyncio.get_running_loop().time() > deadline:
                return [str(row["id"]) for row in rows]
            await asyncio.sleep(0.5)

    def _walker(self, number: int, place: int, moments: dict[Step, asyncio.Event]) -> Walker:
        name = f"s{self.seed}-c{number}-{place}"
        shop = self.house.settings.shop_url
        return Walker(shop, self.sale, name, number * 16 + place, self.told, lambda step: moments[step].set())

    async def _shop(self, walker: Walker) -> str:
        try:
            async with walker:
                return await walker.buy()
        except Stuck as stuck:
            self.told.violations.append(str(stuck))
            return ""

    async def _leave(self, number: int, moments: dict[Step, asyncio.Event]) -> None:
        """Hold a unit and go away; its time ends by itself, which other cycles see."""
        try:
            async with self._walker(number, SHOPPERS, moments) as walker:
                await walker.hold()
                moments["expired"].set()
        except Stuck as stuck:
            self.told.violations.append(str(stuck))

    async def _give_back(self, first: "asyncio.Task[str]", moments: dict[Step, asyncio.Event]) -> None:
        """Have an operator cancel the first order, again until it is done; the mails go out meanwhile."""
        order_id = await first
        moments["mailed"].set()
        if not order_id:
            return
        moments["refunded"].set()
        for _ in range(100):
            with suppress(DatabaseFault):
                async with open_database(self.house.direct_url, connections=1, application="chaos") as database:
                    await self.cancel(database, order_id)
                    return
            await asyncio.sleep(0.1)
        self.told.violations.append(f"order {order_id} could not be cancelled")

    async def _break(self, fault: Known, moment: asyncio.Event) -> float:
        """Break at the moment, mend, and return the seconds until a newcomer's claim was answered with a yes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_SECONDS_MAX):
                await moment.wait()
        async with fault.by_itself(self.house):
            await asyncio.sleep(fault.cycle_seconds or 0.0)
        return await self._until_back()

    async def _until_back(self) -> float:
        """Return the seconds until claims are answered with a yes and go on being so for a second."""
        loop = asyncio.get_running_loop()
        mended, back = loop.time(), 0.0
        timeout = aiohttp.ClientTimeout(total=1.0)
        connector = aiohttp.TCPConnector(local_addr=("127.250.0.1", 0), force_close=True)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(timeout=timeout, connector=connector, cookie_jar=jar) as client:
            while loop.time() - mended < 10 * RECOVERY_SECONDS_MAX:
                if not await self._claims(client, f"chaos-probe-{loop.time():.6f}"):
                    back = 0.0
                elif not back:
                    back = loop.time()
                elif loop.time() - back > STEADY_SECONDS:
                    return back - mended
                await asyncio.sleep(PROBE_SECONDS)
        return loop.time() - mended

    async def _claims(self, client: aiohttp.ClientSession, key: str) -> bool:
        url = f"{self.house.settings.shop_url}/api/v1/sales/{self.sale.id}/holds"
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with client.post(
                url, json={"sku": self.sale.sku, "quantity": 1}, headers={"idempotency-key": key}
            ) as reply:
                return reply.status == 201
        return False

    async def _ask_again(self, walker: Walker) -> None:
        try:
            async with walker:
                await walker.check(3)
        except Stuck as stuck:
            self.told.violations.append(str(stuck))
