"""What is the matter: the diagnosis of now, live, and the frozen evidence of what was."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.accounts.tokens import metrics_token
from doorbuster.control.access import operator_of
from doorbuster.control.charts import sparkline
from doorbuster.control.health import may_scrape
from doorbuster.control.house import house_of
from doorbuster.control.words import span
from doorbuster.watch.diagnosis import CAUSES, records
from doorbuster.watch.diagnosis.causes import Diagnosis
from doorbuster.watch.diagnosis.doctor import Episode
from doorbuster.web.pages import show

SIGNALS_SHOWN = 16
PAST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Curve:
    """One signal as a picture: its name, the path of its line, what it was and what it is."""

    name: str
    path: str
    before: float
    now: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An episode as programs read it; times in seconds since 1970, `named_at` when a cause was first named."""

    at: int
    onset: int
    named_at: int | None
    ended_at: int | None
    cause: str | None
    subject: str
    trigger: str | None
    share: float
    headline: str
    evidence: tuple[str, ...]
    not_because: tuple[str, ...]
    remedy: str
    lever: str
    team: str
    runner_up: str | None
    pain: str


async def diagnosis_show(request: Request) -> Response:
    """Show what is the matter now, or that nothing is, and what was lately."""
    house = house_of(request)
    episode = house.doctor.episode
    past = await asyncio.to_thread(records.newest, house.event_log)
    return show(
        request,
        "control/diagnosis.html",
        operator=operator_of(request),
        episode=episode,
        said=episode.diagnosis if episode else None,
        cause=cause_of(episode.diagnosis if episode else None),
        waits=widths(episode.diagnosis) if episode else (),
        lasts=span(house.clock.now().timestamp() - episode.pain.onset) if episode else "",
        past=past,
        causes=CAUSES,
        moment=moment,
        now=house.clock.now(),
    )


async def record_show(request: Request) -> Response:
    """Show one frozen instant."""
    house = house_of(request)
    record = await asyncio.to_thread(records.read, house.event_log, request.path_params["id"])
    if record is None:
        raise HTTPException(404)
    return show(
        request,
        "control/diagnosis_record.html",
        operator=operator_of(request),
        record=record,
        said=record.diagnosis,
        cause=cause_of(record.diagnosis),
        waits=widths(record.diagnosis),
        curves=curves(record),
        moment=moment,
    )


async def diagnosis_told(request: Request) -> Response:
    """Tell programs the diagnosis of now (null while nothing hurts) and the last episodes."""
    house = house_of(request)
    if not may_scrape(request, metrics_token(house.settings.secret)):
        return PlainTextResponse("the diagnosis is for this machine or with the token\n", 403)
    doctor = house.doctor
    past = [told(episode) for episode in list(doctor.past)[-PAST_TOLD:]]
    body = {"now": told(doctor.episode) if doctor.episode else None, "past": past}
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})


def told(episode: Episode) -> Told:
    """Return an episode as programs read it."""
    said = episode.diagnosis
    times = ("named_at", "ended_at")
    known = {name: getattr(said, name) for name in Told.__struct_fields__ if name not in times}
    return Told(**known, named_at=episode.named_at, ended_at=episode.ended_at)


def cause_of(said: Diagnosis | None) -> str:
    """Return the cause in words."""
    return CAUSES[said.cause].title if said and said.cause else "Undecided"


def widths(said: Diagnosis) -> tuple[tuple[str, float, float, float], ...]:
    """Return each place where added seconds are spent with its concurrency and where it lies on a bar of 1000."""
    total = sum(part for _, part in said.waits) or 1.0
    found, at = [], 0.0
    for place, part in said.waits:
        found.append((place, part, at, part / total * 1000))
        at += part / total * 1000
    return tuple(found)


def curves(record: records.Record) -> list[Curve]:
    """Return the most surprising signals as lines."""
    onset_at = record.diagnosis.onset - record.begins
    return [_curve(name, values, onset_at) for name, values in list(record.signals.items())[:SIGNALS_SHOWN]]


def moment(seconds: int) -> datetime:
    """Return an instant given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _curve(name: str, values: Sequence[float | None], onset_at: int) -> Curve:
    line = [value or 0.0 for value in values]
    before = [value for value in values[:onset_at] if value is not None]
    since = [value for value in values[onset_at:] if value is not None]
    return Curve(name, sparkline(line, 240, 40), _middle(before), _middle(since))


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
