"""Suspects at the database that are no statement: locks, connections, the disk.

Each suspect looks at the facts and returns a Suspicion, or None when it has nothing to say.
"""

from collections.abc import Iterator
from shlex import quote

from doorbuster.watch.database_health import UNKNOWN, UNNAMED, Holder, Session, end_session, is_ours
from doorbuster.watch.diagnosis.causes import Suspicion
from doorbuster.watch.diagnosis.facts import Facts
from doorbuster.watch.diagnosis.statements import ending, scans_much, strangers

MAIN_SHARE = 0.35
LOCK_SESSIONS = 0.75
IO_SESSIONS = 0.75
IO_HOST_SHARE = 0.15
WAL_MEGABYTES = 50.0
"""A second; hundreds of sales at once write a tenth of it."""
TAKEN_SHARE = 0.9


def lock_contention(facts: Facts) -> Suspicion | None:
    """Suspect a lock when sessions wait for one."""
    if facts.compared.is_now("db.lock") < LOCK_SESSIONS:
        return None
    waiting = facts.compared.grown("db.lock")
    query = waiting[0][0] if waiting else ""
    holder = head_of_chain(facts.sessions)
    evidence = [
        f"{facts.compared.is_now('db.lock'):.1f} sessions wait for locks ({facts.compared.was('db.lock'):.1f})."
    ]
    detail = "see the chain on the database page"
    if holder is not None:
        what = holder.query_name or holder.text[:80] or "a statement that is none of the shop's"
        detail = f"process {holder.pid} ({holder.application or 'unnamed'}, {holder.state})"
        evidence.append(
            f"Process {holder.pid} of {holder.application or 'nobody known'} holds it, {holder.state} for "
            f"{holder.seconds:.0f} s, transaction open for {holder.transaction_seconds:.0f} s: {what}."
        )
    behind = f" behind process {holder.pid}" if holder else ""
    headline = f"Query {query or UNKNOWN} waits for a lock{behind}"
    share, steps = facts.added.share(facts.added.lock), (end_session(holder),) if holder else ()
    return Suspicion("lock_contention", share, headline, tuple(evidence), query, detail, steps)


def connection_exhaustion(facts: Facts) -> Suspicion | None:
    """Suspect the connections when the server has none left, or the pool none while the database does little."""
    compared, most = facts.compared, facts.compared.is_now("db.connections_max")
    taken = compared.is_now("db.connections")
    full = most > 0 and taken >= TAKEN_SHARE * most
    refused = compared.is_now("db.refused_connections") > 0
    share = facts.added.share(facts.added.connections)
    if not (full or refused or share >= MAIN_SHARE):
        return None
    idle = next(_idle_holders(facts), None)
    evidence = [f"{taken:.0f} of {most:.0f} connections are taken; {compared.is_now('db.active'):.1f} work."]
    if compared.is_now("db.idle_in_transaction") >= 1:
        evidence.append(f"{compared.is_now('db.idle_in_transaction'):.0f} are idle in a transaction.")
    if idle:
        evidence.append(f"{idle.connections} belong to {idle.application} and are {idle.state}.")
    detail = f"{idle.connections} of {idle.application}" if idle else "see the sessions on the database page"
    headline = "No database connection is free" + (f": {idle.application} holds {idle.connections}" if idle else "")
    strength, subject = 0.95 if full or refused else share, idle.application if idle else ""
    stranger = next((each for each in _idle_holders(facts) if not is_ours(each.application)), None)
    steps = (f"end sessions {quote(stranger.application)}",) if stranger else ()
    return Suspicion("connection_exhaustion", strength, headline, tuple(evidence), subject, detail, steps)


def io_saturation(facts: Facts) -> Suspicion | None:
    """Suspect the disk when sessions wait for it and no scan explains why."""
    compared = facts.compared
    waiting, wal = compared.is_now("db.io") + compared.is_now("db.lwlock"), compared.is_now("db.wal_bytes") / 1e6
    # Where the system tells how long anybody waited for a disk, sessions alone prove nothing; a flood of log does.
    idle = "host.io_share" in compared.names and compared.is_now("host.io_share") < IO_HOST_SHARE
    if waiting < IO_SESSIONS or scans_much(facts) or (idle and wal < WAL_MEGABYTES):
        return None
    checkpoints = compared.is_now("db.checkpoints_requested")
    evidence = [f"{waiting:.1f} sessions wait for reads, writes or the log.", f"The log grows by {wal:.1f} MB/s."]
    if checkpoints > 0:
        evidence.append("Checkpoints are forced by the amount of log.")
    writers = compared.grown("db.active")
    subject = writers[0][0] if writers else ""
    found = strangers(facts) if subject == UNKNOWN else []
    by = f"{len(found)} sessions of {found[0].application or UNNAMED}" if found else subject
    headline = f"The database waits for its disk; {wal:.0f} MB/s of log" + (f", most at {by}" if by else "")
    detail, share = by or "see the sessions on the database page", facts.added.share(facts.added.io)
    return Suspicion("io_saturation", share, headline, tuple(evidence), subject, detail, ending(found))


def head_of_chain(sessions: tuple[Session, ...]) -> Session | None:
    """Return the session that blocks others and is blocked by none; of several, the one with most behind it."""
    by_pid = {session.pid: session for session in sessions}
    behind: dict[int, int] = {}
    for session in sessions:
        for blocker in session.blocked_by:
            behind[blocker] = behind.get(blocker, 0) + 1
    heads = [by_pid[pid] for pid in behind if pid in by_pid and not by_pid[pid].blocked_by]
    return max(heads, key=lambda session: behind[session.pid], default=None)


def _idle_holders(facts: Facts) -> Iterator[Holder]:
    """Yield who has most of the connections without working, the most first."""
    return (holder for holder in facts.examined.holders if holder.state != "active")
