"""Motifs of the kitchen, the table and the bathroom."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, moved, oval, ring, shape, turned, veil


def bowl(c: Palette, v: int) -> str:
    """Draw a bowl, empty or full of round things."""
    filling = circle(320, 372, 66, c.accent) + circle(480, 366, 70, c.deep) + circle(402, 344, 72, c.light)
    body = "M180 396h440c0 150-96 226-220 226S180 546 180 396z"
    band = shape("M190 452h420c-6 26-14 44-26 62H216c-12-18-20-36-26-62z", c.light)
    lower = moved(shape(body, c.shade), (88, 176), 0.78) if v % 3 == 2 else ""
    return (
        (filling if v % 3 else "")
        + lower
        + shape(body, c.main)
        + band
        + veil("M470 396h150c0 150-96 226-220 226 60-40 90-120 70-226z", c.ink, 0.1)
        + box((320, 612), (160, 28), c.shade, 8)
    )


def pot(c: Palette, v: int) -> str:
    """Draw a casserole with a lid."""
    handles = line("M206 430h-44M594 430h44", c.shade, 32)
    body = shape("M196 370h408v190c0 50-34 80-84 80H280c-50 0-84-30-84-80z", c.main)
    lid = shape("M186 374c0-74 96-112 214-112s214 38 214 112z", c.shade) + circle(400, 250, 26, c.accent)
    steam = (
        line("M330 200c-20-30 20-46 0-80M400 180c-20-30 20-46 0-80M470 200c-20-30 20-46 0-80", c.pale, 12)
        if v % 2
        else ""
    )
    return (
        steam
        + handles
        + body
        + lid
        + veil("M470 374h134v186c0 50-34 80-84 80h-90c40-70 50-180 40-266z", c.ink, 0.1)
        + line("M240 430h180", c.light, 12)
    )


def teapot(c: Palette, v: int) -> str:
    """Draw a teapot or kettle."""
    body = shape("M230 450c0-96 70-150 170-150s170 54 170 150c0 110-60 180-170 180s-170-70-170-180z", c.main)
    spout = shape("M556 440c60 0 60-100 112-120l22 30c-40 30-40 130-130 150z", c.shade)
    handle = (
        line("M250 400c-110-20-130 150-6 150", c.shade, 26)
        if v % 2
        else line("M270 340c0-170 260-170 260 0", c.wood, 24)
    )
    lid = shape("M310 316c10-40 50-54 90-54s80 14 90 54z", c.light) + circle(400, 252, 20, c.accent)
    return (
        handle
        + spout
        + body
        + lid
        + line("M280 420c10-50 40-72 80-80", c.light, 14)
        + box((320, 616), (160, 24), c.shade, 8)
    )


def mug(c: Palette, v: int) -> str:
    """Draw a mug with something hot in it."""
    steam = line("M350 262c-24-36 24-56 0-96M430 262c-24-36 24-56 0-96", c.pale, 14)
    handle = ring(540, 460, 74, c.shade, 32)
    body = shape("M232 320h320v250c0 44-28 72-72 72H304c-44 0-72-28-72-72z", c.main)
    mark = circle(392, 480, 66, c.accent) if v % 2 else box((232, 430), (320, 80), c.light)
    return steam + handle + body + mark + oval(392, 322, (160, 28), c.shade) + oval(392, 326, (138, 19), c.wood_shade)


def glass(c: Palette, v: int) -> str:
    """Draw a wine glass, a tumbler or a cocktail."""
    if v % 3 == 0:
        cup = shape("M286 180h228c20 150-14 240-114 240s-134-90-114-240z", c.pale)
        wine = shape("M280 276h240c-2 92-40 144-120 144s-118-52-120-144z", c.main)
        return (
            cup
            + wine
            + box((392, 418), (16, 196), c.pale)
            + oval(400, 626, (104, 18), c.pale)
            + line("M318 220v60", c.light, 10)
        )
    if v % 3 == 1:
        liquid = shape("M262 306h276l-26 304c-2 18-12 30-32 30H320c-20 0-30-12-32-30z", c.main)
        rim = shape("M252 200h296l-10 120H262z", c.pale)
        slice_ = circle(520, 214, 56, c.accent) + circle(520, 214, 40, c.light)
        return (
            line("M350 330l70-210 60-10", c.deep, 14)
            + rim
            + liquid
            + slice_
            + box((310, 360), (70, 70), c.light, 12)
            + box((400, 430), (64, 64), c.light, 12)
        )
    cone = shape("M220 216h360L416 400v200h-32V400z", c.pale) + shape("M262 262h276L400 396z", c.main)
    return (
        cone + oval(400, 620, (110, 20), c.pale) + line("M470 160l-90 190", c.wood, 8) + circle(450, 206, 26, c.accent)
    )


def plate(c: Palette, v: int) -> str:
    """Draw a place laid for one."""
    fork = line("M170 300v110c0 30 40 30 40 0V300M190 300v340", c.ink, 11)
    knife = shape("M604 290c40 30 44 150 10 190h-10z", c.ink) + line("M609 470v170", c.ink, 12)
    dish = circle(400, 450, 186, c.pale) + circle(400, 450, 150, c.main) + circle(400, 450, 118, c.pale)
    napkin = (
        shape("M340 380l120-20 20 130-120 24z", c.accent)
        if v % 2
        else circle(400, 450, 50, c.accent) + oval(438, 426, (30, 12), c.leaf)
    )
    return fork + knife + dish + napkin


def knives(c: Palette, v: int) -> str:
    """Draw a knife on a board."""
    board = box((190, 250), (420, 340), c.wood, 30) + circle(240, 300, 15, c.wood_shade)
    blade = shape("M250 470h250v-74c-110 0-200 20-250 74z", c.pale) + line("M256 470h240", c.ink, 4)
    handle = box((496, 392), (150, 54), c.main, 18) + circle(530, 419, 7, c.pale) + circle(580, 419, 7, c.pale)
    herbs = (
        oval(320, 350, (16, 34), c.leaf) + oval(372, 330, (16, 34), c.leaf) if v % 2 else circle(330, 340, 42, c.accent)
    )
    return turned(board + herbs + blade + handle, -8)


def bottles(c: Palette, v: int) -> str:
    """Draw a pump bottle, a jar and a tube for the bathroom."""
    pump = (
        box((262, 330), (130, 312), c.main, 26)
        + box((302, 286), (50, 50), c.ink, 6)
        + line("M327 290v-56h-62", c.ink, 18)
    )
    label = box((284, 420), (86, 120), c.pale, 6) + line("M304 452h46M304 480h30", c.shade, 8)
    jar = box((412, 520), (150, 122), c.light, 20) + box((406, 484), (162, 48), c.deep, 12)
    tube = shape("M430 250h84l14 220H416z", c.accent) + box((438, 462), (68, 30), c.pale, 4)
    drop = circle(520, 440, 0, c.pale) if v % 2 else box((440, 556), (94, 44), c.pale, 6)
    return (
        pump + label + tube + jar + drop + veil("M350 330h16c16 0 26 10 26 26v260c0 16-10 26-26 26h-16z", c.ink, 0.14)
    )


def soap(c: Palette, v: int) -> str:
    """Draw bars of soap in a pile, with bubbles or a leaf."""
    bars = (
        box((220, 540), (360, 100), c.main, 36)
        + box((250, 444), (300, 96), c.light, 34)
        + box((290, 354), (220, 90), c.accent, 32)
    )
    marks = oval(400, 400, (50, 22), c.pale) + line("M330 492h140", c.main, 10) + line("M300 590h200", c.shade, 10)
    top = "".join(ring(x, y, r, c.pale, 8) for x, y, r in ((330, 280, 38), (420, 220, 54), (500, 300, 26)))
    return (
        bars
        + marks
        + (
            top
            if v % 2
            else turned(oval(420, 290, (26, 66), c.leaf), 40, (420, 290))
            + turned(oval(370, 290, (22, 56), c.leaf), -30, (370, 290))
        )
    )


def lipstick(c: Palette, v: int) -> str:
    """Draw a lipstick and a compact."""
    stick = (
        box((290, 450), (120, 192), c.ink, 10)
        + box((304, 380), (92, 76), c.accent)
        + shape("M314 380V270l72-54v164z", c.main)
    )
    compact = (
        circle(520, 540, 100, c.ink)
        + circle(520, 540, 82, c.light)
        + (ring(520, 540, 50, c.main, 8) if v % 2 else circle(520, 540, 44, c.main))
    )
    return compact + stick
