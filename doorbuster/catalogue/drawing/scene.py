"""Sets the stage: a tinted wall, a simple shape behind the thing, a floor, a soft shadow."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, oval, shape


def backdrop(colours: Palette, kind: int) -> str:
    """Return the wall, floor and one of eight shapes behind the thing."""
    wall = box((0, 0), (800, 800), colours.ground)
    floor = box((0, 600), (800, 200), colours.floor)
    return wall + _BEHIND[kind % len(_BEHIND)](colours) + floor


def hung(colours: Palette, kind: int) -> str:
    """Return the stage of what hangs or lies and needs no floor."""
    return box((0, 0), (800, 800), colours.ground) + _LOOSE[kind % len(_LOOSE)](colours)


def shadow(colours: Palette, width: float, y: float = 645) -> str:
    """Return the shadow of a thing on the floor."""
    return f'<g opacity=".16">{oval(400, y, (width / 2, 17), colours.ink)}</g>'


def _sun(colours: Palette) -> str:
    return circle(400, 390, 265, colours.halo)


def _arch(colours: Palette) -> str:
    return shape("M165 600V360a235 235 0 0 1 470 0v240z", colours.halo)


def _low_sun(colours: Palette) -> str:
    return circle(560, 300, 150, colours.pale) + shape("M0 600V500q200-70 420-20t380-40v160z", colours.halo)


def _window(colours: Palette) -> str:
    return box((215, 110), (370, 490), colours.halo, 14) + line("M400 110V600M215 330H585", colours.ground, 12)


def _arches(colours: Palette) -> str:
    nested = "".join(
        line(f"M{400 - r} 600V{r + 120}a{r} {r} 0 0 1 {2 * r} 0V600", colours.halo, 34) for r in (280, 205)
    )
    return nested + shape("M270 600V250a130 130 0 0 1 260 0v350z", colours.halo)


def _panel(colours: Palette) -> str:
    return box((400, 0), (400, 600), colours.halo)


def _hills(colours: Palette) -> str:
    return circle(220, 600, 240, colours.halo) + circle(610, 600, 300, colours.halo)


def _shelf_of_light(colours: Palette) -> str:
    return shape("M120 0H470L760 600H330z", colours.halo)


def _disc(colours: Palette) -> str:
    return circle(400, 400, 290, colours.halo)


def _quarter(colours: Palette) -> str:
    return shape("M0 800V120a680 680 0 0 1 680 680z", colours.halo)


def _stripes(colours: Palette) -> str:
    return "".join(box((0, y), (800, 80), colours.halo) for y in range(80, 800, 160))


def _halves(colours: Palette) -> str:
    return shape("M0 800L800 0V800z", colours.halo)


def _tile(colours: Palette) -> str:
    return box((110, 110), (580, 580), colours.halo, 48)


_BEHIND = (_sun, _arch, _low_sun, _window, _arches, _panel, _hills, _shelf_of_light)
_LOOSE = (_disc, _quarter, _stripes, _halves, _tile)
