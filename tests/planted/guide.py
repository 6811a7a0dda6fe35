"""Writes the guide's table of planted bugs: which check caught each."""

from collections import Counter
from collections.abc import Sequence

from tests.planted.bug import ROOT
from tests.planted.run import Verdict

GUIDE = ROOT / "docs" / "guide" / "planted-bugs.md"

HEAD = """# Planted bugs

A test that has never failed has proved nothing. So mistakes that somebody could make in the engine are planted on
purpose, one at a time, in a copy of the checkout, and the tests are asked to find them. `make planted-bugs` does it and
writes this table anew; a test holds the list and the code together, so that no planted bug goes stale.

{caught} of {all} were caught. The search for a bug ends with the first check that notices it (`--most` goes on); what
noticed was: {kinds}. *Constraint* means that PostgreSQL itself refused, *auditor* that the independent auditor found
the books wrong, *property* that a random history disagreed with a small model, *test* that an example or a race ended
as it must not. The slowest took {slowest:.0f} s to find.

| planted bug | breaks | caught first by | noticed by |
|---|---|---|---|
"""


def write_guide(verdicts: Sequence[Verdict]) -> None:
    """Write the page."""
    kinds = Counter(kind for verdict in verdicts for kind in {catch.kind for catch in verdict.catches})
    head = HEAD.format(
        caught=sum(bool(verdict.catches) for verdict in verdicts),
        all=len(verdicts),
        kinds=", ".join(f"{kind} {count}" for kind, count in kinds.most_common()),
        slowest=max(verdict.seconds for verdict in verdicts),
    )
    GUIDE.write_text(head + "".join(map(_line, verdicts)))


def _line(verdict: Verdict) -> str:
    if not verdict.catches:
        return f"| {verdict.bug.name} | {verdict.bug.breaks} | **nobody** | |\n"
    first = verdict.catches[0].test.removeprefix("tests/").split("[")[0]
    kinds = ", ".join(sorted({catch.kind for catch in verdict.catches}))
    return f"| {verdict.bug.name} | {verdict.bug.breaks} | `{first}` | {kinds} |\n"
