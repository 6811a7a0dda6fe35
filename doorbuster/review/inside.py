"""Reviews the statements inside the house's functions, as the statements that call them lead there.

Promises: a statement inside is judged like any other, by its own cost line where it has one; what no case has reached
is told by name.
Never: judges a statement by a run that PostgreSQL refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.review.budget import Verdict, judge
from doorbuster.review.catalogue import Subject, function_texts
from doorbuster.review.plans import Run, prepare
from doorbuster.review.probes import Look, open_probes
from doorbuster.review.reading import read_statement
from doorbuster.review.reviewer import Say, Shop, explain

Seen = dict[str, list[Look]]


@dataclass(frozen=True, slots=True)
class Inside:
    """The verdicts on statements inside functions, and the names of those that were not reached."""

    verdicts: list[Verdict]
    unseen: list[str]


async def review_inside(subjects: Sequence[Subject], large: Shop, small: Shop | None, say: Say) -> Inside:
    """Review what the functions do that these statements call; both shops must be the review's own."""
    before, _ = await _seen(subjects, small, say) if small else ({}, set())
    after, names = await _seen(subjects, large, say)
    verdicts = [await _verdict(before.get(name, []), looks, large) for name, looks in after.items()]
    return Inside(verdicts, sorted(names - set(after)))


async def _seen(subjects: Sequence[Subject], shop: Shop, say: Say) -> tuple[Seen, set[str]]:
    """Look inside the functions in one shop; return what was seen by name, and the names of all there is."""
    probes = await open_probes(shop.connection, function_texts())
    seen: Seen = {}
    for subject in subjects:
        if not subject.planned or not probes.concern(subject):
            continue
        say(f"inside what {subject.name} calls")
        types = await prepare(shop.connection, subject.query.sql)
        cases = await shop.values.cases(subject, read_statement(subject.query.sql, shop.schema), types)
        for case in cases:
            for look in await probes.look(subject, case, shop.timeout_ms):
                if look.run is not None:
                    seen.setdefault(look.subject.name, []).append(look)
    return seen, probes.names


async def _verdict(before: Sequence[Look], looks: Sequence[Look], shop: Shop) -> Verdict:
    runs, earlier = _worst_of_each_case(looks), _worst_of_each_case(before)
    worst = max(runs, key=lambda run: run.buffers)
    shown = next(look for look in looks if look.run is worst)
    breaches = judge(shown.subject, earlier, runs)
    findings = await explain(shown.subject, shop, runs, breaches, [look.case for look in looks])
    return Verdict(shown.subject, tuple(earlier), tuple(runs), (), tuple(breaches), tuple(findings))


def _worst_of_each_case(looks: Sequence[Look]) -> list[Run]:
    """Return one run for each case: a loop comes by more than once."""
    found: dict[str, Run] = {}
    for look in looks:
        if look.run and (look.case.name not in found or look.run.buffers > found[look.case.name].buffers):
            found[look.case.name] = look.run
    return list(found.values())
