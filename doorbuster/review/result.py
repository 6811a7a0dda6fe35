"""All that one review found, for programs: as JSON, and as annotations in the form that GitHub's runners read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from doorbuster.review.budget import Verdict
from doorbuster.review.findings import Finding, Level
from doorbuster.review.plans import Run


@dataclass
class Result:
    """What was reviewed and found; `orders` of the large shop, 0 for somebody else's database.

    `unseen` are statements inside functions that no case has led to.
    """

    orders: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    migrations: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def all_findings(self) -> list[Finding]:
        """Return every finding, breaches first, each group in the order of files and lines."""
        found = [*self.findings, *(finding for verdict in self.verdicts for finding in verdict.findings)]
        return sorted(found, key=lambda each: (each.level != Level.BREACH, each.file, each.line, each.rule))

    @property
    def holds(self) -> bool:
        """Say whether nothing is in breach."""
        return not any(each.level == Level.BREACH for each in self.all_findings())

    def json(self) -> bytes:
        """Return the whole result as one JSON document."""
        document = {
            "holds": self.holds, "orders": self.orders, "seconds": round(self.seconds, 1), "notes": self.notes,
            "queries": [_told(verdict) for verdict in self.verdicts], "migrations": self.migrations,
            "findings": self.all_findings(), "unseen": self.unseen,
        }  # fmt: skip
        return msgspec.json.format(msgspec.json.encode(document), indent=1)

    def measurements(self) -> bytes:
        """Return how many breaches of each rule were found, as the house's measures write what they found."""
        rules = Counter(each.rule for each in self.all_findings() if each.level == Level.BREACH)
        counted = {"breaches": rules.total(), **dict(sorted(rules.items()))}
        rows = [
            {"name": name, "value": count, "unit": "breaches", "target": 0, "holds": count == 0}
            for name, count in counted.items()
        ]
        rows.append({
            "name": "statements", "value": len(self.verdicts), "unit": "reviewed", "target": None, "holds": None,
        })  # fmt: skip
        return msgspec.json.format(msgspec.json.encode(rows), indent=1)


def annotations(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a workflow command for each finding, as a runner of GitHub's Actions shows it beside the line."""
    for each in findings:
        word = "error" if each.level == Level.BREACH else "warning"
        place = f"file={_property(each.file)},line={max(each.line, 1)}," if each.file else ""
        text = f"{each.message}. Do: {each.remedy}" + (f"\n{each.sql}" if each.sql else "")
        yield f"::{word} {place}title={_property(f'{each.rule}: {each.subject}')}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _told(verdict: Verdict) -> dict[str, Any]:
    query = verdict.subject.query
    return {
        "name": query.name, "file": query.source, "line": verdict.subject.line, "holds": verdict.holds,
        "budget": {"rows": query.cost.rows, "buffers": query.cost.buffers} if verdict.subject.budgeted else None,
        "worst": _run(verdict.worst) if verdict.worst else None,
        "small": [_run(run) for run in verdict.small], "large": [_run(run) for run in verdict.large],
        "refused": [{"case": each.case, "reason": each.reason} for each in verdict.refused],
    }  # fmt: skip


def _run(run: Run) -> dict[str, Any]:
    return {
        "case": run.case, "generic": run.generic, "milliseconds": round(run.milliseconds, 3), "buffers": run.buffers,
        "rows": run.rows, "examined": run.examined, "spilled": run.spilled, "q_error": round(run.misjudged[0], 1),
        "scanned": run.scanned,
    }  # fmt: skip
