"""The catalogue's own page: the artwork of a product, drawn from its address alone and kept for ever."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.catalogue.artwork import artwork_svg

FOR_EVER = "public, max-age=31536000, immutable"

_HANDLE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


async def artwork_show(request: Request) -> Response:
    """Draw the picture of a handle; `m` names the motif, and an unknown one is answered with the handle's own."""
    handle = request.path_params["handle"]
    if len(handle) > 120 or not _HANDLE.fullmatch(handle):
        raise HTTPException(404, "There is no picture of that name.")
    svg = artwork_svg(handle, request.query_params.get("m", ""))
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": FOR_EVER})
