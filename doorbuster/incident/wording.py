"""Words for people who were not there: what a cause means, what shoppers felt, how long it took, how many it was.

Promises: pure; a sentence that a manager can read aloud; what is not known is called so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.incident.incident import Incident
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.watch.visitors import VISITORS_MAX
from doorbuster.web.pages import moment_of


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cause means in plain words, what shoppers felt of it, and what is worth thinking about afterwards."""

    plain: str
    felt: str
    think_of: str


SLOW = "Pages were slow or failed, and some purchases could not be finished."
MEANINGS: dict[str, Meaning] = {
    "missing_index": Meaning(
        "The database lacked an index, the register by which it finds rows, so it read a whole table for each request "
        "of one kind and had no time left for the others", SLOW,
        "Find out why the index was not there, and let an alert or a review say so before customers do.",
    ),
    "bad_query": Meaning(
        "One question to the database cost far more than it used to, and the others had to wait for it", SLOW,
        "Give the statement a budget that a review holds before the next release.",
    ),
    "lock_contention": Meaning(
        "One piece of work kept a row or a table locked, and everybody else's work waited behind it", SLOW,
        "Find out who held the lock and why for so long; no lock should be held while somebody else is waited for.",
    ),
    "connection_exhaustion": Meaning(
        "All connections to the database were taken, so that the shop could not ask it anything", SLOW,
        "Give whoever held the connections a smaller share, and an end to how long one may stay idle.",
    ),
    "io_saturation": Meaning(
        "The database waited for its disk, which had more to read or write than it can", SLOW,
        "Move what writes so much to a quiet hour, or to another disk.",
    ),
    "database_cpu": Meaning(
        "The machine of the database was busy with something else, so that every question took longer", SLOW,
        "Keep other work off the database's machine, or give the database more of it.",
    ),
    "web_cpu": Meaning(
        "The shop's own processes had no processor left to answer with", SLOW,
        "Measure how many requests a core carries, and plan the next sale by it.",
    ),
    "event_loop_block": Meaning(
        "A process of the shop stood still for a while, and everybody whose request it had waited with it", SLOW,
        "Find the call that made the process wait, and let a test say when it does so again.",
    ),
    "slow_payments": Meaning(
        "The payment provider answered late or not at all",
        "Whoever wanted to pay waited or was sent away; whoever only looked was served.",
        "Agree with the provider on what both do the next time, and whom to ring.",
    ),
    "traffic_spike": Meaning(
        "More people came at once than the shop can serve",
        "Pages were slow; whoever was turned away was told so.",
        "Open a waiting room for sales of this size, or add capacity before the next one.",
    ),
    "bot_flood": Meaning(
        "A few programs sent most of the requests and took the place of people", SLOW,
        "Set the limit for one client below what those programs sent.",
    ),
    "disk_full": Meaning(
        "The disk was full, and nothing new could be written down",
        "Nobody could buy: an order that cannot be kept is not taken.",
        "Let an alert say days before when a disk will be full.",
    ),
    "database_down": Meaning(
        "The database was gone for a while, and without it the shop can sell nothing",
        "Pages that need the database failed, and nobody could buy until it was back.",
        "Find out from the database's log why it stopped; a standby would have taken over.",
    ),
    "replication_lag": Meaning(
        "A copy of the database was behind, so that some people saw what was no longer so", SLOW,
        "Watch how far the copy is behind, and leave it out when it is too far.",
    ),
    "job_backlog": Meaning(
        "Work that is done in the background, such as mails, refunds and the turns of a waiting room, was not done: "
        "the process that does it stood still, or could not keep up",
        "Mails and refunds came late, and a waiting room let nobody in; who was inside could buy.",
        "Find out why the process stood still, or whether one is enough for what there is to do.",
    ),
    "memory": Meaning(
        "A process used up the machine's memory", SLOW,
        "Find what the process kept, and give it a limit.",
    ),
}  # fmt: skip
"""One row a cause; what the operators read of it stands in `CAUSES`."""

TRIGGERS = {
    "index dropped": "the index {} was dropped",
    "table changed": "the table {} was changed",
    "function changed": "the function {} was changed",
    "setting changed": "a setting of PostgreSQL was changed ({})",
    "database restarted": "{} was started anew",
    "worker died": "the process {} ended",
    "release": "release {} began to run",
    "lever": "a lever was pulled ({})",
}
"""What the diagnosis calls a change that set something off, and how a sentence says it."""


def lasted(seconds: float) -> str:
    """Write a duration exactly: "64 s" is "1 min 4 s", "3725 s" is "1 h 2 min"."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3_600} h" + (f" {whole % 3_600 // 60} min" if whole % 3_600 // 60 else "")


def stretch(since: int, until: int) -> str:
    """Write from when to when, in UTC; the day is said once where it is the same."""
    began, ended = moment_of(since), moment_of(until)
    day = "" if began.date() == ended.date() else f"{ended.day} {ended:%B %Y}, "
    return f"{began.day} {began:%B %Y} from {began:%H:%M:%S} to {day}{ended:%H:%M:%S} UTC"


def at(seconds: int) -> str:
    """Write a moment, with its day."""
    moment = moment_of(seconds)
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M:%S} UTC"


def clock(seconds: int) -> str:
    """Write a moment without its day."""
    return f"{moment_of(seconds):%H:%M:%S} UTC"


def title(it: Incident) -> str:
    """Return what the incident is called by those who were not there: its cause, or what was said of it."""
    return title_of(it.cause) if it.title == it.said.headline and title_of(it.cause) else it.title


def title_of(cause: str) -> str:
    """Return what a cause is called, or nothing for one that is not known here."""
    return next((each.title for name, each in CAUSES.items() if name == cause), "")


def cause_of(it: Incident) -> str:
    """Return the cause as a plain sentence without its full stop."""
    known = MEANINGS.get(it.cause)
    return known.plain if known else (it.said.headline or it.cause or "it is not known").rstrip(".")


def felt(it: Incident) -> str:
    """Return what shoppers felt."""
    if not it.hurt_share:
        return "No answer that failed or was slow was measured."
    known = MEANINGS.get(it.cause)
    return known.felt if known else SLOW


def trigger_of(it: Incident) -> str:
    """Return what happened just before, as a clause; nothing when nothing is known."""
    kind, _, what = it.said.trigger.partition(": ")
    if what and kind in TRIGGERS:
        return TRIGGERS[kind].format(what)
    crowd = it.said.trigger.endswith("as many requests as before")
    return f"there were {it.said.trigger}" if crowd else it.said.trigger


def severity_of(it: Incident) -> str:
    """Return how bad it was, in the words that fit this incident."""
    hurt = it.hurt_share or 0.0
    if hurt <= 0.01:
        return f"severity {it.severity}"
    many = "most" if hurt >= 0.5 else "many" if hurt >= 0.2 else "some"
    selling = " while a sale was running" if it.sale_running else ""
    return f"severity {it.severity}: {many} customers were hurt{selling}"


def share_of(it: Incident) -> str:
    """Return how many people were hurt, as a clause."""
    if it.visitors_seen and it.visitors_hurt is not None:
        about = "about " if it.visitors_seen >= VISITORS_MAX else ""
        share = it.visitors_hurt / it.visitors_seen
        return f"{share * 100:.0f} % of visitors were hurt ({about}{it.visitors_hurt:,} of {it.visitors_seen:,})"
    if it.hurt_peak is None:
        return "how many users were hurt was not measured"
    if it.hurt_peak < 0.005:
        return "nobody was measured to be hurt"
    return f"up to {it.hurt_peak * 100:.0f} % of users were hurt"


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)
