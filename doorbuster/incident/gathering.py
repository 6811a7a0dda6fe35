"""Gathers the timeline: what the journal, the watch, the alerts and the diagnosis know of the time of an incident.

Promises: gathering again adds only what is new; what happened in the quarter of an hour before is told too, since
causes come before pains; a line gets a role, and names stay in the journal.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.incident.incident import Firing, Incident
from doorbuster.incident.timeline import Evidence, Told
from doorbuster.journal import EventLog
from doorbuster.journal.lines import line_of
from doorbuster.watch.changes import Change
from doorbuster.watch.diagnosis import records
from doorbuster.watch.diagnosis.examination import Examination
from doorbuster.watch.diagnosis.records import Listed
from doorbuster.web.pages import moment_of

SQL = QueryFile("doorbuster.incident", "gathering.sqlite.sql")

LEAD_SECONDS = 900
LINES_MAX = 300
CHANGES = {
    "index_dropped": ("schema", "Index {} is gone."),
    "index_created": ("schema", "Index {} is there."),
    "table_changed": ("schema", "Table {} is changed."),
    "function_changed": ("schema", "Function {} is changed."),
    "setting_changed": ("schema", "PostgreSQL's setting: {}."),
    "release": ("release", "Release {} runs."),
    "worker_started": ("scaling", "Process {} has started."),
    "worker_died": ("restart", "Process {} is gone; another one has taken its place."),
    "worker_left": ("restart", "Process {} has ended, as it was told to."),
    "worker_silent": ("restart", "Process {} does not report any more."),
    "worker_back": ("restart", "Process {} reports again."),
    "database_restarted": ("restart", "{} was started anew."),
    "lever": ("lever", "Lever: {}."),
}
"""Kind of a change -> the source it has in the timeline, and its words."""
# An incident's own verbs tell their lines themselves; who may log in, and who did, tells nothing of a trouble.
QUIET_VERBS = ("incident.", "operator.", "session.", "on_call.", "audit.")


def from_journal(log: EventLog, it: Incident, now: int) -> list[Told]:
    """Return what operators and commands did from a quarter of an hour before it began until now."""
    since, until = moment_of(it.began_at - LEAD_SECONDS), moment_of(ends_at(it, now))
    rows = log.fetch(SQL.journal_between, since=since.isoformat(), until=until.isoformat(), most=LINES_MAX)
    lines = [line_of(row) for row in rows]
    return [
        Told(
            _seconds(line.at), _source(line.verb), _words(line.verb, line.subject, line.detail.get("reason")),
            line.role, f"journal/{line.id}", Evidence(link=f"/journal?subject={line.subject}"),
        )
        for line in lines
        if not line.verb.startswith(QUIET_VERBS) and line.detail.get("reason") != runbook_reason(it.id)
    ]  # fmt: skip


def runbook_reason(incident_id: int) -> str:
    """Return the reason that the journal has for a step of an incident's runbook; the step is a line of its own."""
    return f"runbook of incident {incident_id}"


def from_changes(changes: Iterable[Change], it: Incident, now: int) -> list[Told]:
    """Return what the watch saw becoming different; levers are the journal's to tell."""
    return [
        Told(each.at, source, words.format(each.what), "watch", f"change/{each.at}/{each.kind}/{each.what}")
        for each in changes
        if it.began_at - LEAD_SECONDS <= each.at <= ends_at(it, now) and each.kind != "lever"
        for source, words in (CHANGES[each.kind],)
    ]


def from_alerts(firing: Sequence[Firing], it: Incident, now: int) -> list[Told]:
    """Return the alerts that fire while it lasts."""
    return [
        Told(
            max(each.since, it.began_at - LEAD_SECONDS), "alert",
            f"{each.rule}{f' ({each.subject})' if each.subject else ''}: {each.summary}", "watch",
            f"alert/{each.rule}/{each.subject}/{each.since}",
        )
        for each in firing
        if each.since <= ends_at(it, now)
    ]  # fmt: skip


def from_diagnoses(said: Sequence[Listed]) -> list[Told]:
    """Return what the diagnosis said, each saying once, with a link to its frozen evidence."""
    told: dict[str, Told] = {}
    for each in said:
        told.setdefault(each.headline, Told(
            each.at, "diagnosis", each.headline, "watch", f"diagnosis/{each.onset}/{each.headline}",
            Evidence(link=f"/diagnosis/{each.id}"),
        ))  # fmt: skip
    return list(told.values())


def with_plan(log: EventLog, evidence: Evidence) -> Evidence:
    """Return the evidence with the plans that the diagnosis froze, where its record has some."""
    number = evidence.link.removeprefix("/diagnosis/")
    record = records.read(log, int(number)) if number.isdigit() and not evidence.trees else None
    if record is None:
        return evidence
    # The others were planned because they were busy, and read no more than they should.
    blamed = {query: tree for query, tree in record.examined.plans.items() if record.examined.scans.get(query)}
    return msgspec.structs.replace(evidence, plan=plan_of(record.examined), trees=blamed)


def plan_of(examined: Examination) -> str:
    """Return what the database would do, a sentence a line."""
    reads = [
        f"{query} reads {scan.table} from end to end, {scan.rows:,.0f} rows, for {scan.filter or 'no condition'}."
        for query, scans in examined.scans.items()
        for scan in scans
    ]
    return "\n".join([*reads, *(f"Missing: {index.definition}." for index in examined.lacking)])


def ends_at(it: Incident, now: int) -> int:
    """Return the last second that belongs to the story."""
    return it.resolved_at if it.resolved_at is not None else now


def _source(verb: str) -> str:
    noun = verb.partition(".")[0]
    return "lever" if noun in ("limit", "lane", "gate", "brownout", "lever") or verb.startswith("sale.") else "journal"


def _words(verb: str, subject: str, reason: object) -> str:
    noun, _, done = verb.replace("_", " ").partition(".")
    what = subject.partition(":")[2] or subject
    # "limit browse: set (no limit)"; what there is one of has no name of its own.
    return f"{noun if what == noun else f'{noun} {what}'}: {done}" + (f" ({reason})" if reason else "")


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
