"""The decision among the suspects, and the alibis of those who are innocent; pure."""

from dataclasses import replace

from doorbuster.watch.diagnosis import at_the_database, elsewhere, statements
from doorbuster.watch.diagnosis.causes import CAUSES, CauseName, Diagnosis, Suspicion
from doorbuster.watch.diagnosis.facts import Facts
from doorbuster.watch.diagnosis.pain import Pain

SUSPECTS = (
    elsewhere.disk_full,
    elsewhere.database_down,
    at_the_database.connection_exhaustion,
    at_the_database.lock_contention,
    statements.missing_index_or_bad_query,
    at_the_database.io_saturation,
    elsewhere.slow_payments,
    elsewhere.event_loop_block,
    elsewhere.crowd,
    elsewhere.web_cpu,
    elsewhere.database_cpu,
    elsewhere.memory,
    elsewhere.replication_lag,
    elsewhere.job_backlog,
)
"""In order of precedence: of two that explain the same seconds, the earlier explains the later."""

SHARE_MIN = 0.5
LEAD_MIN = 0.15
EXPLAINS: dict[CauseName, frozenset[CauseName]] = {
    "disk_full": frozenset({"database_down", "io_saturation", "connection_exhaustion", "slow_payments"}),
    "database_down": frozenset({"connection_exhaustion", "slow_payments", "job_backlog", "replication_lag"}),
    "missing_index": frozenset(
        {"database_cpu", "io_saturation", "traffic_spike", "lock_contention", "web_cpu", "connection_exhaustion"}
    ),
    "bad_query": frozenset(
        {"database_cpu", "io_saturation", "traffic_spike", "lock_contention", "web_cpu", "connection_exhaustion"}
    ),
    "lock_contention": frozenset({"connection_exhaustion"}),
    "connection_exhaustion": frozenset({"slow_payments"}),
    "event_loop_block": frozenset({"web_cpu"}),
    "traffic_spike": frozenset({"web_cpu", "database_cpu", "job_backlog", "event_loop_block"}),
    "bot_flood": frozenset({"web_cpu", "database_cpu", "job_backlog", "event_loop_block"}),
    "memory": frozenset({"web_cpu", "event_loop_block"}),
}
"""What is a consequence of what: a cause is no rival of its own consequences."""


def diagnose(facts: Facts, pain: Pain, now: int) -> Diagnosis:
    """Return the cause that explains at least half of the added waiting, clearly more than any rival; or undecided."""
    suspected = [suspicion for suspect in SUSPECTS if (suspicion := suspect(facts)) is not None]
    if not pain.felt and (gone := statements.index_gone(facts)) is not None:
        # Who is hurt asks for what hurts; before that an index that has gone is certain. A statement that misses it
        # already tells more of it.
        missed = next((each for each in suspected if each.cause == "missing_index"), gone)
        suspected = [replace(missed, share=gone.share), *(each for each in suspected if each is not missed)]
    found = sorted(suspected, key=lambda each: -_weight(each, suspected))
    best = found[0] if found else None
    rival = next((each for each in found if best and each.cause != best.cause and not _explains(best, each)), None)
    if best is None or best.share < SHARE_MIN or (rival and best.share - rival.share < LEAD_MIN):
        return _undecided(facts, pain, now, best, rival)
    cause = CAUSES[best.cause]
    return Diagnosis(
        at=now,
        onset=pain.onset,
        cause=best.cause,
        subject=best.subject,
        trigger=trigger(facts, best.cause),
        share=round(best.share, 3),
        headline=best.headline,
        evidence=best.evidence,
        not_because=alibis(facts, best.cause),
        remedy=cause.remedy.format(subject=best.subject, detail=best.detail),
        lever=cause.lever,
        team=cause.team,
        runner_up=rival.cause if rival else None,
        pain=pain.sentence,
        waits=facts.added.places,
        steps=best.steps,
    )


def _weight(suspicion: Suspicion, among: list[Suspicion]) -> float:
    """Return a suspicion's share, a little more for each other one that it explains."""
    explained = sum(1 for each in among if _explains(suspicion, each) and suspicion.share >= SHARE_MIN)
    return suspicion.share + explained


def _explains(one: Suspicion, other: Suspicion) -> bool:
    return other.cause in EXPLAINS.get(one.cause, frozenset())


def _undecided(facts: Facts, pain: Pain, now: int, best: Suspicion | None, rival: Suspicion | None) -> Diagnosis:
    between = " or ".join(CAUSES[each.cause].title.lower() for each in (best, rival) if each is not None)
    headline = f"Undecided: {between}" if between else "Undecided: nothing that is measured explains it yet"
    return Diagnosis(
        at=now,
        onset=pain.onset,
        cause=None,
        subject="",
        trigger=trigger(facts, None),
        share=round(best.share, 3) if best else 0.0,
        headline=headline,
        evidence=tuple(line for each in (best, rival) if each for line in (each.headline, *each.evidence)),
        not_because=alibis(facts, None),
        remedy="Take load off first; then look at the pages of the database and of the guard.",
        lever="/guard/load",
        team="platform",
        runner_up=rival.cause if rival else None,
        pain=pain.sentence,
        waits=facts.added.places,
    )


def trigger(facts: Facts, cause: CauseName | None) -> str | None:
    """Return what set it off, if anything is known: a change of the last quarter of an hour, or a crowd."""
    found = (facts.changed(*kinds) for kinds in (*TRIGGERS.get(cause, ()), OF_ANY))
    change = next((each for each in found if each is not None), None)
    if change is not None:
        return f"{change.kind.replace('_', ' ')}: {change.what}"
    if facts.spike and cause not in ("traffic_spike", "bot_flood"):
        return f"{facts.traffic:.1f} times as many requests as before"
    return None


OF_ANY = ("release", "setting_changed", "lever")
OF_STATEMENTS = ("index_dropped", "function_changed", "table_changed")
TRIGGERS: dict[CauseName | None, tuple[tuple[str, ...], ...]] = {
    "missing_index": (("index_dropped",), OF_STATEMENTS), "bad_query": (OF_STATEMENTS,),
    "lock_contention": (("table_changed",),), "database_down": (("database_restarted",),),
    "memory": (("worker_died",),),
}  # fmt: skip
"""Which changes set off what, the likeliest kinds first; after them come those that may set off anything."""


def alibis(facts: Facts, cause: CauseName | None) -> tuple[str, ...]:
    """Return why the popular suspects are not the cause, each with its number."""
    compared = facts.compared
    cpu, lag = compared.is_now("web.cpu_share"), compared.peak("web.lag")
    payments = compared.per_call("downstream.seconds:payments", "downstream.calls:payments")[1]
    active = compared.is_now("db.active")
    said = []
    if cause not in ("web_cpu", "event_loop_block", "memory") and cpu < 0.8 and lag < 0.5:
        said.append(f"Not the web servers: the busiest uses {cpu:.0%} of a core, {lag * 1000:.0f} ms late at most. "
                    "Restarting them will not help.")  # fmt: skip
    if active < 1 and compared.last("db.up") != 0.0 and CAUSES_AT_DATABASE.isdisjoint({cause}):
        said.append(f"Not the database: {active:.1f} sessions work on {facts.database_cores} cores.")
    if compared.has_past and not facts.spike:
        now, before = compared.is_now("http.requests"), compared.was("http.requests")
        said.append(f"Not the crowd: {now:.0f} requests a second, {before:.0f} before.")
    if cause != "slow_payments" and 0 < payments < elsewhere.PAYMENT_SECONDS:
        said.append(f"Not the payments: a call takes {payments * 1000:,.0f} ms.")
    return tuple(said)


CAUSES_AT_DATABASE = frozenset(
    {"missing_index", "bad_query", "lock_contention", "connection_exhaustion", "io_saturation", "database_cpu",
     "database_down", "replication_lag", "disk_full"}
)  # fmt: skip
