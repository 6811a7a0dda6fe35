"""How the shop's pictures are drawn: still lifes of flat, cut shapes, in palettes made in OKLCH.

Promises: the same handle always gives the same picture, well under 4 KB of SVG; nothing in it moves, loads or scripts.
Never: asks a database, a clock or chance.

`shapes.py` writes SVG elements, `palette.py` picks harmonious colours, `scene.py` sets the stage, and each of
`wearables.py`, `furnishings.py`, `kitchen.py`, `food.py`, `tools.py`, `things.py` draws motifs at its centre.
"""
