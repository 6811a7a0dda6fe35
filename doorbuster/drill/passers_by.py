"""Who does not come for the sale: people who search and look, and programs that ask for page after page.

Promises: what two of them search for is hardly ever the same, as with people: a common word with a rarer one, drawn
with a skew, so that no cache answers for the shop.
"""

from contextlib import suppress

from doorbuster.drill.answers import HONEST_WAIT, kind_of, wait_seconds
from doorbuster.drill.browser import Stopwatch
from doorbuster.drill.client import Broken
from doorbuster.drill.plan import Plan
from doorbuster.drill.record import Outcome, Record
from doorbuster.drill.visitor import Left, Visitor

WORDS = ("lamp", "chair", "table", "shelf", "mirror", "rug", "vase", "stool", "desk", "clock")
MATERIALS = ("oak", "linen", "brass", "glass", "walnut", "wool", "steel", "clay")
"""The words of made-up products, the commonest first (ground.sql makes them)."""
SEARCHES_SHARE = 0.65
SCRAPED_MAX = 400


class Looker(Visitor):
    """Searches the catalogue, looks at products, and goes."""

    ends_as: Outcome = "looked"

    def __init__(self, plan: Plan, number: int, arrives: float, record: Record, watch: Stopwatch) -> None:
        """Draw how many pages; nothing is sent yet."""
        super().__init__(plan, number, arrives, record, watch)
        self._pages = 1 + int(self._chance.expovariate(1 / max(0.01, plan.pages - 1))) if plan.pages > 1 else 1

    async def _go(self) -> None:
        for _ in range(self._pages):
            await self._read(self._page())
            self._think()

    async def _read(self, page: tuple[str, str]) -> None:
        """Read a page; asked to wait, do so once and try again."""
        step, path = page
        for last in (False, True):
            # Patience is for a page: who has read three pages is not out of it for the fourth.
            self._browser.deadline = self._next + self._plan.pace.patience_seconds
            try:
                reply = await self._browser.ask(
                    step, "GET", self._plan.shop + path, planned=self._next, accept="text/html"
                )
            except Broken as fault:
                if fault.kind == "TimedOut":
                    raise Left("gave_up") from None
                return
            if kind_of(step, reply) not in HONEST_WAIT:
                return
            if last:
                raise Left("told_to_wait")
            self._wait(max(wait_seconds(reply, 1.0), self._plan.pace.retry_seconds))

    def _page(self) -> tuple[str, str]:
        if self._chance.random() < SEARCHES_SHARE or not self._plan.products:
            return "search", f"/search?q={_skewed(WORDS, self._chance.random())}+{self._number_of_a_model()}"
        return "product", f"/products/made-up-{self._number_of_a_product()}"

    def _number_of_a_model(self) -> str:
        if not self._plan.products:
            return f"{_skewed(MATERIALS, self._chance.random())}+{self._chance.randrange(1_000_000)}"
        return f"{self._number_of_a_product()}"

    def _number_of_a_product(self) -> int:
        """Draw a product: half of all looks go to the newest sixteenth of them."""
        return self._plan.products - int(self._plan.products * self._chance.random() ** 4)


class Scraper(Looker):
    """A program: asks for page after page as fast as it was told to, and obeys nobody."""

    ends_as: Outcome = "scraped"

    async def _go(self) -> None:
        leaves = self._arrives + self._plan.pace.patience_seconds
        for _ in range(SCRAPED_MAX):
            if self._next >= leaves:
                break
            self._browser.deadline = self._next + self._plan.pace.patience_seconds
            step, path = self._page()
            with suppress(Broken):
                await self._browser.ask(step, "GET", self._plan.shop + path, planned=self._next, accept="text/html")
            self._next = max(self._next + self._plan.pace.scrape_seconds, self._watch.now())


def _skewed(words: tuple[str, ...], drawn: float) -> str:
    return words[int(len(words) * drawn**2)]
