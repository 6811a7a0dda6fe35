"""Motifs of the workshop."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, ring, shape, turned


def hammer(c: Palette, v: int) -> str:
    """Draw a claw hammer."""
    handle = box((374, 300), (52, 370), c.wood, 24) + box((370, 500), (60, 170), c.main, 26)
    head = shape("M270 200h250v90H270c-30 0-30-90 0-90z", c.ink) + shape(
        "M520 200c60 0 100 20 130 70-50-16-80-4-130 20z", c.ink
    )
    return turned(handle + head + line("M372 560h56M372 600h56", c.shade if v % 2 else c.light, 8), -28)


def wrench(c: Palette, v: int) -> str:
    """Draw a spanner, and a second one across it."""
    one = (
        box((370, 230), (60, 360), c.main, 20)
        + shape("M320 180c0-50 30-80 50-86v90h60V94c20 6 50 36 50 86 0 60-40 90-80 90s-80-30-80-90z", c.main)
        + circle(400, 610, 66, c.main)
        + ring(400, 610, 34, c.ground, 14)
        + box((388, 320), (24, 180), c.shade, 12)
    )
    other = box((374, 240), (52, 400), c.deep, 20) + circle(400, 200, 70, c.deep) + circle(400, 200, 34, c.ground)
    return turned(other, -40) + turned(one, 32) if v % 2 else turned(one, 32)


def saw(c: Palette, v: int) -> str:
    """Draw a hand saw."""
    teeth = "".join("l17 22 17-22" for _ in range(12))
    blade = shape(f"M140 440{teeth}V330H140z", c.pale)
    handle = shape("M520 300h110c50 0 76 40 60 90l-30 110c-10 36-40 50-76 50h-70z", c.main) + shape(
        "M576 360h50c16 0 22 10 18 26l-20 76c-4 14-14 20-28 20h-30z", c.halo
    )
    return turned(blade + handle + line("M160 360h320", c.accent if v % 2 else c.shade, 6), -24)


def screwdriver(c: Palette, v: int) -> str:
    """Draw a screwdriver and its screws."""
    grip = box((346, 130), (108, 230), c.main, 40) + line("M376 170v140M400 170v140M424 170v140", c.shade, 8)
    shaft = box((386, 356), (28, 230), c.ink, 4) + shape("M380 580h40l-6 70h-28z", c.ink)
    screws = "".join(
        circle(x, y, 24, c.accent) + line(f"M{x - 12} {y}h24", c.ink, 6) for x, y in ((190, 560), (260, 640))
    )
    return turned(grip + shaft + box((372, 344), (56, 26), c.accent, 6), 34) + (
        screws if v % 2 else screws.replace("h24", "v0")
    )


def drill(c: Palette, v: int) -> str:
    """Draw a cordless drill."""
    bit = shape("M120 318h130v24H120l-30-12z", c.ink)
    body = box((240, 260), (300, 140), c.main, 40) + box((240, 280), (66, 100), c.ink, 10)
    grip = shape("M410 390h110l40 180H450z", c.shade) + box((400, 566), (210, 76), c.ink, 14)
    vents = line("M420 300v60M450 300v60M480 300v60", c.shade, 10)
    return (
        bit
        + grip
        + body
        + vents
        + line("M404 404l-8 60", c.accent, 26)
        + box((430, 584), (80, 20), c.accent if v % 2 else c.light, 6)
    )


def toolbox(c: Palette, v: int) -> str:
    """Draw a toolbox."""
    handle = line("M300 330v-90h200v90", c.ink, 28)
    body = box((170, 330), (460, 300), c.main, 24) + box((170, 330), (460, 104), c.shade, 24)
    clasps = "".join(box((x, 404), (56, 70), c.accent, 8) for x in (254, 490))
    return handle + body + clasps + (line("M220 540h360", c.light, 14) if v % 2 else circle(400, 540, 40, c.light))
