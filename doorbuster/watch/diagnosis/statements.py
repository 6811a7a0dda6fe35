"""Suspects among the statements: one that reads whole tables for want of an index, or costs more than it did.

Each suspect looks at the facts and returns a Suspicion, or None when it has nothing to say.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from doorbuster.database.indexes import Index
from doorbuster.watch.database_health import UNKNOWN, UNNAMED, Session, end_session, is_ours
from doorbuster.watch.diagnosis.causes import Suspicion
from doorbuster.watch.diagnosis.examination import Scan
from doorbuster.watch.diagnosis.facts import Facts

SCANNED_ROWS = 50_000.0
"""Rows a second read by sequential scans of large tables that are worth a word."""
SCANNED_FACTOR = 5.0
SCANNED_ROWS_PER_CORE = 300_000.0
"""A core that does nothing else scans millions of rows a second; with this many, scans are what it does."""
DEAR_FACTOR = 3.0
DEAR_SECONDS = 0.02
BUSY_SESSIONS = 0.75
STRANGERS_MAX = 3
CERTAIN = 1.0
OWN_FILES = "BufFile"
"""How the wait events of temporary files begin."""


def missing_index_or_bad_query(facts: Facts) -> Suspicion | None:
    """Suspect the statement that keeps the database busy: it reads a whole table, or costs more than it did."""
    reads_or_spills = scans_much(facts) or _spills(facts)
    share = facts.added.share(facts.added.database_cpu + (facts.added.io if reads_or_spills else 0.0))
    query = busiest_query(facts)
    scan, index, factor = scanned(facts, query), facts.examined.missed_by(query), _dearer(facts, query)
    if scan is not None or (index is not None and factor):
        return _reading_all(facts, share, query, scan)
    return _dear(facts, share, query, factor) if factor else None


def index_gone(facts: Facts) -> Suspicion | None:
    """Suspect an index that has just gone, before a statement has missed it; one that has long been missing is none."""
    compared, lacking, dropped = facts.compared, "db.indexes_lacking", facts.changed("index_dropped")
    gone = sorted(facts.examined.lacking, key=lambda index: dropped is None or index.name != dropped.what)
    more = compared.knew(lacking) and (compared.last(lacking) or 0.0) > compared.was(lacking)
    if not gone or not (more or (dropped and gone[0].name == dropped.what)):
        return None
    first, others = gone[0], " and ".join(index.name for index in gone[1:])
    headline = f"Index {first.name} on {first.table} is gone" + (f"; missing as well: {others}" if others else "")
    evidence, detail = tuple(_missing(facts)), _to_be_added(gone)
    return Suspicion("missing_index", CERTAIN, headline, evidence, first.table, detail, _building(gone))


def _reading_all(facts: Facts, share: float, query: str, scan: Scan | None) -> Suspicion:
    missed = _missed(facts, query, scan)
    release = facts.changed("release", "function_changed")
    table = scan.table if scan else missed[0].table if missed else ""
    evidence = tuple(_evidence(facts, query, scan))
    if not missed and facts.changed("index_dropped") is None and release is not None:
        headline = f"Sequential scans on {table} by query {query}, since {release.what}"
        return Suspicion("bad_query", share, headline, evidence, query, steps=_cancelling(query))
    lacking = [index for index in missed if index in facts.examined.lacking]
    detail = _to_be_added(lacking) if lacking else f"Add an index to {table} for {query}"
    if missed and not lacking:
        detail = "The index is there again; what is slow yet began without it"
    headline = f"Sequential scans on {table} by query {query or UNKNOWN}; {_to_add(missed)}"
    return Suspicion("missing_index", share, headline, evidence, query or table, detail, _building(lacking))


def _missed(facts: Facts, query: str, scan: Scan | None) -> list[Index]:
    """Return what a table lacks of its indexes; the one that the statement asks for most comes first."""
    most = facts.examined.missed_by(query)
    table = most.table if most else scan.table if scan else ""
    return sorted((index for index in facts.examined.missed if index.table == table), key=lambda index: index != most)


def _to_add(missed: Sequence[Index]) -> str:
    if not missed:
        return "add an index for its condition"
    others = " and ".join(index.name for index in missed[1:])
    return f"add index {missed[0].name}" + (f"; missing as well: {others}" if others else "")


def _to_be_added(lacking: Sequence[Index]) -> str:
    """Return what to do about missing indexes, as statements that a person may run."""
    statements = "; ".join(index.concurrently for index in lacking)
    return f"Add the {'index' if len(lacking) == 1 else 'indexes'}: {statements}"


def _building(lacking: Sequence[Index]) -> tuple[str, ...]:
    return tuple(f"create index {index.name}" for index in lacking)


def _cancelling(query: str) -> tuple[str, ...]:
    return (f"cancel query {query}",) if query else ()


def _evidence(facts: Facts, query: str, scan: Scan | None) -> Iterator[str]:
    yield from _cost_of(facts, query)
    if scans_much(facts):
        rows, before = facts.compared.is_now("db.seq_rows"), facts.compared.was("db.seq_rows")
        yield f"Sequential scans read {rows:,.0f} rows a second ({before:,.0f} before)."
    if scan is not None and scan.filter:
        yield f"The plan of {query} reads {scan.table} from end to end, {scan.rows:,.0f} rows, for {scan.filter}."
    yield from _missing(facts)


def _missing(facts: Facts) -> Iterator[str]:
    for index in facts.examined.lacking:
        yield f"The index {index.name} on {index.table} is missing."


def _dear(facts: Facts, share: float, query: str, factor: float) -> Suspicion:
    release = facts.changed("release", "function_changed", "setting_changed")
    since = f", since {release.what}" if release else ""
    if query == UNKNOWN:
        return _strange(facts, share)
    headline = f"Query {query} costs {factor:.0f} times what it did{since}"
    return Suspicion("bad_query", share, headline, tuple(_cost_of(facts, query)), query, steps=_cancelling(query))


def _strange(facts: Facts, share: float) -> Suspicion:
    found = strangers(facts)
    whose = found[0].application or UNNAMED if found else ""
    said = tuple(
        f"Process {each.pid} of {each.application or UNNAMED} has run for {each.seconds:.0f} s."
        for each in found[:STRANGERS_MAX]
    )
    headline = f"A statement that is none of the shop's keeps the database busy{f', of {whose}' if whose else ''}"
    return Suspicion("bad_query", share, headline, said, UNKNOWN, steps=ending(found))


def strangers(facts: Facts) -> list[Session]:
    """Return the sessions at work that are none of the shop's, those of the program with most of them first."""
    found = [
        each for each in facts.sessions if each.is_active and not each.query_name and not is_ours(each.application)
    ]
    counted = Counter(each.application for each in found)
    return sorted(found, key=lambda each: (-counted[each.application], each.application))


def ending(sessions: Sequence[Session]) -> tuple[str, ...]:
    """Return the steps that end the first few of these sessions."""
    return tuple(map(end_session, sessions[:STRANGERS_MAX]))


def busiest_query(facts: Facts) -> str:
    """Return the statement to which most running sessions were added, by sample or by measure; "" for none."""
    grown = facts.compared.grown("db.active") or facts.compared.grown("query.seconds")
    return grown[0][0] if grown and grown[0][1] >= 0.1 else ""


def scanned(facts: Facts, query: str) -> Scan | None:
    """Return what is scanned sequentially so much that it explains the database's work, or None."""
    planned = facts.scans_of(query)
    if not scans_much(facts):
        return max(planned, key=lambda scan: scan.rows) if planned and _suddenly(facts) else None
    if planned:
        return max(planned, key=lambda scan: scan.rows)
    tables = facts.compared.grown("db.seq_rows")
    return Scan(tables[0][0], tables[0][1]) if tables else None


def scans_much(facts: Facts) -> bool:
    """Say whether large tables are read from end to end so much that it is what the database does."""
    rows, busy = facts.compared.is_now("db.seq_rows"), max(facts.compared.is_now("db.cpu"), 0.3)
    grown = not facts.compared.has_past or facts.compared.ratio("db.seq_rows", SCANNED_ROWS / 10) >= SCANNED_FACTOR
    return rows >= max(SCANNED_ROWS, SCANNED_ROWS_PER_CORE * min(busy, facts.database_cores)) and grown


def _spills(facts: Facts) -> bool:
    """Say whether most who wait for the disk wait for files of their own: what does not fit into their memory."""
    waits = [session.wait_event for session in facts.sessions if session.wait_class == "io"]
    return bool(waits) and 2 * sum(event.startswith(OWN_FILES) for event in waits) >= len(waits)


def _computes(facts: Facts) -> bool:
    """Say whether the sessions at work compute, most of them, and do not wait for the disk or the log."""
    return facts.compared.is_now("db.cpu") >= facts.compared.is_now("db.io") + facts.compared.is_now("db.lwlock")


def _suddenly(facts: Facts) -> bool:
    """Say whether a scan in the plan is new: counters of a running scan come only when it ends."""
    return facts.changed("index_dropped") is not None or bool(facts.examined.lacking)


def _dearer(facts: Facts, query: str) -> float:
    """Return by how much a call of the query grew beyond what calls of the others grew; 0 when it is not remarkable."""
    if query == UNKNOWN:
        busy = facts.compared.is_now(f"db.active:{UNKNOWN}") >= BUSY_SESSIONS and (_computes(facts) or _spills(facts))
        return DEAR_FACTOR if busy else 0.0
    waited = facts.compared.peak(f"db.lock:{query}") >= 1
    lately = facts.compared.per_call_lately(f"query.seconds:{query}", f"query.calls:{query}")
    if waited or 0 < lately < DEAR_SECONDS:
        # Who waited for somebody's lock is not dear, nor is what is quick again and was slow a moment ago.
        return 0.0
    mine, seconds = _growth(facts, query), facts.compared.per_call(f"query.seconds:{query}", f"query.calls:{query}")[1]
    usual = max(1.0, _growth_of_others(facts, query), _crowding(facts) if facts.spike else 1.0)
    return mine / usual if seconds >= DEAR_SECONDS and mine / usual >= DEAR_FACTOR else 0.0


def _growth_of_others(facts: Facts, query: str) -> float:
    """Return by how much a call of the other statements became dearer, in the median."""
    names = (name.partition(":")[2] for name in facts.compared.names if name.startswith("query.calls:"))
    growths = [_growth(facts, name) for name in names if name != query and facts.compared.is_now(f"query.calls:{name}")]
    return median(growths) if growths else 1.0


def _crowding(facts: Facts) -> float:
    """Return how many times as long a statement takes because others compute beside it on the same cores."""
    cores = float(facts.database_cores)
    return max(1.0, facts.compared.is_now("db.cpu") / cores) / max(1.0, facts.compared.was("db.cpu") / cores)


def _growth(facts: Facts, query: str) -> float:
    before, now = facts.compared.per_call(f"query.seconds:{query}", f"query.calls:{query}")
    return now / before if before > 0 else (DEAR_FACTOR if now >= DEAR_SECONDS * 5 else 0.0)


def _cost_of(facts: Facts, query: str) -> list[str]:
    before, now = facts.compared.per_call(f"query.seconds:{query}", f"query.calls:{query}")
    said = []
    if now > 0:
        was = f"{before * 1000:,.1f} ms before" if before else "nobody called it before"
        said.append(f"A call of {query} takes {now * 1000:,.0f} ms ({was}).")
    sessions = facts.compared.is_now(f"db.active:{query}")
    if sessions >= 0.1:
        said.append(f"{sessions:.1f} of {facts.compared.is_now('db.active'):.1f} working sessions run it.")
    return said
