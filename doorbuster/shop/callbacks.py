"""The payment provider's callbacks: believed only when signed, confirmed only when committed."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.errors import DatabaseFault, Overloaded
from doorbuster.shop.house import checkout_house_of
from doorbuster.shop.payments import Ignored, News, Refused
from doorbuster.shop.provider_news import keep_news

BODY_BYTES_MAX = 256 * 1024


async def callback_receive(request: Request) -> Response:
    """Take one callback; anything but 2xx makes the provider deliver it again."""
    house = checkout_house_of(request)
    if request.path_params["gateway"] != house.gateway.name:
        raise HTTPException(404)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return PlainTextResponse("too large\n", 413)
    match house.gateway.verify_callback(request.headers, body, house.clock.now()):
        case Refused(why):
            return PlainTextResponse(f"refused: {why}\n", 400)
        case Ignored(kind):
            return PlainTextResponse(f"ignored: {kind}\n")
        case told:
            try:
                if isinstance(told, News):
                    await keep_news(house.database, told)
                    return PlainTextResponse("kept\n")
                return PlainTextResponse(f"{(await house.settling.settle(told)).answer}\n")
            except (DatabaseFault, Overloaded):
                return PlainTextResponse("try again\n", 503, {"retry-after": "1"})
