"""Harmonious colours: hues a fixed way apart in OKLCH, where equal steps look equal (Björn Ottosson, 2020)."""

import math
from dataclasses import dataclass
from functools import lru_cache

_Colour = tuple[float, float, float]

NAMED: dict[str, _Colour] = {
    "black": (0.36, 0.015, 270), "noir": (0.36, 0.015, 270), "ebony": (0.36, 0.02, 60), "midnight": (0.38, 0.07, 275),
    "charcoal": (0.42, 0.01, 260), "onyx": (0.36, 0.01, 270), "monochrome": (0.5, 0.01, 260),
    "silver": (0.72, 0.015, 250), "steel": (0.66, 0.025, 245), "white": (0.9, 0.015, 80), "ivory": (0.9, 0.035, 90),
    "frost": (0.82, 0.04, 230), "arctic": (0.78, 0.06, 225), "cream": (0.9, 0.045, 90), "beige": (0.82, 0.05, 80),
    "red": (0.57, 0.19, 27), "crimson": (0.5, 0.18, 22), "scarlet": (0.58, 0.2, 30), "cherry": (0.53, 0.19, 18),
    "burgundy": (0.42, 0.12, 15), "ruby": (0.5, 0.19, 15), "coral": (0.7, 0.15, 32), "rouge": (0.55, 0.18, 22),
    "rose": (0.72, 0.1, 12), "blush": (0.78, 0.075, 20), "pink": (0.74, 0.12, 355), "peach": (0.8, 0.1, 55),
    "orange": (0.7, 0.16, 55), "amber": (0.75, 0.14, 72), "copper": (0.62, 0.11, 48), "caramel": (0.64, 0.1, 62),
    "cognac": (0.55, 0.11, 52), "tan": (0.7, 0.07, 70), "brown": (0.47, 0.07, 55), "chocolate": (0.42, 0.06, 50),
    "mocha": (0.5, 0.06, 55), "wooden": (0.6, 0.09, 65), "wood": (0.6, 0.09, 65), "bamboo": (0.76, 0.09, 95),
    "rattan": (0.72, 0.09, 80), "leather": (0.56, 0.1, 58), "gold": (0.78, 0.13, 88), "golden": (0.78, 0.13, 88),
    "brass": (0.73, 0.11, 88), "mustard": (0.75, 0.14, 90), "yellow": (0.85, 0.15, 95), "sunshine": (0.84, 0.15, 92),
    "sunburst": (0.82, 0.15, 85), "citrus": (0.8, 0.15, 80), "lemon": (0.87, 0.15, 102), "lime": (0.8, 0.16, 125),
    "green": (0.6, 0.13, 150), "emerald": (0.56, 0.13, 160), "olive": (0.58, 0.09, 115), "khaki": (0.68, 0.07, 105),
    "sage": (0.74, 0.055, 140), "mint": (0.82, 0.08, 165), "forest": (0.48, 0.1, 150), "moss": (0.56, 0.09, 130),
    "teal": (0.58, 0.1, 195), "turquoise": (0.72, 0.11, 195), "aquamarine": (0.8, 0.1, 180), "ocean": (0.57, 0.11, 225),
    "coastal": (0.66, 0.08, 220), "sky": (0.74, 0.1, 235), "azure": (0.66, 0.13, 245), "blue": (0.55, 0.15, 255),
    "denim": (0.5, 0.09, 255), "indigo": (0.45, 0.13, 275), "navy": (0.38, 0.09, 265), "sapphire": (0.47, 0.16, 262),
    "lavender": (0.74, 0.09, 300), "purple": (0.53, 0.16, 305), "violet": (0.55, 0.16, 295), "plum": (0.46, 0.12, 330),
    "mauve": (0.68, 0.08, 330), "grey": (0.62, 0.01, 260), "gray": (0.62, 0.01, 260),
}  # fmt: skip
"""Words of a product's name that say its colour: lightness 0-1, chroma, hue in degrees."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for, as #rrggbb."""

    ground: str
    halo: str
    floor: str
    main: str
    shade: str
    light: str
    accent: str
    deep: str
    pale: str
    ink: str
    wood: str
    wood_shade: str
    leaf: str


@lru_cache(maxsize=4096)
def palette_for(named: str, hue: float, scheme: int) -> Palette:
    """Choose the colours: a colour that has a name is the product's, otherwise it has `hue` degrees.

    `scheme` says how far ground and accent stand from it on the wheel.
    """
    lightness, chroma, main = NAMED.get(named, (_lightness_at(hue), 0.135, hue))
    around = main + (180, 150, 35, 210, 60, 250)[scheme % 6]
    accent = main + (60, 180, 150, -60, 200, 120)[scheme % 6]
    lit = 0.9 if scheme % 4 else 0.82
    return Palette(
        ground=hex_of(lit, 0.042 if scheme % 4 else 0.075, around),
        halo=hex_of(lit - 0.065, 0.066 if scheme % 4 else 0.095, around + 8),
        floor=hex_of(lit - 0.105, 0.06, around - 6),
        main=hex_of(lightness, chroma, main),
        shade=hex_of(lightness - 0.12, chroma * 0.95, main - 6),
        light=hex_of(min(0.93, lightness + 0.16), chroma * 0.7, main + 6),
        accent=hex_of(0.74, 0.13, accent),
        deep=hex_of(0.5, 0.12, accent),
        pale=hex_of(0.97, 0.014, around),
        ink=hex_of(0.28, 0.035, around),
        wood=hex_of(0.66, 0.085, 62),
        wood_shade=hex_of(0.54, 0.08, 55),
        leaf=hex_of(0.58, 0.095, 150),
    )


def _lightness_at(hue: float) -> float:
    """Return how light a hue looks its best: yellows are muddy where reds and blues are rich."""
    return 0.6 + 0.17 * max(0.0, 1 - abs(hue % 360 - 88) / 50)


def hex_of(lightness: float, chroma: float, hue: float) -> str:
    """Return an OKLCH colour as #rrggbb, with as much of its chroma as sRGB can show."""
    for tenths in range(10, -1, -1):
        channels = _linear_rgb(lightness, chroma * tenths / 10, math.radians(hue))
        if all(-0.0005 <= channel <= 1.0005 for channel in channels):
            break
    else:
        channels = (0.0, 0.0, 0.0)
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, channel)))):02x}" for channel in channels)


def _linear_rgb(lightness: float, chroma: float, angle: float) -> _Colour:
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(channel: float) -> float:
    return float(12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055)
