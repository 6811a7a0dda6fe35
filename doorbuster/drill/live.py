"""What a drill looks like while it runs: a live table on a terminal, one line every few seconds elsewhere."""

from collections import Counter
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from doorbuster.clock import Clock
from doorbuster.drill.answers import BROKEN, HONEST_NO, HONEST_WAIT
from doorbuster.drill.clients import Progress
from doorbuster.drill.measures import StockPoint, told
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.scenario import Scenario
from doorbuster.drill.verdict import Verdict

PLAIN_SECONDS = 2.0
BAR_WIDTH = 40


class View:
    """Draws the drill; it is told of the sale, then of what the clients see."""

    def __init__(self, console: Console, scenario: Scenario, clock: Clock) -> None:
        """Draw nothing yet."""
        self._console, self._name, self._clock = console, scenario.name, clock
        self._sale: SaleFacts | None = None
        self._stock: list[StockPoint] = []
        self._clients: dict[int, Progress] = {}
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._last_line = 0.0

    def __enter__(self) -> "View":
        """Take over the terminal."""
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""
        if self._live:
            self._live.__exit__(kind, fault, trace)

    def opens(self, sale: SaleFacts, stock: list[StockPoint]) -> None:
        """Learn of the drill's sale, and of the list that its stock is added to."""
        self._sale, self._stock = sale, stock
        self.say(f"The drill's sale has {sale.units:,} units; {self._countdown()}.")

    def progress(self, client: int, progress: Progress) -> None:
        """Take the latest of one client process and draw."""
        self._clients[client] = progress
        if self._live:
            self._live.update(self._panel())
        elif self._clock.monotonic() - self._last_line >= PLAIN_SECONDS:
            self._last_line = self._clock.monotonic()
            self._console.print(self._line(), highlight=False)

    def say(self, words: str) -> None:
        """Print a sentence above the live view."""
        self._console.print(words, highlight=False)

    def _panel(self) -> Panel:
        left, held, sold = self._units()
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", style="dim")
        grid.add_column()
        grid.add_row("the sale", self._countdown())
        grid.add_row(
            "shoppers",
            f"{self._sum('arrived'):,} came, {self._sum('inside'):,} are in the shop, {self._sum('bought'):,} bought",
        )
        grid.add_row(
            "units", Text.assemble((f"{sold:,} sold", "green"), "  ", (f"{held:,} held", "yellow"), f"  {left:,} left")
        )
        grid.add_row("", ProgressBar(total=max(1, left + held + sold), completed=sold, width=BAR_WIDTH))
        grid.add_row("latency", self._latency())
        grid.add_row("client", f"late by {self._worst('lag_p99_seconds'):,.1f} ms (p99)")
        return Panel(Group(grid, self._answers()), title=f"drill {self._name}", border_style="red", padding=(1, 2))

    def _answers(self) -> Table:
        counts: Counter[str] = Counter()
        for client in self._clients.values():
            counts.update(client.answers)
        table = Table(box=None, padding=(0, 2), show_header=False)
        for kind, count in counts.most_common(12):
            table.add_row(Text(kind, style=colour_of(kind)), f"{count:,}")
        return table

    def _line(self) -> str:
        left, held, sold = self._units()
        crowd = f"{self._sum('arrived'):,} came, {self._sum('inside'):,} inside"
        return f"{self._countdown()}: {crowd}; {sold:,} sold, {held:,} held, {left:,} left; {self._latency()}"

    def _latency(self) -> str:
        p50, p99 = self._worst("p50_seconds"), self._worst("p99_seconds")
        return f"p50 {p50:,.1f} ms, p99 {p99:,.1f} ms, {self._rate():,.0f} answers/s"

    def _countdown(self) -> str:
        left = self._sale.opens_at - self._clock.now().timestamp() if self._sale else 0.0
        return f"opens in {left:.0f} s" if left > 0 else f"open for {-left:.0f} s"

    def _units(self) -> tuple[int, int, int]:
        if not self._stock:
            return (self._sale.units if self._sale else 0), 0, 0
        return self._stock[-1].left, self._stock[-1].held, self._stock[-1].sold

    def _sum(self, name: str) -> int:
        return sum(getattr(client, name) for client in self._clients.values())

    def _worst(self, name: str) -> float:
        return max((getattr(client, name) for client in self._clients.values()), default=0.0) * 1000

    def _rate(self) -> float:
        return self._sum("recent") * 2


def colour_of(kind: str) -> str:
    """Return the colour of an answer: green yes, yellow wait, blue no, red broken."""
    if kind in BROKEN or kind.startswith("Status5") or kind == "Fault":
        return "bold red"
    if kind in HONEST_WAIT:
        return "yellow"
    if kind in HONEST_NO:
        return "blue"
    return "green" if kind in ("Held", "Replayed", "Ordered") else "default"


def verdict_table(verdict: Verdict) -> Table:
    """Return the verdict for a terminal."""
    table = Table(title="The verdict", title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("expectation")
    table.add_column("measured", justify="right")
    table.add_column("expected", justify="right")
    table.add_column("holds")
    for line in verdict.expected:
        holds = Text("not asked", style="yellow") if line.holds is None else Text("yes", style="green")
        holds = Text("NO", style="bold red") if line.holds is False else holds
        table.add_row(line.title, told(line.value, line.unit), line.target, holds)
    for line in verdict.others:
        table.add_row(line.title, told(line.value, line.unit), "", "", style="dim")
    return table
