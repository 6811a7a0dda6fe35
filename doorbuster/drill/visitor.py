"""What all visitors share: a number, drawn habits, a browser, a clock of their own, and how their visit ended.

Promises: every choice is drawn from the seed and the visitor's number; a visit never raises for anything the shop
does; the fate is in the record.
"""

import random
from abc import ABC, abstractmethod
from contextlib import suppress

import msgspec

from doorbuster.drill.browser import Browser, Sockets, Stopwatch, own_address
from doorbuster.drill.client import Broken
from doorbuster.drill.plan import AGENTS, SLOWER_THUMBS, Habits, Journey, Plan
from doorbuster.drill.record import Fate, Outcome, Record


class Left(Exception):
    """The visit ended; `outcome` says how."""

    def __init__(self, outcome: Outcome) -> None:
        """Remember the outcome."""
        super().__init__(outcome)
        self.outcome: Outcome = outcome


class Visitor(ABC):
    """One visitor with drawn habits, a device, an own browser and an own patience."""

    ends_as: Outcome = "bought"
    """How a visit that came to its end is told."""

    def __init__(self, plan: Plan, number: int, arrives: float, record: Record, watch: Stopwatch) -> None:
        """Draw the habits; nothing is sent yet."""
        self._plan, self._number, self._record, self._watch = plan, number, record, watch
        self._chance = random.Random(f"{plan.seed}/{number}")  # noqa: S311 -- repeatable on purpose
        self._habits = _drawn(plan.habits, self._chance)
        self._device = _chosen(plan.devices, self._chance)
        self._opens = plan.sale.opens_at - plan.starts_at
        self._arrives = self._next = arrives
        self._claim_planned: float | None = None
        self._thought = 0.0
        self._if_patience_ends: Outcome = "gave_up"

    async def live(self, sockets: Sockets) -> Fate:
        """Go through the whole visit and return how it ended; never raises for anything the shop does."""
        source = own_address(self._number) if self._plan.own_addresses else None
        self._browser = Browser(
            self._number, self._record, self._watch, sockets, source, forwarded_for=self._network_address(),
            agent=AGENTS.get(self._device, "doorbuster-drill"),
        )  # fmt: skip
        outcome: Outcome = self.ends_as
        try:
            await self._go()
        except Left as left:
            outcome = left.outcome
        except Broken:
            outcome = self._if_patience_ends
        except msgspec.DecodeError:
            # A yes that cannot be read is no answer at all.
            outcome = "failed"
        finally:
            self._browser.leave()
        now = self._watch.now()
        fate = Fate(self._number, outcome, self._arrives, self._claim_planned, now, self._browser.hurt, self._thought)
        self._record.fates.append(fate)
        return fate

    @abstractmethod
    async def _go(self) -> None:
        """Do what this visitor came for; raise Left to leave early."""

    def _network_address(self) -> str:
        """Return whence a proxy says that the visitor comes: only where somebody hoards does it matter."""
        if not self._plan.habits.hoards:
            return ""
        if "hoards" in self._habits:
            network = self._number % self._plan.hoarder_networks
            return f"23.{network // 250}.{network % 250}.{1 + self._number % 250}"
        return f"{41 + self._number // 65_536 % 80}.{self._number // 256 % 256}.{self._number % 256}.7"

    async def _look(self, step: str, path: str, think: bool = True) -> bytes:
        """Read a page and return it; one that does not come is shrugged at, the record remembers it."""
        page = b""
        with suppress(Broken):
            reply = await self._browser.ask(step, "GET", self._plan.shop + path, planned=self._next, accept="text/html")
            page = reply.body
        if think:
            self._think()
        return page

    def _think(self) -> None:
        mean = self._plan.pace.think_seconds * SLOWER_THUMBS.get(self._device, 1.0)
        pause = self._chance.expovariate(1 / mean) if mean else 0.0
        self._next = self._watch.now() + pause
        self._thought += pause if self._claim_planned is not None else 0.0

    def _wait(self, seconds: float) -> None:
        self._next = self._watch.now() + seconds * self._chance.uniform(0.75, 1.25)


def journey_of(plan: Plan, number: int) -> Journey:
    """Return what a visitor comes for: drawn from the mix, the same for the same seed and number."""
    if len(plan.mix) == 1:
        return next(iter(plan.mix))
    chance = random.Random(f"{plan.seed}/{number}/journey")  # noqa: S311 -- repeatable on purpose
    return chance.choices(list(plan.mix), list(plan.mix.values()))[0]


def _chosen(shares: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(shares), list(shares.values()))[0] if shares else ""


def _drawn(habits: Habits, chance: random.Random) -> frozenset[str]:
    return frozenset(name for name in habits.__struct_fields__ if chance.random() < getattr(habits, name))
