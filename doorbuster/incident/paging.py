"""Incidents and pages: each incident is one page, and what happens to one happens to the other.

Promises: who takes the page acknowledges the incident, and the other way round; the page of an incident that is over is
over; what was sent to whom, and what was not delivered, are lines of the timeline (by team, not by name).
"""

from doorbuster.incident import incident, timeline
from doorbuster.incident.incident import Incident
from doorbuster.incident.timeline import Told
from doorbuster.journal import Actor, EventLog
from doorbuster.on_call import pages
from doorbuster.on_call.pages import Page, Trouble

PREFIX = "incident/"
PAGER = Actor("on-call", "operator")


def trouble_of(it: Incident, control_url: str) -> Trouble:
    """Return what the on-call is told of an incident: the cause and what to do first."""
    text = " ".join(part for part in (it.said.remedy, *it.said.not_because) if part)
    return Trouble(
        key=f"{PREFIX}{it.id}",
        cause=it.cause,
        team=it.team,
        headline=it.said.headline if it.cause and it.said.headline else it.title,
        text=text or "The cause is not known yet.",
        url=f"{control_url}/incidents/{it.id}",
    )


def agree(log: EventLog, now: int) -> None:
    """Carry acknowledgements and ends from incidents to their pages and back, and tell the timeline what was sent."""
    for page in pages.newest(log):
        if not page.key.startswith(PREFIX) or page.closed_at is not None:
            continue
        it = incident.of(log, int(page.key.removeprefix(PREFIX)))
        if it is None:
            continue
        _tell(log, it, page)
        if not it.is_open or it.state == "mitigated":
            pages.close(log, page.key, now)
        elif page.state == "acknowledged" and it.state == "detected":
            incident.move(log, it.id, "acknowledged", PAGER, page.acknowledged_at or now)
        elif page.state == "open" and it.state == "acknowledged" and page.acknowledged_by is None:
            pages.acknowledge(log, page.id, "in the control room", now)


def _tell(log: EventLog, it: Incident, page: Page) -> None:
    for each in pages.deliveries(log, page.id):
        if each.state == "due":
            continue
        fate = "was sent" if each.state == "sent" else f"could not be delivered: {each.why}"
        text = f"A message to the {page.team} on-call {fate}."
        timeline.add(log, it.id, Told(each.decided_at, "page", text, "watch", f"delivery/{each.id}/{each.state}"))
