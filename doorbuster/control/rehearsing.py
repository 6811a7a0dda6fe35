"""What would this have refused? Asked by a button beside each change of the guard, and by `--dry-run` of the commands.

The command line has no session; it shows the token of this installation, as workers do.
"""

import hmac
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.accounts.tokens import TOKEN_HEADER, internal_token
from doorbuster.control.house import house_of
from doorbuster.guard.levers import kind_of
from doorbuster.guard.policy import LaneSetting, Limit, Setting
from doorbuster.guard.trying import Wish
from doorbuster.web.forms import Form, check, read_form

T = TypeVar("T")
NO_REASON = "none is needed to try it"
BUSY = "Several operators are asking just now. Ask again in a moment."
UNKNOWABLE = (
    "That cannot be said beforehand: a step of the ladder refuses nobody, it leaves out; its words say what.",
)


async def read_wish(request: Request, kind: type[T]) -> tuple[Form[T], bool]:
    """Read a change and whether it is only to be tried; then it needs no reason."""
    form = await read_form(request, kind)
    tried = bool(form.typed.get("try"))
    if tried and not form.typed.get("reason", "").strip():
        checked = check({**form.typed, "reason": NO_REASON}, kind)
        form = Form(form.typed, checked.mistakes, checked.value)
    return form, tried


async def rehearsed(request: Request, name: str, setting: Setting) -> tuple[str, ...]:
    """Return in sentences what a change would have refused in the last five minutes."""
    if not isinstance(setting, Limit | LaneSetting):
        return UNKNOWABLE
    house = house_of(request)
    limit = setting if isinstance(setting, Limit) else None
    found = await house.keeper.rehearse(house.collector, house.clock, name, limit)
    return (BUSY,) if found is None else tuple(found.words())


async def rehearsal_create(request: Request) -> Response:
    """Try a change for the command line: 401 without the token, 400 for no change, 429 when too many ask."""
    house = house_of(request)
    shown = request.headers.get(TOKEN_HEADER, "").encode()
    if not hmac.compare_digest(shown, internal_token(house.settings.secret).encode()):
        return PlainTextResponse("this is for the command line of this installation\n", 401)
    try:
        wish = msgspec.json.decode(await request.body(), type=Wish)
        if kind_of(wish.name) is not (LaneSetting if wish.limit is None else Limit):
            raise KeyError(wish.name)
    except (msgspec.DecodeError, KeyError):
        return PlainTextResponse("this is no change of the guard\n", 400)
    found = await house.keeper.rehearse(house.collector, house.clock, wish.name, wish.limit)
    if found is None:
        return PlainTextResponse(BUSY + "\n", 429)
    return Response(msgspec.json.encode(found), media_type="application/json", headers={"cache-control": "no-store"})
