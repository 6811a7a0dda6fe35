"""Stylesheets and scripts under the hash of their content: joined and compressed once at start, cached for ever.

Promises: an address `/assets/{hash}/{name}` never changes what it serves; no build step, no request to elsewhere.
Never: reads a file during a request.

A stylesheet is made of all files of `web/styles/common/` and of the folder of its own name, in the order of their
names; `@layer` in the first one settles who wins. A script is one file of a room's `scripts/` folder; its first
line may name another one to be put before it.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
STYLES = PACKAGE / "web" / "styles"
STYLESHEETS = ("shop", "room")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_WITH = re.compile(r"// with: ([a-z_]+\.js)\n")
_AROUND = re.compile(r" ?([{};,>]) ?")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out: plain and compressed."""

    name: str
    hash: str
    media_type: str
    body: bytes
    zipped: bytes

    @property
    def path(self) -> str:
        """Return the address that always serves exactly these bytes."""
        return f"/assets/{self.hash}/{self.name}"


class Assets:
    """Every stylesheet and script of the shop by name."""

    def __init__(self, assets: dict[str, Asset]) -> None:
        """Made by `load_assets()`."""
        self._assets = assets

    def path(self, name: str) -> str:
        """Return where a page finds the asset; KeyError when there is none of that name."""
        return self._assets[name].path

    def named(self, name: str, digest: str) -> Asset | None:
        """Return the asset, or None when there is none or its content has another hash."""
        asset = self._assets.get(name)
        return asset if asset is not None and asset.hash == digest else None

    def all(self) -> list[Asset]:
        """Return every asset."""
        return list(self._assets.values())


def load_assets() -> Assets:
    """Read, join and compress everything."""
    styles = [_asset(f"{name}.css", "text/css; charset=utf-8", _joined(name)) for name in STYLESHEETS]
    paths = {path.name: path for path in sorted(PACKAGE.glob("*/scripts/*.js"))}
    scripts = [_asset(name, "text/javascript; charset=utf-8", _script(name, paths)) for name in paths]
    return Assets({asset.name: asset for asset in [*styles, *scripts]})


def _script(name: str, paths: dict[str, Path]) -> str:
    """Return the script with the one it names by `// with: other.js` before it: a page asks for one file only."""
    text = paths[name].read_text(encoding="utf-8")
    needed = _WITH.match(text)
    return text if needed is None else _script(needed[1], paths) + text


def _joined(name: str) -> str:
    files = [
        *sorted((STYLES / "common").glob("*.css")),
        *sorted((STYLES / name).glob("*.css")),
    ]
    return _squeezed("\n".join(path.read_text(encoding="utf-8") for path in files))


def _squeezed(css: str) -> str:
    """Leave out comments and needless blanks; quoted text in our styles has no double blanks to lose."""
    return _AROUND.sub(r"\1", _BLANKS.sub(" ", _COMMENT.sub("", css))).strip() + "\n"


def _asset(name: str, media_type: str, text: str) -> Asset:
    body = text.encode()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(name, digest, media_type, body, gzip.compress(body, compresslevel=9, mtime=0))
