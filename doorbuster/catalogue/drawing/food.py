"""Motifs to eat and drink."""

from doorbuster.catalogue.drawing.palette import Palette
from doorbuster.catalogue.drawing.shapes import box, circle, line, oval, shape, turned, veil


def bread(c: Palette, v: int) -> str:
    """Draw a loaf, or a round one, with its cuts."""
    crust, crumb = c.wood, c.wood_shade
    if v % 2:
        loaf = shape("M170 560c-20-150 60-240 230-240s250 90 230 240c-4 50-30 80-80 80H250c-50 0-76-30-80-80z", crust)
        cuts = line("M300 400l50 90M390 384l50 96M480 400l40 84", c.pale, 18)
        return (
            loaf + veil("M470 326c120 20 176 110 160 234-4 50-30 80-80 80H430c80-60 100-220 40-314z", crumb, 0.5) + cuts
        )
    long = box((130, 400), (540, 150), crust, 75)
    cuts = line("M240 430l60 86M340 430l60 86M440 430l60 86M540 430l50 72", c.pale, 18)
    return turned(long + veil("M140 490h520c-10 40-40 60-70 60H205c-40 0-60-30-65-60z", crumb, 0.5) + cuts, -18)


def fruit(c: Palette, v: int) -> str:
    """Draw apples, or a pear, with a leaf."""
    leaf = shape("M410 262c10-70 70-100 130-90-4 70-60 104-130 90z", c.leaf)
    stalk = line("M400 312c0-40 6-60 20-90", c.wood_shade, 14)
    if v % 2:
        pear = shape(
            (
                "M400 250c60 0 80 50 86 110 60 40 84 100 84 150 0 90-70 132-170 "
                "132s-170-42-170-132c0-50 24-110 84-150 6-60 26-110 86-110z"
            ),
            c.main,
        )
        return pear + line("M310 500c4-40 20-64 44-84", c.light, 20) + stalk + leaf
    apple = (
        "M400 330c40-40 190-50 190 120 0 110-70 192-130 192-30 0-40-12-60-12s-30 12-60 "
        "12c-60 0-130-82-130-192 0-170 150-160 190-120z"
    )
    return (
        shape(apple, c.main)
        + veil("M470 310c70 0 120 40 120 140 0 110-70 192-130 192 60-80 70-230 10-332z", c.ink, 0.1)
        + line("M262 450c4-40 20-64 52-76", c.light, 20)
        + stalk
        + leaf
    )


def vegetable(c: Palette, v: int) -> str:
    """Draw carrots, or an aubergine."""
    tops = line("M400 260c-30-60-70-80-110-84M400 260c0-70 0-100 4-130M400 260c30-60 70-80 110-84", c.leaf, 22)
    if v % 2:
        body = shape("M320 300c0-50 160-50 160 0-4 140-30 270-80 350-50-80-76-210-80-350z", c.accent)
        rings = line("M330 360h50M470 420h-44M344 470h40M440 530h-28", c.deep, 9)
        return tops + body + rings
    body = shape("M300 330c40-60 160-60 200 0 70 90 80 310-100 312S230 420 300 330z", c.main)
    crown = shape("M290 340c30-90 190-90 220 0-40-20-60 20-110 20s-70-40-110-20z", c.leaf)
    return (
        body + line("M300 520c-6-60 6-96 30-126", c.light, 18) + crown + line("M400 280c0-40 10-60 30-76", c.leaf, 22)
    )


def fish(c: Palette, v: int) -> str:
    """Draw a fish on a plate."""
    dish = oval(400, 470, (310, 150), c.pale) + oval(400, 470, (262, 118), c.halo)
    body = shape("M170 470c80-130 270-150 370-10l90-80v170l-90-70c-100 130-290 120-370-10z", c.main)
    eye = circle(242, 454, 13, c.pale) + circle(242, 454, 6, c.ink)
    scales = line("M330 410q30 56 0 116M400 404q30 62 0 124M466 424q24 46 0 86", c.light, 9)
    return dish + body + eye + scales + (circle(560, 560, 44, c.accent) + circle(560, 560, 28, c.pale) if v % 2 else "")


def meat(c: Palette, v: int) -> str:
    """Draw a steak with its bone."""
    cut = "M190 420c0-120 110-190 230-180 130 10 210 90 190 200-20 110-130 190-250 190-110 0-170-90-170-210z"
    sprig = (
        line("M560 600c40-60 40-110 30-160", c.leaf, 8)
        + oval(584, 480, (9, 22), c.leaf)
        + oval(572, 540, (9, 22), c.leaf)
    )
    marbling = line("M300 360c40-30 80-30 110-10M290 470c60-40 120-20 160 20M420 560c40-10 70-40 90-70", c.pale, 10)
    return (
        shape(cut, c.shade)
        + turned(
            shape(
                "M230 420c0-90 90-150 190-140 110 8 170 70 156 160-16 90-106 150-206 150-90 0-140-70-140-170z", c.main
            ),
            0,
        )
        + marbling
        + circle(480, 370, 40, c.pale)
        + (sprig if v % 2 else "")
    )


def cheese(c: Palette, v: int) -> str:
    """Draw a wedge of cheese, or a bottle of milk."""
    if v % 2:
        milk = shape(
            "M330 190h140v90c50 40 66 80 66 130v180c0 32-18 52-50 52H314c-32 0-50-20-50-52V410c0-50 16-90 66-130z",
            c.pale,
        )
        return (
            milk
            + box((318, 150), (164, 56), c.main, 12)
            + box((264, 430), (272, 120), c.accent)
            + circle(400, 490, 38, c.pale)
        )
    wedge = shape("M150 470L520 280c80 20 130 90 130 190z", "#f4d58a") + box((150, 470), (500, 160), "#e9b94e", 6)
    holes = (
        circle(270, 540, 34, "#c9932f")
        + circle(430, 580, 24, "#c9932f")
        + circle(540, 530, 38, "#c9932f")
        + oval(500, 400, (40, 24), "#e9b94e")
    )
    return wedge + holes


def chocolate(c: Palette, v: int) -> str:
    """Draw chocolates in a box, or a cake."""
    if v % 2:
        stand = (
            box((384, 580), (32, 50), c.pale) + oval(400, 580, (220, 26), c.pale) + oval(400, 634, (110, 14), c.pale)
        )
        cake = box((232, 400), (336, 170), c.main, 18) + shape(
            "M232 420c0-50 336-50 336 0v40c-30 40-56-10-84 10s-56 30-84 0-56 40-84 10-54 20-84-20z", c.pale
        )
        return stand + cake + circle(400, 360, 34, c.accent) + line("M400 330c4-30 20-44 40-50", c.leaf, 8)
    tray = box((190, 250), (420, 350), c.main, 30) + box((216, 276), (368, 298), c.pale, 18)
    dots = "".join(
        circle(280 + 120 * (i % 3), 352 + 146 * (i // 3), 48, (c.wood_shade, c.accent, c.deep)[(i + v) % 3])
        for i in range(6)
    )
    swirls = "".join(line(f"M{256 + 120 * (i % 3)} {352 + 146 * (i // 3)}q24-24 48 0", c.pale, 8) for i in range(6))
    return turned(tray + dots + swirls, -6)


def wine(c: Palette, v: int) -> str:
    """Draw a bottle, with a glass beside it."""
    bottle = "M296 150h68v150c0 40 40 50 40 110v200c0 20-12 32-32 32h-84c-20 0-32-12-32-32V410c0-60 40-70 40-110z"
    glass = shape("M452 360h144c12 96-10 150-72 150s-84-54-72-150z", c.pale) + shape(
        "M449 420h150c-6 60-28 90-75 90s-70-30-75-90z", c.deep
    )
    stem = box((519, 508), (10, 120), c.pale) + oval(524, 632, (60, 11), c.pale)
    label = box((256, 450), (148, 116), c.pale) + (
        circle(330, 508, 34, c.accent) if v % 2 else line("M286 490h88M286 522h60", c.accent, 12)
    )
    return (
        shape(bottle, c.main)
        + box((292, 142), (76, 74), c.accent, 6)
        + label
        + veil("M366 210h-2v90c0 40 40 50 40 110v200c0 20-12 32-32 32h-20c20-60 10-200 14-432z", c.ink, 0.2)
        + glass
        + stem
    )
