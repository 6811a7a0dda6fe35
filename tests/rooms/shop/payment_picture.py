"""Draws the life of a payment for the guide, out of the moves that the database allows.

python -m tests.rooms.shop.payment_picture > docs/images/payment-life.svg
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from markupsafe import escape

from doorbuster.database.migrate import MIGRATIONS

Move = tuple[str, str, str]
WIDTH, HEIGHT, BOX, TALL = 860, 430, 132, 44
PLACES = {
    "pending": (30, 190),
    "failed": (290, 40),
    "captured": (440, 190),
    "cancelled": (290, 340),
    "refund_due": (700, 190),
    "refunded": (700, 340),
}
"""Left upper corners of the boxes."""
BESIDE = {("refunded", "refund_due")}
"""The way back of a pair of moves, drawn beside the way there."""
STYLE = """
  .box { fill: #f4f6f8; stroke: #5a6772; stroke-width: 1.5 } .good { fill: #dff3e4; stroke: #23713b }
  .word { fill: #14181c; font: 600 15px system-ui, sans-serif; text-anchor: middle }
  .move { fill: none; stroke: #5a6772; stroke-width: 1.6; marker-end: url(#tip) } .tip { fill: #5a6772 }
  @media (prefers-color-scheme: dark) {
    .box { fill: #1d2329; stroke: #9aa7b3 } .good { fill: #143d22; stroke: #62c281 }
    .word { fill: #eef2f5 } .move { stroke: #9aa7b3 } .tip { fill: #9aa7b3 }
  }
"""


def picture(moves: Sequence[Move]) -> str:
    """Return the picture; every arrow carries its reason as a title."""
    arrows = "\n".join(_arrow(*move) for move in sorted(moves))
    boxes = "\n".join(_box(state, *place) for state, place in PLACES.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">\n'
        f'<title id="title">The life of a payment</title>\n<style>{STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path class="tip" d="M0 0 10 5 0 10z"/></marker></defs>\n{arrows}\n{boxes}\n</svg>\n'
    )


def _box(state: str, left: int, top: int) -> str:
    kind = "box good" if state in ("captured", "refunded") else "box"
    return (
        f'<rect class="{kind}" x="{left}" y="{top}" width="{BOX}" height="{TALL}" rx="8"/>'
        f'<text class="word" x="{left + BOX // 2}" y="{top + 27}">{state.replace("_", " ")}</text>'
    )


def _arrow(before: str, after: str, why: str) -> str:
    """Draw a move as a curve from the edge of one box to the edge of the other."""
    (x0, y0), (x1, y1) = _edge(before, after), _edge(after, before)
    bend = 46 if {before, after} == {"pending", "refund_due"} else 0
    if (before, after) in BESIDE:
        x0, x1 = x0 + 24, x1 + 24
    middle_x, middle_y = (x0 + x1) // 2, (y0 + y1) // 2 + bend * 2
    return f'<path class="move" d="M{x0} {y0} Q{middle_x} {middle_y} {x1} {y1}"><title>{escape(why)}</title></path>'


def _edge(state: str, towards: str) -> tuple[int, int]:
    left, top = PLACES[state]
    to_left, to_top = PLACES[towards]
    if {state, towards} == {"pending", "refund_due"}:
        return left + BOX // 2, top + TALL
    if abs(to_left - left) >= BOX:
        return (left + BOX if to_left > left else left), top + TALL // 2
    return left + BOX // 2, (top + TALL if to_top > top else top)


def written_moves(noun: str) -> list[Move]:
    """Read the moves of a noun where they are written down."""
    text = "\n".join(path.read_text() for path in sorted(Path(MIGRATIONS).glob("*.sql")))
    return re.findall(rf"\('{noun}',\s+'(\w+)',\s+'(\w+)',\s+'([^']+)'\)", text)


if __name__ == "__main__":
    sys.stdout.write(picture(written_moves("payments")))
