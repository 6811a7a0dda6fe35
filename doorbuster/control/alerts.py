"""The page of alerts: what fires and what to do about it, what is silent, and what fired before."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from doorbuster.accounts.tokens import metrics_token
from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.charts import sparkline
from doorbuster.control.health import may_scrape
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.control.words import span
from doorbuster.watch import alert as life
from doorbuster.watch import silences
from doorbuster.watch.alert import Alert
from doorbuster.watch.prometheus import TEAMS
from doorbuster.watch.rules import BY_NAME
from doorbuster.web.forms import Form, choice, read_form, text
from doorbuster.web.pages import show

DAY_SECONDS, MONTH_DAYS = 86_400, 31
LASTING = {"30": "30 minutes", "120": "two hours", "480": "8 hours", "1440": "a day", "10080": "a week"}
ABOUT = ("", *BY_NAME)


@dataclass(frozen=True)
class SilenceForm:
    """What to be silent about, for how long, and why."""

    rule: str = choice("Alert", ABOUT)
    team: str = choice("Team", ("", *TEAMS))
    subject: str = text("Subject", most=200, required=False)
    minutes: str = choice("For how long", tuple(LASTING))
    reason: str = text("A reason", most=500)


@dataclass(frozen=True)
class Why:
    """Why a silence ends before its time."""

    reason: str = text("A reason", most=500, required=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as the page shows it: since when, for how long, its curve, what to do first, and its runbook."""

    alert: Alert
    since: datetime
    lasts: str
    curve: str
    lever: tuple[str, str]
    runbook: str


def shown(house: ControlHouse, alerts: list[Alert]) -> list[Shown]:
    """Return alerts that fire as pages show them."""
    now = int(house.clock.now().timestamp())
    found = []
    for alert in alerts:
        rule = house.alerts.rules[alert.rule]
        since = datetime.fromtimestamp(alert.since, UTC)
        curve = sparkline(house.alerts.curve(alert))
        found.append(Shown(alert, since, span(now - alert.since), curve, rule.lever, rule.runbook))
    return found


async def alerts_index(request: Request) -> Response:
    """Show what fires first, then silences, then the history; it needs no PostgreSQL."""
    house, now = house_of(request), house_of(request).clock.now()
    days = MONTH_DAYS if request.query_params.get("days") == str(MONTH_DAYS) else 1
    since = int(now.timestamp()) - days * DAY_SECONDS
    firing = house.alerts.firing()
    past = await asyncio.to_thread(life.history, house.event_log, since)
    return show(
        request,
        "control/alerts.html",
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        said=house.doctor.diagnosis,
        loud=shown(house, [each for each in firing if not each.muted]),
        muted=shown(house, [each for each in firing if each.muted]),
        pending=house.alerts.pending(),
        silences=await asyncio.to_thread(silences.in_force, house.event_log, now),
        history=[(each, datetime.fromtimestamp(each.since, UTC), _lasted(each)) for each in past if each.resolved_at],
        days=days,
        rules=len(house.alerts.rules),
        heard=house.alerts.past.silent_seconds(),
    )


async def silence_show(request: Request) -> Response:
    """Show the form, filled in for the alert that was followed here."""
    asked = request.query_params
    typed = {"rule": asked.get("rule", ""), "subject": asked.get("subject", "")[:200], "minutes": "120"}
    return _form(request, Form(typed), 200)


async def silence_create(request: Request) -> Response:
    """Be silent: in the journal first, in force about two seconds later."""
    house, form = house_of(request), await read_form(request, SilenceForm)
    wish = form.value
    if wish is None:
        return _form(request, form, 422)
    if not wish.rule and not wish.team:
        return _form(request, form.with_mistake("rule", "Choose an alert or a team; never everything."), 422)

    def pull() -> int:
        return silences.silence(
            house.event_log, actor_of(request), rule=wish.rule, subject=wish.subject, team=wish.team,
            reason=wish.reason, now=house.clock.now(), lasts=timedelta(minutes=int(wish.minutes)),
        )  # fmt: skip

    await asyncio.to_thread(pull)
    return RedirectResponse("/alerts", 303)


async def silence_end(request: Request) -> Response:
    """End a silence; pressed twice it is ended once."""
    house, form = house_of(request), await read_form(request, Why)
    reason = form.value.reason if form.value else ""

    def end() -> bool:
        now, number = house.clock.now(), request.path_params["id"]
        return silences.end(house.event_log, actor_of(request), number, reason=reason, now=now)

    await asyncio.to_thread(end)
    return RedirectResponse("/alerts", 303)


def _form(request: Request, form: Form[SilenceForm] | Form[object], status: int) -> Response:
    return show(
        request, "control/silence.html", status, operator=operator_of(request), form=form, lasting=LASTING,
        names=[("", "—"), *((name, name) for name in BY_NAME)], teams=[("", "—"), *((team, team) for team in TEAMS)],
    )  # fmt: skip


def _lasted(alert: Alert) -> str:
    return span((alert.resolved_at or alert.since) - alert.since)


async def alerts_told(request: Request) -> Response:
    """Tell programs what fires, the muted marked as such."""
    house = house_of(request)
    if not may_scrape(request, metrics_token(house.settings.secret)):
        return PlainTextResponse("alerts are for this machine or with the token\n", 403)
    body = {"alerts": [{**msgspec.to_builtins(each), "muted": each.muted} for each in house.alerts.firing()]}
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})
