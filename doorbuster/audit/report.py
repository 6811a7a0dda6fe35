"""What an audit found: one result per check, and the verdict."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Result:
    """One check: how many rows it looked at, how many disagree, and the first of those in words."""

    name: str
    promise: str
    looked_at: int
    noun: str
    drifted: int
    findings: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Say whether nothing disagreed."""
        return self.drifted == 0

    def lines(self) -> list[str]:
        """Return the result for a person: one line, and under a drift what disagrees and why."""
        mark = "ok   " if self.clean else "DRIFT"
        lines = [f"{mark}  {self.promise} ({self.looked_at:,} {self.noun})"]
        lines += [f"       - {finding}" for finding in self.findings]
        if self.drifted > len(self.findings):
            lines.append(f"       - and {self.drifted - len(self.findings):,} more")
        return lines


@dataclass(frozen=True, slots=True)
class Report:
    """Every check of one audit, and how long it took."""

    results: tuple[Result, ...]
    seconds: float

    @property
    def clean(self) -> bool:
        """Say whether nothing disagreed anywhere."""
        return all(result.clean for result in self.results)

    @property
    def verdict(self) -> str:
        """Return the last line for a person."""
        broken = sum(not result.clean for result in self.results)
        verdict = "every promise holds" if self.clean else f"{broken} of them found a drift"
        return f"{len(self.results)} checks in {self.seconds:.1f} s: {verdict}"

    def lines(self) -> list[str]:
        """Return the whole report for a person."""
        return [line for result in self.results for line in result.lines()] + [self.verdict]

    def json(self) -> bytes:
        """Return the report for a program."""
        return msgspec.json.encode({"clean": self.clean, "seconds": round(self.seconds, 3), "checks": self.results})
