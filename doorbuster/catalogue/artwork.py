"""Artwork: every product gets a picture that we draw from its handle and category, the same for ever.

The address names the motif, so drawing needs no database; `DRAWING` counts the versions of the drawing itself, so that
pictures may be kept for ever by whoever fetched them.
"""

import hashlib
import re
from functools import lru_cache
from xml.sax.saxutils import escape

from doorbuster.catalogue.drawing.motifs import GROUNDLESS, MOTIFS, NATURAL_HUES, WORDS
from doorbuster.catalogue.drawing.palette import NAMED, palette_for
from doorbuster.catalogue.drawing.scene import backdrop, hung, shadow

WIDTH = 800
HEIGHT = 800
DRAWING = 1

_WORD = re.compile(r"[a-z]+")
_CODE = re.compile(r"-?[0-9a-f]*[0-9][0-9a-f]*$")


def artwork_url(handle: str, category: str) -> str:
    """Return the address of a product's artwork."""
    return f"/artwork/{handle}.svg?m={motif_of(handle, category)}&v={DRAWING}"


@lru_cache(maxsize=16_384)
def motif_of(handle: str, category: str) -> str:
    """Choose what to draw: the last telling word of the handle, else one of the category, else a parcel."""
    for word in [*reversed(_WORD.findall(handle)), *_WORD.findall(category.lower())]:
        motif = WORDS.get(word) or WORDS.get(word.removesuffix("s"))
        if motif:
            return motif
    return "parcel"


def artwork_svg(handle: str, motif: str) -> str:
    """Draw a product's picture as a whole SVG document; an unknown motif is drawn as the handle's own."""
    if motif not in MOTIFS:
        motif = motif_of(handle, "")
    digest = hashlib.blake2s(handle.encode(), digest_size=8).digest()
    hues = NATURAL_HUES.get(motif)
    hue = hues[digest[0] % len(hues)] if hues else digest[0] % 24 * 15
    colours = palette_for(next((word for word in _WORD.findall(handle) if word in NAMED), ""), hue, digest[1] % 24)
    thing = MOTIFS[motif](colours, digest[3])
    standing = motif not in GROUNDLESS
    stage = backdrop(colours, digest[2]) + shadow(colours, 440) if standing else hung(colours, digest[2])
    name = escape(_CODE.sub("", handle).replace("-", " ").capitalize())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img"><title>{name}</title>{stage}{thing}</svg>'
    )
