"""Motifs of the house: seats, tables, lamps, and what stands on shelves."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, oval, shape, turned, veil


def chair(c: Palette, v: int) -> str:
    """Draw a chair with a shell, or an armchair."""
    if v % 2:
        legs = line("M296 560l-26 82M504 560l26 82", c.wood, 20)
        back = box((250, 210), (300, 330), c.main, 90)
        arms = box((196, 390), (92, 180), c.shade, 42) + box((512, 390), (92, 180), c.shade, 42)
        return legs + back + box((270, 440), (260, 110), c.light, 36) + arms
    legs = line("M312 470l-44 172M488 470l44 172", c.wood, 18) + line(
        "M350 470l-14 172M450 470l14 172", c.wood_shade, 14
    )
    shell = shape("M276 214c0-36 26-58 60-58h128c34 0 60 22 60 58l-22 226H298z", c.main)
    return (
        legs
        + shell
        + veil("M430 156h34c34 0 60 22 60 58l-22 226h-72z", c.ink, 0.1)
        + box((262, 424), (276, 56), c.shade, 28)
    )


def table(c: Palette, v: int) -> str:
    """Draw a table with a vase and a bowl on it."""
    if v % 2:
        foot = box((386, 430), (28, 196), c.wood_shade, 6) + shape("M290 642q110-50 220 0z", c.wood_shade)
        top = oval(400, 424, (240, 26), c.wood)
    else:
        foot = line("M226 436L196 642M574 436l30 206", c.wood_shade, 20)
        top = box((160, 402), (480, 40), c.wood, 14) + box((230, 442), (340, 26), c.wood_shade)
    vase = shape("M296 404c-40-20-40-84 0-104v-32h44v32c40 20 40 84 0 104z", c.main)
    twig = line("M318 270c-6-60 10-90 34-120M318 250c-10-40-24-60-44-76", c.leaf, 8)
    leaves = oval(356, 146, (12, 24), c.leaf) + oval(270, 168, (11, 22), c.leaf) + oval(330, 206, (10, 20), c.leaf)
    bowl = (
        circle(470, 358, 24, c.accent)
        + circle(510, 362, 22, c.deep)
        + shape("M416 366h144c0 26-36 38-72 38s-72-12-72-38z", c.pale)
    )
    return foot + twig + leaves + vase + bowl + top


def sofa(c: Palette, v: int) -> str:
    """Draw a sofa for two with cushions."""
    legs = line("M214 596v44M586 596v44", c.wood_shade, 20)
    back = box((168, 320), (464, 210), c.main, 54)
    seats = box((200, 456), (200, 110), c.light, 28) + box((400, 456), (200, 110), c.light, 28)
    arms = box((120, 400), (104, 206), c.shade, 44) + box((576, 400), (104, 206), c.shade, 44)
    cushion = turned(box((244, 368), (104, 104), c.accent, 24), -12, (296, 420))
    other = turned(box((466, 376), (92, 92), c.deep, 22), 14, (512, 420)) if v % 2 else ""
    return legs + back + cushion + other + seats + box((170, 552), (460, 54), c.shade, 22) + arms


def dresser(c: Palette, v: int) -> str:
    """Draw a chest of drawers with something on it."""
    rows = (330, 426, 522) if v % 2 else (330, 450)
    height = 84 if v % 2 else 106
    drawers = "".join(
        box((232, y), (336, height), c.main, 10)
        + circle(330, y + height / 2, 10, c.accent)
        + circle(470, y + height / 2, 10, c.accent)
        for y in rows
    )
    top = box((196, 288), (408, 26), c.wood_shade, 8)
    frame = (
        box((312, 150), (96, 124), c.pale, 6) + box((326, 164), (68, 96), c.deep, 3) + circle(360, 220, 20, c.accent)
    )
    plant = shape("M470 288v-46h56v46z", c.light) + oval(498, 206, (13, 44), c.leaf)
    plant += turned(oval(498, 210, (12, 40), c.leaf), 34, (498, 244)) + turned(
        oval(498, 210, (12, 40), c.leaf), -34, (498, 244)
    )
    return (
        line("M238 612v28M562 612v28", c.wood_shade, 20)
        + box((212, 306), (376, 312), c.wood, 12)
        + drawers
        + frame
        + plant
        + top
    )


def floor_lamp(c: Palette, v: int) -> str:
    """Draw a lamp on three legs, lit."""
    glow = f'<g opacity=".35">{circle(400, 300, 190, c.pale)}</g>'
    legs = line("M400 330L292 642M400 330l108 312", c.wood, 15) + line("M400 330v290", c.wood_shade, 13)
    brace = line("M346 486h108", c.wood_shade, 8)
    shade = shape("M322 172h156l52 166H270z", c.pale if v % 2 else c.light)
    return (
        glow
        + legs
        + brace
        + shade
        + veil("M430 172h48l52 166h-84z", c.main, 0.35)
        + box((310, 160), (180, 16), c.main, 8)
    )


def pendant_lamp(c: Palette, v: int) -> str:
    """Draw one or three lamps hanging from above, lit."""

    def one(x: float, y: float, size: float) -> str:
        dome = f"M{x - size} {y}c0-{size * 1.2:g} {size * 2:g}-{size * 1.2:g} {size * 2:g} 0z"
        return line(f"M{x} 0V{y - size * 0.8:g}", c.ink, 6) + circle(x, y, size * 0.34, c.pale) + shape(dome, c.main)

    if v % 2:
        return one(250, 330, 92) + one(400, 480, 92) + one(550, 270, 92)
    rays = f'<g opacity=".4">{shape("M262 420H538L680 800H120z", c.pale)}</g>'
    return rays + one(400, 420, 170) + line("M236 420h328", c.shade, 16)


def desk_lamp(c: Palette, v: int) -> str:
    """Draw a jointed lamp on a desk."""
    cone = f'<g opacity=".45">{shape("M214 330l118-66 100 366H150z", c.pale)}</g>'
    arm = line("M500 620L440 430 540 250 320 230", c.shade, 18)
    joints = circle(440, 430, 20, c.accent) + circle(540, 250, 20, c.accent)
    head = shape("M196 336c-6-70 44-136 116-140l46 76z", c.main)
    return cone + arm + joints + head + box((400, 610), (200, 32), c.main, 16 if v % 2 else 6)


def clock(c: Palette, v: int) -> str:
    """Draw a wall clock, ten past ten."""
    marks = "".join(
        turned(box((393, 232), (14, 38 if angle % 90 == 0 else 20), c.ink, 6), angle) for angle in range(0, 360, 30)
    )
    rim = circle(400, 400, 236, c.main) + circle(400, 400, 198, c.pale)
    if v % 2:
        rays = "".join(turned(box((390, 96), (20, 120), c.accent, 10), angle) for angle in range(0, 360, 20))
        rim = rays + circle(400, 400, 218, c.main) + circle(400, 400, 186, c.pale)
    hands = line("M400 400l-86-66", c.ink, 18) + line("M400 400l104-88", c.ink, 12) + line("M400 400v120", c.accent, 6)
    return rim + marks + hands + circle(400, 400, 16, c.accent)


def cushion(c: Palette, v: int) -> str:
    """Draw a square cushion with a pattern."""
    outline = "M214 246c70 32 302 32 372 0 26 92 26 260 0 352-70-32-302-32-372 0-26-92-26-260 0-352z"
    patterns = (
        "".join(box((250 + 60 * i, 272), (24, 300), c.light) for i in range(6)),
        circle(400, 422, 110, c.accent) + circle(400, 422, 64, c.pale),
        shape("M400 282L540 422 400 562 260 422z", c.accent) + shape("M400 342l80 80-80 80-80-80z", c.deep),
        "".join(circle(274 + 63 * (i % 5), 312 + 74 * (i // 5), 17, c.light) for i in range(20)),
    )
    return shape(outline, c.main) + patterns[v % 4] + line(outline, c.shade, 10)


def vase(c: Palette, v: int) -> str:
    """Draw a vase with twigs or flowers."""
    body = (
        "M346 352c0-26-8-40-8-58h124c0 18-8 32-8 58 58 36 86 86 86 142 0 96-60 148-140 "
        "148s-140-52-140-148c0-56 28-106 86-142z"
    )
    stems = line("M390 310C380 230 350 190 310 150M404 310c4-90 8-130 0-200M414 310c10-70 40-110 84-140", c.leaf, 9)
    if v % 2:
        heads = circle(306, 144, 40, c.accent) + circle(402, 104, 46, c.deep) + circle(502, 164, 38, c.accent)
        heads += circle(306, 144, 14, c.pale) + circle(402, 104, 16, c.pale) + circle(502, 164, 13, c.pale)
    else:
        heads = "".join(
            turned(oval(x, y, (15, 34), c.leaf), angle, (x, y))
            for x, y, angle in (
                (306, 150, -40),
                (346, 206, 50),
                (404, 104, 0),
                (380, 180, -34),
                (430, 220, 40),
                (500, 166, 50),
            )
        )
    band = shape("M268 450c60 34 204 34 264 0l8 44c-60 36-220 36-280 0z", c.light)
    return (
        stems
        + heads
        + shape(body, c.main)
        + band
        + veil("M430 294h32c0 18-8 32-8 58 58 36 86 86 86 142 0 96-60 148-140 148 90-60 90-250 30-348z", c.ink, 0.12)
    )


def candle(c: Palette, v: int) -> str:
    """Draw three candles, burning."""

    def one(x: float, top: float, width: float, fill: str) -> str:
        middle = x + width / 2
        flame = f"M{middle} {top - 92}c34 40 30 72 0 72s-34-32 0-72z"
        return (
            f'<g opacity=".3">{circle(middle, top - 52, 62, c.pale)}</g>'
            + box((x, top), (width, 640 - top), fill, 14)
            + line(f"M{middle} {top}v-22", c.ink, 6)
            + shape(flame, c.accent)
        )

    pair = one(236, 380, 110, c.shade) + one(366, 270, 104, c.main) + one(486, 440, 120, c.light)
    return (
        pair
        if v % 2
        else one(330, 340, 140, c.main)
        + box((300, 470), (200, 172), c.light, 20)
        + box((330, 520), (140, 72), c.pale, 6)
    )


def picture(c: Palette, v: int) -> str:
    """Draw a framed picture or poster: sun over hills."""
    frame = box((210, 130), (380, 500), c.wood if v % 2 else c.ink, 8) + box((236, 156), (328, 448), c.pale, 2)
    view = circle(452, 300, 66, c.accent) + shape("M256 440q90-90 180-20t108-20v184H256z", c.main)
    return frame + view + shape("M256 510q110-60 190 0t98-10v84H256z", c.shade)
