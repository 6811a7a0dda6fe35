"""Suspects outside the database: web workers, payments, the crowd itself, and resources that end.

Each suspect looks at the facts and returns a Suspicion, or None when it has nothing to say.
"""

from doorbuster.watch.diagnosis.causes import Suspicion
from doorbuster.watch.diagnosis.facts import Facts
from doorbuster.watch.diagnosis.signs import (
    BACKLOG_JOBS,
    BACKLOG_SECONDS,
    DISK_FREE_BYTES,
    DISK_FREE_SHARE,
    LIMITED_SHARE,
    MEMORY_SHARE,
    REPLICA_SECONDS,
)

CERTAIN = 1.0
FLOOD_SHARE = 0.25
BLOCKED_LAG_SECONDS = 1.0
BUSY_CPU_SHARE = 0.8
IDLE_CPU_SHARE = 0.5
HOST_BUSY_SHARE = 0.9
STARVED_SESSIONS, STARVED_SECONDS, STARVED_FACTOR = 0.75, 0.005, 5.0
WAITING_CPU_SHARE = 0.25
PAYMENT_FACTOR = 3.0
PAYMENT_SECONDS = 0.5
FAILED_SHARE = 0.2
MEMORY_GROWTH_BYTES = 512e6


def disk_full(facts: Facts) -> Suspicion | None:
    """Suspect the disk when hardly any of it is free."""
    share, free = facts.compared.last("disk.free_share"), facts.compared.last("disk.free_bytes")
    if (share is None or share >= DISK_FREE_SHARE) and (free is None or free >= DISK_FREE_BYTES):
        return None
    left = f"{(free or 0.0) / 1e6:,.0f} MB"
    return Suspicion("disk_full", CERTAIN, f"The disk is full: {left} are left", (), "", f"{left} are left")


def database_down(facts: Facts) -> Suspicion | None:
    """Suspect the server itself when it does not answer and is not merely full."""
    if facts.compared.last("db.up") != 0.0 or facts.compared.is_now("db.refused_connections") > 0:
        return None
    return Suspicion("database_down", CERTAIN, "The database does not answer", ())


def event_loop_block(facts: Facts) -> Suspicion | None:
    """Suspect a blocking call when a worker's event loop stands still, or a worker fell silent and lives."""
    compared, lag = facts.compared, facts.compared.peak("web.lag")
    if (silent := compared.last("web.silent") or 0.0) >= 1:
        said = f"{silent:.0f} of {compared.was('web.workers'):.0f} web workers do not report; none came in their place."
        return Suspicion("event_loop_block", 0.9, "A web worker stands still", (said,))
    if lag < BLOCKED_LAG_SECONDS:
        return None
    said = (
        f"An event loop was {lag:.1f} s late; the busiest worker uses {compared.is_now('web.cpu_share'):.0%} of a core."
    )
    share = max(facts.added.share(facts.added.web), 0.8 if compared.is_now("db.active") < 1 else 0.0)
    return Suspicion("event_loop_block", share, f"A web worker's event loop stood still for {lag:.1f} s", (said,))


def web_cpu(facts: Facts) -> Suspicion | None:
    """Suspect the workers' processor when they use all of it, or stand ready and do not get any."""
    compared = facts.compared
    own, host = compared.is_now("web.cpu_share"), compared.is_now("host.cpu_share")
    starved = _is_starved(facts)
    if own < BUSY_CPU_SHARE and not starved:
        return None
    share = facts.added.share(facts.added.web)
    said = [f"The busiest worker uses {own:.0%} of a core, the machine {host:.0%} of all."]
    if own < BUSY_CPU_SHARE:
        said.append("Something else on the machine takes the rest.")
    if "web.cpu_wait" in compared.names:
        said.append(f"A worker stands ready without a processor {compared.is_now('web.cpu_wait'):.0%} of the time.")
    return Suspicion("web_cpu", share, "The web workers get too little processor time", tuple(said))


def _is_starved(facts: Facts) -> bool:
    """Say whether workers wait for a processor; where the system does not tell, whether the whole machine is busy."""
    if "web.cpu_wait" in facts.compared.names:
        return facts.compared.is_now("web.cpu_wait") >= WAITING_CPU_SHARE
    return facts.compared.is_now("host.cpu_share") >= HOST_BUSY_SHARE


def slow_payments(facts: Facts) -> Suspicion | None:
    """Suspect the payment provider when its answers take long, or fail."""
    compared = facts.compared
    before, now = compared.per_call("downstream.seconds:payments", "downstream.calls:payments")
    failures, errors = compared.added("downstream.failures:payments"), compared.added("http.errors")
    failed = min(1.0, failures / errors) if errors > 0 else 0.0
    slow = now >= max(PAYMENT_SECONDS, PAYMENT_FACTOR * before) or compared.is_now("downstream.in_flight:payments") >= 2
    if not slow and failed < FAILED_SHARE and failures <= 0:
        return None
    share = max(facts.added.share(facts.added.payments), failed, 0.5 if failures > 0 and errors <= 0 else 0.0)
    was = f" ({_span(before)} before)" if before else ""
    said = [f"A call takes {_span(now)}{was}." if now else "Calls do not come back."]
    if failures > 0:
        said.append(f"{failures:.1f} calls a second fail.")
    return Suspicion("slow_payments", share, "The payment provider is slow or fails", tuple(said), "payments")


def crowd(facts: Facts) -> Suspicion | None:
    """Suspect the crowd when clearly more requests come, or most meet a limit, and calls cost what they always did."""
    compared, added = facts.compared, facts.added
    now = compared.is_now("http.requests")
    share = added.share(added.database_cpu + added.web + added.connections + added.io + added.lock)
    said = f"{now:,.0f} requests a second, {facts.traffic:.1f} times as many as before."
    busiest = compared.is_now("guard.busiest_client_share")
    limited = compared.is_now("guard.limited") / now if now else 0.0
    if limited >= LIMITED_SHARE or (facts.spike and busiest >= FLOOD_SHARE):
        more = f"The busiest client sends {busiest:.0%} of them; {limited:.0%} meet a rate limit."
        return Suspicion("bot_flood", max(share, 0.6), "A few clients send most of the requests", (said, more))
    if not facts.spike:
        return None
    shed = compared.is_now("guard.shed") / now if now else 0.0
    more = f"The guard turns {shed:.0%} of them away."
    return Suspicion("traffic_spike", max(share, 0.6 if shed > 0.05 else share), f"{said}", (said, more))


def database_cpu(facts: Facts) -> Suspicion | None:
    """Suspect the database's machine when its sessions compute, and neither a statement nor the crowd says why."""
    sessions = facts.compared.is_now("db.cpu")
    said = f"{sessions:.1f} sessions compute on {facts.database_cores} cores, every statement slower."
    if sessions < max(1.0, 0.7 * facts.database_cores):
        before, now = facts.compared.was("db.answer_seconds"), facts.compared.is_now("db.answer_seconds")
        if facts.added.database_cpu < STARVED_SESSIONS or now < max(STARVED_SECONDS, STARVED_FACTOR * before):
            return None
        said = (
            f"PostgreSQL needs {now * 1000:.0f} ms for a question that costs nothing ({before * 1000:.0f} ms before)."
        )
    return Suspicion(
        "database_cpu", facts.added.share(facts.added.database_cpu), "The database's processor is taken", (said,)
    )


def memory(facts: Facts) -> Suspicion | None:
    """Suspect memory when the machine has hardly any left, or a worker grew and died."""
    used, grown = facts.compared.last("host.memory_share") or 0.0, facts.compared.added("web.memory_bytes")
    died = facts.changed("worker_died")
    if used < MEMORY_SHARE and not (died and grown >= MEMORY_GROWTH_BYTES):
        return None
    said = f"{used:.0%} of the machine's memory is used; the largest worker grew by {grown / 1e6:,.0f} MB."
    return Suspicion("memory", 0.9, "Memory runs out", (said,), "", "the largest worker")


def replication_lag(facts: Facts) -> Suspicion | None:
    """Suspect a replica that lags behind."""
    lag = facts.compared.last("db.replication_lag_seconds") or 0.0
    if lag < REPLICA_SECONDS:
        return None
    return Suspicion("replication_lag", 0.6, f"A replica lags {lag:.0f} s behind", ())


def job_backlog(facts: Facts) -> Suspicion | None:
    """Suspect the job worker when it falls silent, or its oldest job is old and many wait."""
    if (facts.compared.last("jobs.silent") or 0.0) >= 1:
        left = facts.compared.last("jobs.workers") or 0.0
        said = (f"{left:.0f} job workers report.",)
        return Suspicion("job_backlog", 0.6, "A job worker does not report", said, "", "the job worker")
    oldest, waiting = facts.compared.last("jobs.oldest_seconds") or 0.0, facts.compared.last("jobs.waiting") or 0.0
    if oldest < BACKLOG_SECONDS or waiting < BACKLOG_JOBS:
        return None
    return Suspicion(
        "job_backlog", 0.6, f"{waiting:.0f} jobs wait, the oldest for {oldest:.0f} s", (), "", "the job worker"
    )


def _span(seconds: float) -> str:
    if seconds >= 1.0:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "less than 1 ms"
