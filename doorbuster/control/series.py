"""The series behind the pictures, for programs: names, and values by the second or the minute.

Promises: reads only, from the watch's own file, so that it answers while PostgreSQL does not; every answer is bounded.
"""

import asyncio
import math
from difflib import get_close_matches
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.accounts.tokens import metrics_token
from doorbuster.control.health import may_scrape
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.web import problems
from doorbuster.web.inputs import Query, read_query
from doorbuster.web.problems import Refused, problem_of_fault

NAMES_MAX = 10
NEAR_MAX = 3
NAME_LENGTH_SHOWN = 100
SPAN_SECONDS_MAX = 3 * 86_400
USUAL_SECONDS = 900


class SeriesQuery(Query, frozen=True):
    """Which names, with commas between them, and from when to when, in seconds since 1970."""

    names: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    since: Annotated[int, msgspec.Meta(ge=0, le=2**40)] | None = None
    until: Annotated[int, msgspec.Meta(ge=0, le=2**40)] | None = None


class Curve(msgspec.Struct, frozen=True):
    """One name's values as pairs of a second since 1970 and what was measured; unknown seconds are left out."""

    name: str
    points: list[tuple[int, float]]


async def series_told(request: Request) -> Response:
    """Tell the names there are; or, of the names asked for, seconds of the last hour and minutes before it."""
    house = house_of(request)
    if not may_scrape(request, metrics_token(house.settings.secret)):
        return PlainTextResponse("the series are for this machine or with the token\n", 403)
    try:
        body = await _body(house, read_query(request, SeriesQuery))
    except Refused as fault:
        return problem_of_fault(fault)
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})


async def _body(house: ControlHouse, query: SeriesQuery) -> dict[str, object]:
    known = await asyncio.to_thread(house.series.names)
    names = [name.strip() for name in query.names.split(",") if name.strip()]
    if not names:
        return {"names": known}
    if len(names) > NAMES_MAX:
        raise Refused(problems.INVALID_PARAMETER, f"Ask for {NAMES_MAX} names at a time at the most.", at="$.names")
    until = int(house.clock.now().timestamp()) if query.until is None else query.until
    since = until - USUAL_SECONDS if query.since is None else query.since
    if not 0 <= until - since <= SPAN_SECONDS_MAX:
        words = f"From `since` to `until` it may be {SPAN_SECONDS_MAX // 3_600} hours at the most, and not backwards."
        raise Refused(problems.INVALID_PARAMETER, words, at="$.since")
    curves = await asyncio.to_thread(_curves, house, names, since, until)
    # A name that is no longer measured may still have been, in the time that is asked for.
    unknown = [curve.name for curve in curves if not curve.points and curve.name not in known]
    if unknown:
        raise _unknown(unknown[0], known)
    return {"since": since, "until": until, "series": curves}


def _unknown(name: str, known: list[str]) -> Refused:
    """Return the refusal of a name that nothing is measured under, with those that it may have been meant for."""
    near = get_close_matches(name, known, n=NEAR_MAX)
    hint = f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else "Ask without `names` for all."
    words = f"Nothing is measured under the name `{name[:NAME_LENGTH_SHOWN]}`. {hint}"
    return Refused(problems.INVALID_PARAMETER, words, at="$.names", near=near)


def _curves(house: ControlHouse, names: list[str], since: int, until: int) -> list[Curve]:
    return [
        Curve(name, [(at, value) for at, value in house.series.read(name, since, until) if math.isfinite(value)])
        for name in dict.fromkeys(names)
    ]
