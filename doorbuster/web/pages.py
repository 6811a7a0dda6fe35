"""From a template and facts to an answer: `show()` is how every handler ends.

Promises: what a template inserts is escaped; a fact it lacks is an error in the tests, not a blank on the page.
Never: compresses or caches an answer that was made for one person; only `public_seconds` allows either.

Templates live in `templates/` of the room that shows them and are called `room/name.html`.
"""

import gzip
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from doorbuster.clock import Clock
from doorbuster.database.pool import Database
from doorbuster.money import Money
from doorbuster.settings import Settings
from doorbuster.web.assets import PACKAGE, Assets, load_assets

ZIP_FROM_BYTES = 1_000


class RoomLoader(BaseLoader):
    """Finds `shop/product.html` in `doorbuster/shop/templates/product.html`."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        """Return the text, or raise TemplateNotFound."""
        room, _, name = template.partition("/")
        path: Path = PACKAGE / room / "templates" / name
        if ".." in template or not path.is_file():
            raise TemplateNotFound(template)
        return path.read_text(encoding="utf-8"), str(path), lambda: True


class Pages:
    """The templates of the house, ready to be filled."""

    def __init__(self, settings: Settings, frame: str = "web/layout.html") -> None:
        """Read the assets; templates are compiled when they are first shown. `frame` is what failures are shown in."""
        self.assets: Assets = load_assets()
        self._environment = Environment(
            loader=RoomLoader(),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(money=money, as_money=Money, when=when, iso=iso)
        self._environment.globals.update(
            asset=self.assets.path, shop_name=settings.shop_name, frame=frame, status_url=settings.shown_status_url
        )  # fmt: skip

    def render(self, template: str, **facts: Any) -> str:
        """Fill one template; raise UndefinedError when it lacks a fact."""
        return self._environment.get_template(template).render(**facts)


@dataclass(frozen=True, kw_only=True)
class House:
    """What a handler may reach. A room that needs more adds fields in a subclass that a composition root fills."""

    database: Database
    clock: Clock
    settings: Settings
    pages: Pages = field(repr=False)


def house_of(request: Request) -> House:
    """Return the house that this request came into."""
    return cast(House, request.state.house)


def show(
    request: Request,
    template: str,
    status: int = 200,
    public_seconds: int = 0,
    **facts: Any,
) -> Response:
    """Fill `room/template.html` and answer with it.

    `public_seconds` says that the page is the same for everybody and may be kept by anybody for so long; only then is
    it compressed as well, since a compressed page that mixes a secret with foreign text leaks the secret's length.
    """
    body = house_of(request).pages.render(template, **facts).encode()
    if not public_seconds:
        return HTMLResponse(body, status, {"cache-control": "no-store"})
    headers = {
        "cache-control": f"public, max-age={public_seconds}",
        "vary": "accept-encoding",
    }
    if len(body) >= ZIP_FROM_BYTES and accepts_gzip(request):
        headers["content-encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return HTMLResponse(body, status, headers)


async def asset_show(request: Request) -> Response:
    """Serve one stylesheet or script; its address carries its hash, so it may be kept for ever."""
    asset = house_of(request).pages.assets.named(request.path_params["name"], request.path_params["hash"])
    if asset is None:
        return Response("no such asset\n", 404, {"cache-control": "no-store"}, "text/plain")
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "vary": "accept-encoding",
    }
    if accepts_gzip(request):
        return Response(asset.zipped, 200, headers | {"content-encoding": "gzip"}, asset.media_type)
    return Response(asset.body, 200, headers, asset.media_type)


def accepts_gzip(request: Request) -> bool:
    """Say whether the client reads gzip; a refusal by `q=0` is honoured."""
    for part in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def money(amount: Money | int, currency: str = "") -> str:
    """Write an amount as a shopper reads it; a bare number of minor units needs its currency."""
    return str(amount if isinstance(amount, Money) else Money(amount, currency))


def iso(moment: datetime) -> str:
    """Write a moment in UTC as RFC 3339, with milliseconds where it has any: an opening is never told too early."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def when(moment: datetime) -> Markup:
    """Write a moment for people, inside the <time> element that machines read: 31 January 2026, 15:00 UTC."""
    utc = moment.astimezone(UTC)
    clock = f"{utc:%H:%M:%S}" if utc.second else f"{utc:%H:%M}"
    return Markup('<time datetime="{}">{} {:%B %Y}, {} UTC</time>').format(iso(moment), utc.day, utc, clock)


def moment_of(seconds: float) -> datetime:
    """Return an instant given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
