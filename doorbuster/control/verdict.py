"""Are customers all right? One sentence out of the facts, worst first; pure.

Promises: what hurts customers comes before what may hurt them soon; each sentence says what is so, not what to feel.
"""

from dataclasses import dataclass
from typing import Literal

from doorbuster.watch.visitors import NOBODY, Visitors

Level = Literal["good", "warn", "bad"]

BROKEN_SHARE = 0.01
SLOW_SECONDS = 1.0
LAG_SECONDS = 0.25
REQUESTS_MIN = 20
PEOPLE_MIN = 2
AWAY = "told to come back, because more come than the database can serve. Restarting workers will not help; see Guard."


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the last minute; a rate is per second, None is what there is nothing to know of."""

    database_up: bool | None
    shop_workers: int
    requests: float
    broken: float
    p95_seconds: float | None
    longest_lag_seconds: float
    payments_waiting: int = 0
    jobs_parked: int = 0
    limits_shared: bool | None = None
    turned_away: float = 0.0
    brownout_step: int = 0
    visitors: Visitors = NOBODY


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst of what is so, and what else is."""

    level: Level
    headline: str
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Verdict:
    """Return the verdict over the facts."""
    bad = _hurting(facts)
    warn = _worrying(facts)
    if bad:
        return Verdict("bad", "Customers are being hurt", (*bad, *warn))
    if warn:
        return Verdict("warn", "Customers are all right, but look here", warn)
    return Verdict("good", "Customers are all right", ())


def _hurting(facts: Facts) -> tuple[str, ...]:
    enough = facts.requests >= REQUESTS_MIN
    share = facts.broken / facts.requests if enough else 0.0
    people = facts.visitors
    away = facts.turned_away / facts.requests if enough else 0.0
    found = [
        (facts.database_up is False, "The database does not answer: nobody can buy or browse what is not cached."),
        (facts.shop_workers == 0, "No shop worker has reported for five seconds: the shop may be closed."),
        (share >= BROKEN_SHARE, f"{share:.1%} of the last minute's requests broke ({facts.broken:.0f} answers 5xx)."),
        (
            people.hurt >= PEOPLE_MIN and people.share >= BROKEN_SHARE,
            f"{people.hurt:,} of {people.seen:,} people met an error or waited over three seconds, this last minute.",
        ),
        (away >= BROKEN_SHARE, f"{away:.0%} of the last minute's requests were {AWAY}"),
    ]
    return tuple(sentence for is_so, sentence in found if is_so)


def _worrying(facts: Facts) -> tuple[str, ...]:
    slow, lag, waiting = facts.p95_seconds or 0.0, facts.longest_lag_seconds, facts.payments_waiting
    found = [
        (facts.database_up is None, "The database has not been asked yet."),
        (slow >= SLOW_SECONDS, f"One request in twenty takes longer than {slow:.1f} s."),
        (lag >= LAG_SECONDS, f"An event loop runs {lag * 1000:.0f} ms late: a worker has more than it can do."),
        (facts.brownout_step > 0, f"Brown-out step {facts.brownout_step}: the shop leaves something out; see Guard."),
        (waiting == 1, "Under Payments, money waits for a person: one disagreement or refused refund."),
        (waiting > 1, f"Under Payments, money waits for a person: {waiting} disagreements or refused refunds."),
        (facts.limits_shared is False, "The store for shared rate limits is away: each worker counts for itself."),
        (facts.jobs_parked > 0, f"Under Outbox, {facts.jobs_parked} parked: background work that failed too often."),
    ]
    return tuple(sentence for is_so, sentence in found if is_so)
