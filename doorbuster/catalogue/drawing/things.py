"""Motifs of everything else: books, feasts, jewels, devices, music, flowers, and a parcel for what has no picture."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, moved, oval, ring, shape, turned, veil


def book(c: Palette, v: int) -> str:
    """Draw a book standing on others."""
    pile = (
        box((190, 580), (420, 60), c.deep, 8)
        + box((206, 590), (30, 40), c.pale)
        + box((230, 520), (380, 60), c.accent, 8)
    )
    cover = box((286, 180), (250, 340), c.main, 10) + box((286, 180), (36, 340), c.shade, 8)
    if v % 3 == 0:
        front = circle(430, 300, 60, c.light) + line("M370 420h120M370 452h80", c.pale, 12)
    elif v % 3 == 1:
        front = shape("M340 480l70-120 50 70 30-40 46 90z", c.light) + circle(470, 270, 34, c.accent)
    else:
        front = box((352, 230), (150, 90), c.pale, 4) + line("M372 262h110M372 290h70", c.shade, 9)
    return pile + cover + front


def tree(c: Palette, v: int) -> str:
    """Draw a fir with lights."""
    trunk = box((376, 560), (48, 80), c.wood_shade)
    tiers = (
        shape("M400 330L580 580H220z", c.leaf)
        + shape("M400 220l150 220H250z", c.leaf)
        + shape("M400 130l114 180H286z", c.leaf)
    )
    dark = veil("M400 130l114 180h-36l72 130h-38l68 140H400z", c.ink, 0.13)
    balls = "".join(
        circle(x, y, 15, (c.accent, c.pale, c.main)[(i + v) % 3])
        for i, (x, y) in enumerate(
            (
                (400, 250),
                (346, 300),
                (450, 340),
                (330, 420),
                (410, 420),
                (490, 430),
                (290, 540),
                (380, 530),
                (460, 550),
                (530, 540),
            )
        )
    )
    return trunk + tiers + dark + balls + circle(400, 128, 22, c.accent)


def bauble(c: Palette, v: int) -> str:
    """Draw ornaments hanging on threads."""

    def one(x: float, y: float, r: float, fill: str) -> str:
        band = f"M{x - r} {y}c{r * 0.5:g} {r * 0.4:g} {r * 1.5:g} {r * 0.4:g} {r * 2:g} 0"
        return (
            line(f"M{x} 0V{y - r}", c.ink, 5)
            + box((x - 16, y - r - 22), (32, 28), c.accent, 5)
            + circle(x, y, r, fill)
            + line(band, c.pale, 16)
        )

    return (
        one(400, 420, 150, c.main)
        + one(190, 260, 84, c.deep)
        + (one(610, 300, 96, c.light) if v % 2 else one(620, 220, 76, c.shade))
    )


def pumpkin(c: Palette, v: int) -> str:
    """Draw a pumpkin, which may have a face."""
    orange, dark = "#e0893a", "#c06c26"
    ribs = (
        oval(280, 480, (120, 150), dark)
        + oval(520, 480, (120, 150), dark)
        + oval(340, 480, (110, 164), orange)
        + oval(460, 480, (110, 164), orange)
        + oval(400, 480, (84, 168), dark)
    )
    stalk = shape("M380 330c0-50-10-70-30-90l50-16c24 30 30 60 30 106z", c.leaf)
    face = shape("M300 440l40-60 40 60zM420 440l40-60 40 60z", c.ink) + shape(
        "M280 500h240c-10 70-60 100-120 100s-110-30-120-100z", c.ink
    )
    return ribs + stalk + (face if v % 2 else line("M430 330c60-60 110-40 130 0", c.leaf, 12))


def egg(c: Palette, v: int) -> str:
    """Draw painted eggs in a nest, or one big one."""
    outline = "M400 190c90 0 160 150 160 260 0 110-70 180-160 180s-160-70-160-180c0-110 70-260 160-260z"
    zigzag = line("M252 400l37-40 37 40 37-40 37 40 37-40 37 40 37-40 36 40", c.light, 16)
    dots = "".join(circle(x, 520, 18, c.accent) for x in (290, 345, 400, 455, 510))
    one = shape(outline, c.main) + zigzag + dots
    small = moved(shape(outline, c.deep), (40, 300), 0.54) + moved(shape(outline, c.accent), (330, 300), 0.54)
    return (
        small + one
        if v % 2
        else one + veil("M440 200c70 40 120 160 120 250 0 110-70 180-160 180 100-90 110-300 40-430z", c.ink, 0.1)
    )


def heart(c: Palette, v: int) -> str:
    """Draw hearts."""
    outline = (
        "M400 620C240 510 170 420 170 330c0-80 60-130 120-130 50 0 90 30 110 70 20-40 "
        "60-70 110-70 60 0 120 50 120 130 0 90-70 180-230 290z"
    )
    small = moved(shape(outline, c.accent), (470, 60), 0.34) + moved(shape(outline, c.light), (40, 400), 0.3)
    gleam = line("M226 330c0-44 26-72 62-78", c.light, 18)
    return (
        shape(outline, c.main)
        + veil("M510 200c60 0 120 50 120 130 0 90-70 180-230 290 130-150 170-290 110-420z", c.ink, 0.1)
        + gleam
        + (small if v % 2 else "")
    )


def ring_of_gold(c: Palette, v: int) -> str:
    """Draw a ring with a stone, or a necklace."""
    gold = "#d9a94a"
    if v % 2:
        beads = line("M220 180c0 300 360 300 360 0", gold, 12)
        return (
            beads
            + shape("M400 396l56 66-56 130-56-130z", c.main)
            + shape("M344 462h112l-56 130z", c.shade)
            + circle(400, 400, 16, gold)
        )
    stone = (
        shape("M320 190h160l60 76-140 144-140-144z", c.main)
        + shape("M260 266h280L400 410z", c.shade)
        + shape("M340 266h120l-60 144z", c.light)
    )
    return ring(400, 500, 142, gold, 34) + stone


def headphones(c: Palette, v: int) -> str:
    """Draw headphones, or a camera."""
    if v % 2:
        body = (
            box((170, 300), (460, 300), c.main, 40)
            + box((170, 300), (460, 90), c.shade, 40)
            + box((250, 250), (120, 70), c.shade, 16)
        )
        return (
            body
            + circle(400, 460, 120, c.ink)
            + circle(400, 460, 84, c.deep)
            + circle(370, 430, 24, c.pale)
            + circle(570, 346, 18, c.accent)
        )
    band = line("M220 470V420a180 180 0 0 1 360 0v50", c.shade, 34)
    cups = box((170, 430), (100, 180), c.main, 46) + box((530, 430), (100, 180), c.main, 46)
    return (
        band
        + cups
        + box((250, 446), (40, 148), c.ink, 18)
        + box((510, 446), (40, 148), c.ink, 18)
        + circle(206, 520, 16, c.accent)
    )


def laptop(c: Palette, v: int) -> str:
    """Draw a screen with a chart or a picture on it."""
    screen = box((190, 220), (420, 300), c.ink, 22) + box((212, 242), (376, 256), c.pale, 8)
    if v % 2:
        shown = "".join(
            box((250 + 64 * i, 440 - h), (40, h + 30), fill, 6)
            for i, (h, fill) in enumerate(((40, c.light), (90, c.main), (60, c.accent), (140, c.main), (110, c.deep)))
        )
    else:
        shown = circle(480, 320, 44, c.accent) + shape("M212 498l110-140 90 90 60-50 116 100z", c.main)
    return (
        screen
        + shown
        + shape("M150 560h500l24 56c6 14-2 26-18 26H144c-16 0-24-12-18-26z", c.shade)
        + box((340, 520), (120, 40), c.ink)
    )


def guitar(c: Palette, v: int) -> str:
    """Draw a guitar."""
    body = (
        "M400 390c40-60 120-20 110 50-4 30-10 40 10 70 50 80-20 150-120 "
        "150s-170-70-120-150c20-30 14-40 10-70-10-70 70-110 110-50z"
    )
    neck = box((382, 110), (36, 330), c.wood_shade) + box((370, 70), (60, 80), c.ink, 10)
    pegs = "".join(circle(x, y, 8, c.accent) for x in (362, 438) for y in (88, 110, 132))
    strings = line("M392 110v480M400 110v480M408 110v480", c.pale, 2)
    return turned(
        shape(body, c.main)
        + neck
        + pegs
        + circle(400, 490, 44, c.ink)
        + strings
        + box((352, 580), (96, 18), c.wood_shade, 6),
        18 if v % 2 else -14,
    )


def flower(c: Palette, v: int) -> str:
    """Draw one big flower, or a plant in a pot."""
    pot_ = shape("M300 470h200l-26 150c-2 14-10 22-24 22H350c-14 0-22-8-24-22z", c.main) + box(
        (284, 446), (232, 48), c.shade, 10
    )
    if v % 2:
        leaves = "".join(
            turned(oval(400, 330, (34, 130), c.leaf), angle, (400, 450)) for angle in (-62, -32, 0, 30, 60)
        )
        return leaves + line("M400 440V250", c.pale, 4) + pot_
    petals = "".join(
        turned(oval(400, 190, (44, 74), c.accent if i % 2 else c.light), i * 45, (400, 260)) for i in range(8)
    )
    return (
        line("M400 450V280", c.leaf, 14)
        + turned(oval(450, 400, (20, 56), c.leaf), 50, (450, 400))
        + petals
        + circle(400, 260, 44, c.deep)
        + pot_
    )


def toy(c: Palette, v: int) -> str:
    """Draw a teddy bear."""
    ears = (
        circle(300, 210, 52, c.main)
        + circle(500, 210, 52, c.main)
        + circle(300, 210, 28, c.light)
        + circle(500, 210, 28, c.light)
    )
    limbs = (
        oval(262, 480, (56, 84), c.main)
        + oval(538, 480, (56, 84), c.main)
        + oval(310, 612, (72, 46), c.shade)
        + oval(490, 612, (72, 46), c.shade)
    )
    body = oval(400, 500, (140, 140), c.main) + oval(400, 516, (84, 92), c.light) + circle(400, 280, 130, c.main)
    face = (
        oval(400, 320, (62, 48), c.light)
        + circle(352, 262, 13, c.ink)
        + circle(448, 262, 13, c.ink)
        + oval(400, 302, (20, 14), c.ink)
    )
    return ears + limbs + body + face + (shape("M400 410l70-34v68zM400 410l-70-34v68z", c.accent) if v % 2 else "")


def parcel(c: Palette, v: int) -> str:
    """Draw a wrapped parcel, or building blocks, for what has no motif of its own."""
    if v % 2:
        return (
            box((210, 470), (180, 170), c.main, 10)
            + shape("M410 640l90-170 90 170z", c.accent)
            + circle(330, 380, 88, c.deep)
            + box((420, 330), (130, 130), c.light, 10)
        )
    wrapped = box((220, 330), (360, 300), c.main, 10) + box((200, 290), (400, 80), c.shade, 10)
    ribbon = box((372, 290), (56, 340), c.accent)
    bow = shape(
        "M400 290c-90-110-160-70-140-20 12 30 80 30 140 20zM400 290c90-110 160-70 140-20-12 30-80 30-140 20z", c.accent
    )
    return wrapped + ribbon + bow + circle(400, 286, 24, c.deep)
