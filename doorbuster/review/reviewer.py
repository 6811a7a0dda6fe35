"""Reviews statements on two shops, a small one and one ten times as large: reads, runs, judges, explains, proposes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from doorbuster.database.pool import Refused
from doorbuster.review.budget import Breach, Verdict, judge
from doorbuster.review.catalogue import Subject
from doorbuster.review.findings import Finding, Level
from doorbuster.review.indexes import Proposal, propose
from doorbuster.review.mistakes import Look
from doorbuster.review.plans import FOREIGN_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, Failed, Run, prepare, run_case
from doorbuster.review.reading import Reading, read_statement
from doorbuster.review.reasons import ALWAYS, Reason, reasons_of
from doorbuster.review.schema import Schema, read_schema
from doorbuster.review.values import Case, Values

Say = Callable[[str], None]
CASES_OF_LONG_ONES = 1
"""A statement that may grow with the shop reads it from end to end, whatever it is given."""


@dataclass
class Shop:
    """A database under review; `own` says that it is the review's, where an index may be tried."""

    connection: Any
    schema: Schema
    values: Values
    own: bool

    @property
    def timeout_ms(self) -> int:
        """Return how long a statement may take."""
        return STATEMENT_TIMEOUT_MS if self.own else FOREIGN_TIMEOUT_MS


async def open_shop(connection: Any, own: bool) -> Shop:
    """Learn what a database's catalogue and statistics say."""
    schema = await read_schema(connection)
    values = Values(connection, schema)
    await values.learn()
    return Shop(connection, schema, values, own)


async def review_statement(subject: Subject, large: Shop, small: Shop | None = None) -> Verdict:
    """Review one statement; without a small shop nothing is said of growth."""
    from pglast.parser import ParseError

    try:
        return await _reviewed(subject, large, small)
    except (Refused, ParseError) as fault:
        return Verdict(subject, (), (), (Failed("prepare", str(fault.args[0]).splitlines()[0]),), ())


async def _reviewed(subject: Subject, large: Shop, small: Shop | None) -> Verdict:
    reading = read_statement(subject.query.sql, large.schema)
    before, _ = await _runs(subject, reading, small) if small else ([], [])
    runs, refused = await _runs(subject, reading, large)
    breaches = judge(subject, before, runs)
    if any(each.level == Level.BREACH for each in breaches) and await _swept(large, reading.tables):
        runs, refused = await _runs(subject, reading, large)
        breaches = judge(subject, before, runs)
    findings = await explain(subject, large, runs, breaches)
    return Verdict(subject, tuple(before), tuple(runs), tuple(refused), tuple(breaches), tuple(findings))


async def _swept(shop: Shop, tables: Sequence[str]) -> bool:
    """Take away the dead rows that rolled-back writes left in tables of our own; say whether it could be done.

    Without it, a statement would be blamed for the rubbish of those that were reviewed before it.
    """
    if not shop.own or shop.connection.is_in_transaction():
        return False
    for table in set(tables) & shop.schema.tables.keys():
        await shop.connection.execute(f'VACUUM (ANALYZE) "{table}"')
    return True


async def _runs(subject: Subject, reading: Reading, shop: Shop) -> tuple[list[Run], list[Failed]]:
    """Run a statement for each case, planned for its values; then generically, where a generic plan could differ."""
    types = await prepare(shop.connection, subject.query.sql)
    cases = await shop.values.cases(subject, reading, types)
    if subject.query.cost.grows:
        cases = cases[:CASES_OF_LONG_ONES]
    runs: list[Run] = []
    refused: list[Failed] = []
    for place, case in enumerate(cases):
        tried = await run_case(
            shop.connection, case, warm=place == 0 and not subject.query.cost.grows, timeout_ms=shop.timeout_ms
        )
        (refused if isinstance(tried, Failed) else runs).append(tried)  # type: ignore[arg-type]
    if types and not subject.query.cost.grows:
        for case in cases[:2]:
            tried = await run_case(shop.connection, case, generic=True, timeout_ms=shop.timeout_ms)
            if isinstance(tried, Run):
                runs.append(tried)
    return runs, refused


async def explain(
    subject: Subject, shop: Shop, runs: Sequence[Run], breaches: Sequence[Breach], cases: Sequence[Case] = ()
) -> list[Finding]:
    """Explain each breach; one reason may explain several parts of the budget at once.

    Without `cases` the statement's own are asked for, so that an index can be tried with the values that hurt.
    """
    reading = read_statement(subject.query.sql, shop.schema)
    found: dict[str, Finding] = {}
    hard = [each for each in breaches if each.level == Level.BREACH]
    worst = max(hard, key=lambda each: each.run.buffers).run if hard else max(runs, key=_touched, default=None)
    generic = next((each for each in hard if each.part == "generic plan"), None)
    reasons = list(reasons_of(Look(reading, shop.schema, worst), () if hard else ALWAYS))
    if len(reasons) > 1:
        reasons = [each for each in reasons if each.rule != LAST_RESORT]
    proposal = (
        await _proposal(subject, reading, shop, worst, cases)
        if hard and worst and not generic and not subject.query.cost.grows
        else None
    )
    if generic:
        found["generic_plan"] = _finding(subject, "generic_plan", generic.words, GENERIC_REMEDY, generic)
    for reason in reasons:
        found[reason.rule] = _explained(subject, reason, hard)
    if proposal is not None:
        words = f"{hard[0].words}; with an index on {proposal.table} ({', '.join(proposal.columns)}) {proposal.words}"
        finding = _finding(subject, "missing_index", words, f"create {proposal.name}", hard[0])
        found["missing_index"] = replace(finding, sql=proposal.sql)
    elif hard and not found:
        found["over_budget"] = _finding(subject, "over_budget", hard[0].words, REMEDY, hard[0])
    for each in breaches:
        if each.level == Level.WARNING and "stale_statistics" not in found:
            found["estimate"] = _finding(subject, "estimate", each.words, ESTIMATE_REMEDY, each)
    return list(found.values())


LAST_RESORT = "all_at_once"
"""What is said only where nothing more telling is known."""
REMEDY = "read fewer rows, or raise the budget in the .sql file and say why"
GENERIC_REMEDY = "SET plan_cache_mode = force_custom_plan for this statement, or split it: one for the common value"
ESTIMATE_REMEDY = "CREATE STATISTICS on the columns that go together, or ANALYZE with a higher target"


async def _proposal(
    subject: Subject, reading: Reading, shop: Shop, worst: Run, cases: Sequence[Case]
) -> Proposal | None:
    types = await prepare(shop.connection, subject.query.sql)
    cases = cases or await shop.values.cases(subject, reading, types)
    case: Case | None = next((each for each in cases if each.name == worst.case), None)
    return await propose(shop.connection, reading, shop.schema, case, shop.own) if case else None


def _touched(run: Run) -> float:
    return run.buffers


def _explained(subject: Subject, reason: Reason, hard: Sequence[Breach]) -> Finding:
    level = Level.BREACH if hard or reason.rule in ALWAYS else Level.WARNING
    words = f"{reason.words}: {hard[0].words}" if hard else reason.words
    figures = hard[0].figures if hard else {}
    return Finding(
        reason.rule, level, subject.name, subject.query.source, subject.line, words, reason.remedy, "", figures
    )


def _finding(subject: Subject, rule: str, words: str, remedy: str, breach: Breach) -> Finding:
    return Finding(
        rule, breach.level, subject.name, subject.query.source, subject.line, words, remedy, "", breach.figures
    )


async def review_all(subjects: Sequence[Subject], large: Shop, small: Shop | None, say: Say) -> list[Verdict]:
    """Review statements one after the other, telling how far it is."""
    verdicts = []
    for number, subject in enumerate(subjects, start=1):
        say(f"{number} of {len(subjects)}: {subject.name}")
        if subject.planned:
            verdicts.append(await review_statement(subject, large, small))
    return verdicts
