"""A runbook opened from an incident: this hour's numbers in it, and its steps with a button and a confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.database.indexes import defined_indexes
from doorbuster.incident import actions, runbook
from doorbuster.incident.actions import Hands, NotDone
from doorbuster.incident.evidence import number
from doorbuster.incident.pages import the
from doorbuster.incident.remedies import remedies
from doorbuster.incident.runbook import Action, NotUnderstood
from doorbuster.watch.database_health import end_session
from doorbuster.web.forms import read_form, text
from doorbuster.web.pages import show

NUMBERS = (
    ("hurt.share", "share of answers that hurt"), ("http.requests", "requests a second"),
    ("http.errors", "errors a second"), ("http.p95", "p95, seconds"), ("db.active", "sessions at work"),
    ("db.lock", "of them waiting for locks"), ("db.seq_rows", "rows read end to end, a second"),
    ("pool.wait_seconds", "waiting for a connection"), ("web.cpu_share", "busiest worker"),
    ("guard.shed", "shed a second"),
)  # fmt: skip
ALWAYS = ("renew workers", "restart database")


@dataclass(frozen=True)
class StepForm:
    """A step, and the word that confirms it."""

    action: str = text("The step", most=300)
    confirmed: str = text("The confirmation", most=3, required=False)


async def runbook_show(request: Request) -> Response:
    """Show a runbook as it fits the incident."""
    it, rule = await the(request), request.path_params["rule"]
    written = runbook.text_of(rule)
    if written is None:
        raise HTTPException(404, "There is no such runbook.")
    house = house_of(request)
    values = house.senses.tick.values if house.senses.tick else {}
    steps, _ = runbook.actions_in(written)
    return show(
        request, "incident/runbook.html", operator=operator_of(request), it=it, rule=rule,
        steps=_with_cause(remedies(it.said), steps),
        text=_rendered(runbook.filled(written, values)), may_operate=may(request, "operate"),
        numbers=[(words, number(values[name])) for name, words in NUMBERS if name in values],
    )  # fmt: skip


async def action_do(request: Request) -> Response:
    """Ask for the confirmation first; then do the step and lead back to the timeline, which tells of it."""
    it, form = await the(request), await read_form(request, StepForm)
    try:
        action = runbook.parse(form.value.action if form.value else "")
    except NotUnderstood as mistake:
        raise HTTPException(422, str(mistake)) from mistake
    house, actor, failed = house_of(request), actor_of(request), ""
    if form.value and form.value.confirmed == "yes":
        try:
            await actions.do(hands_of(house), it.id, action, actor, house.clock.now())
            return RedirectResponse(f"/incidents/{it.id}{'#builds' if action.kind == 'index' else ''}", 303)
        except NotDone as fault:
            failed = str(fault)
    index = defined_indexes().get(action.what) if action.kind == "index" else None
    seen = house.senses.sample.sessions if house.senses.sample else ()
    sessions = [each for each in seen if action.kind == "cancel" and each.query_name == action.what]
    ended = actions.session_of(action, seen) if action.kind == "end" else None
    line = end_session(ended) if ended else action.line
    return show(
        request, "incident/action.html", 409 if failed else 200, operator=operator_of(request), it=it, action=action,
        failed=failed, definition=index.concurrently if index else None, sessions=sessions, ended=ended,
        line=line,
    )  # fmt: skip


async def action_undo(request: Request) -> Response:
    """Take back what a line says was done; asked twice it is taken back once."""
    it, house = await the(request), house_of(request)
    await actions.undo(hands_of(house), it.id, request.path_params["line"], actor_of(request), house.clock.now())
    return RedirectResponse(f"/incidents/{it.id}", 303)


def hands_of(house: ControlHouse) -> Hands:
    """Return what actions reach."""
    settings = house.settings
    url = settings.database_url or ""
    return Hands(
        house.event_log,
        house.database,
        url,
        settings.watch_database_url or url,
        settings.home,
        lambda: actions.sessions_of(house.senses.sample),
    )


def _with_cause(mending: Sequence[Action], steps: Sequence[Action]) -> list[Action]:
    """Put what the named cause asks for before the runbook's own steps, and what is always possible after them."""
    lines = (*mending, *steps, *map(runbook.parse, ALWAYS))
    return [action for place, action in enumerate(lines) if action not in lines[:place]]


def _rendered(written: str) -> Markup:
    body = written.partition("\n")[2]
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    return Markup(html)  # noqa: S704 - HTML inside the text is shown, not obeyed
