"""Motifs to wear and carry."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, moved, oval, ring, shape, turned, veil


def backpack(c: Palette, v: int) -> str:
    """Draw a rucksack with a flap, two buckles and a pocket."""
    front = box((300, 452), (200, 140), c.light, 26) + line("M322 492H478", c.shade, 8)
    straps = "".join(box((x, 350), (26, 96), c.accent, 8) + box((x - 4, 410), (34, 20), c.pale, 5) for x in (322, 452))
    roll = box((262, 596), (276, 46), c.deep, 23) if v % 2 else ""
    return (
        line("M352 222c0-74 96-74 96 0", c.ink, 18)
        + box((218, 430), (70, 160), c.shade, 30)
        + box((512, 430), (70, 160), c.shade, 30)
        + shape("M248 330c0-90 62-132 152-132s152 42 152 132v255c0 36-20 56-56 56H304c-36 0-56-20-56-56z", c.main)
        + front
        + shape("M248 330c0-90 62-132 152-132s152 42 152 132v20c0 36-62 62-152 62s-152-26-152-62z", c.shade)
        + straps
        + roll
    )


def handbag(c: Palette, v: int) -> str:
    """Draw a bag with a bowed handle and a clasp."""
    body = "M240 372h320l38 226c5 28-10 44-38 44H240c-28 0-43-16-38-44z"
    flap = "M240 372h320l16 96c-40 50-312 50-352 0z" if v % 2 else "M240 372h320l8 50H232z"
    return (
        line("M306 380c0-210 188-210 188 0", c.shade, 20)
        + shape(body, c.main)
        + veil("M440 372h120l38 226c5 28-10 44-38 44H440z", c.ink, 0.1)
        + shape(flap, c.shade)
        + (circle(400, 500, 22, c.accent) if v % 2 else box((372, 405), (56, 34), c.accent, 8))
        + line("M306 372v26M494 372v26", c.accent, 12)
    )


def belt(c: Palette, v: int) -> str:
    """Draw a rolled belt, its buckle in front."""
    turns = "".join(ring(400, 400, r, c.main if r % 80 else c.shade, 34) for r in (60, 100, 140, 180))
    holes = "".join(circle(x, 580, 6, c.ink) for x in (520, 556, 592))
    return (
        turns
        + box((400, 552), (260, 56), c.main, 12)
        + holes
        + box((386, 532), (96, 96), c.accent, 20 if v % 2 else 8)
        + box((408, 554), (52, 52), c.main, 8)
        + box((428, 572), (62, 16), c.pale, 8)
    )


def glasses(c: Palette, v: int) -> str:
    """Draw a pair of glasses seen from the front: round, square or winged."""
    temples = line("M176 392L128 360M624 392l48-32", c.shade, 22)
    gleam = line("M248 440l46-62M478 440l46-62", c.pale, 14)
    bridge = line("M384 400q16-22 32 0", c.shade, 20)
    if v % 3 == 0:
        lenses = "".join(circle(x, 415, 108, c.light) + ring(x, 415, 108, c.main, 24) for x in (276, 524))
    elif v % 3 == 1:
        one = "M178 340h206v80c0 60-42 94-104 94s-102-34-102-94z"
        lenses = shape(one, c.light) + line(one, c.main, 24)
        lenses += moved(shape(one, c.light) + line(one, c.main, 24), (238, 0))
    else:
        one = "M170 352q110-36 214 6-2 150-106 156-96-4-108-162z"
        other = "M630 352q-110-36-214 6 2 150 106 156 96-4 108-162z"
        lenses = "".join(shape(d, c.shade) + line(d, c.main, 20) for d in (one, other))
    return temples + lenses + bridge + gleam


def watch(c: Palette, v: int) -> str:
    """Draw a wristwatch, ten past ten."""
    marks = "".join(turned(box((396, 302), (8, 22), c.ink, 4), angle) for angle in range(0, 360, 30 if v % 2 else 90))
    small = ring(400, 452, 30, c.accent, 7) if v % 3 == 0 else circle(400, 452, 9, c.accent)
    return (
        box((338, 120), (124, 560), c.shade, 40)
        + line("M400 620v30", c.ink, 8)
        + box((326, 248), (148, 304), c.main, 50)
        + circle(400, 400, 146, c.main)
        + box((540, 384), (26, 32), c.shade, 8)
        + circle(400, 400, 118, c.pale)
        + marks
        + small
        + line("M400 400l-56-46", c.ink, 12)
        + line("M400 400l62-58", c.ink, 8)
        + circle(400, 400, 11, c.accent)
    )


def jacket(c: Palette, v: int) -> str:
    """Draw a jacket on the wall: lapels, buttons or a zip, pockets."""
    body = "M306 190c-60 14-104 40-126 84l-62 300 88 22 58-216v252h272V380l58 216 88-22-62-300c-22-44-66-70-126-84z"
    front = line("M400 330v300", c.shade, 8)
    close = (
        "".join(circle(426, y, 10, c.accent) for y in (400, 470, 540)) if v % 2 else line("M400 330v300", c.accent, 7)
    )
    pockets = line("M294 520h64M442 520h64", c.shade, 14)
    return (
        shape(body, c.main)
        + veil("M400 200h94c60 14 104 40 126 84l62 300-88 22-58-216v252H400z", c.ink, 0.1)
        + shape("M318 178h164l-82 160z", c.pale)
        + shape("M318 178l82 160-62 40-60-176z", c.shade)
        + shape("M482 178l-82 160 62 40 60-176z", c.shade)
        + front
        + close
        + pockets
    )


def shirt(c: Palette, v: int) -> str:
    """Draw a tee or a shirt: plain, striped, dotted or checked."""
    body = "M302 200l-126 62-66 148 96 46 50-74v246c0 10 6 16 16 16h256c10 0 16-6 16-16V382l50 74 96-46-66-148-126-62z"
    if v % 4 == 1:
        pattern = "".join(box((256, y), (288, 24), c.light) for y in (400, 460, 520, 580))
    elif v % 4 == 2:
        pattern = "".join(circle(290 + 44 * (i % 6), 400 + 48 * (i // 6), 8, c.light) for i in range(30))
    elif v % 4 == 3:
        pattern = "".join(box((x, 382), (16, 262), c.light) for x in (288, 352, 432, 496))
        pattern += "".join(box((256, y), (288, 14), c.accent) for y in (420, 500, 580))
    else:
        pattern = circle(400, 410, 56, c.accent)
    neck = "M302 200c16 62 180 62 196 0l-26-12c-24 34-120 34-144 0z"
    return (
        shape(body, c.main)
        + pattern
        + shape(neck, c.shade)
        + veil("M498 200l126 62 66 148-96 46-50-74v246c0 10-6 16-16 16h-60z", c.ink, 0.1)
    )


def scarf(c: Palette, v: int) -> str:
    """Draw a scarf knotted once, with fringes."""
    fringes = line("M292 612v44M318 612v44M344 612v44M370 612v44", c.light, 9)
    bands = "".join(box((280, y), (102, 22), c.accent if v % 2 else c.light) for y in (480, 530, 580))
    loop = line("M262 318c0 150 276 150 276 0s-276-150-276 0z", c.main, 86)
    return (
        turned(
            box((420, 380), (92, 190), c.shade, 10) + line("M432 574v36M466 574v36M500 574v36", c.light, 9),
            -14,
            (440, 390),
        )
        + loop
        + box((280, 372), (102, 244), c.main, 8)
        + bands
        + fringes
        + line("M300 392c30 34 120 44 176 10", c.shade, 12)
    )


def socks(c: Palette, v: int) -> str:
    """Draw a pair of socks, one before the other."""
    outline = "M318 170h132v262c0 26 14 44 38 62l64 50c46 38 8 108-56 92-60-14-110-46-152-88-18-18-26-34-26-58z"
    stripes = (
        "".join(box((318, y), (132, 20), c.light) for y in (270, 316, 362))
        if v % 2
        else "".join(circle(350 + 34 * (i % 3), 284 + 44 * (i // 3), 9, c.light) for i in range(9))
    )
    one = shape(outline, c.main) + stripes + box((310, 160), (148, 66), c.accent, 18)
    toe = shape("M500 504l52 40c46 38 8 108-56 92-30-8-20-110 4-132z", c.accent)
    behind = moved(shape(outline, c.shade) + box((310, 160), (148, 66), c.deep, 18), (-84, -26))
    return behind + one + toe


def shoe(c: Palette, v: int) -> str:
    """Draw a trainer from the side."""
    upper = (
        "M164 566V410c0-18 22-26 36-14 40 34 92 22 122-22l26-20c12-8 24-6 32 6 58 84 128 118 214 132 40 8 56 34 50 74z"
    )
    laces = line("M376 396l-44 34M408 436l-42 34M446 470l-38 34", c.pale, 14)
    stripe = (
        shape("M250 566l70-130 44 20-56 110z", c.accent)
        if v % 2
        else line("M216 540c70-20 120-64 150-30", c.accent, 20)
    )
    return (
        shape(upper, c.main)
        + stripe
        + shape("M560 490c60 4 92 34 84 76H520c-6-36 8-66 40-76z", c.shade)
        + laces
        + box((148, 560), (508, 56), c.pale, 26)
        + box((148, 596), (508, 36), c.deep, 18)
    )


def hat(c: Palette, v: int) -> str:
    """Draw a brimmed hat with a band."""
    brim = oval(400, 540, (250, 46), c.shade)
    crown = shape("M262 530c0-170 40-250 138-250s138 80 138 250c-60 30-216 30-276 0z", c.main)
    return brim + crown + shape("M262 496c70 34 206 34 276 0v40c-60 30-216 30-276 0z", c.accent if v % 2 else c.deep)
