"""SVG elements as text, on a sheet of 800 by 800; the floor is at y = 600 and things stand at about y = 640."""


def circle(x: float, y: float, radius: float, fill: str) -> str:
    """Return a disc."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'


def ring(x: float, y: float, radius: float, colour: str, width: float) -> str:
    """Return a circle's line."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def oval(x: float, y: float, radii: tuple[float, float], fill: str) -> str:
    """Return an ellipse with its horizontal and vertical radius."""
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{radii[0]:g}" ry="{radii[1]:g}" fill="{fill}"/>'


def box(at: tuple[float, float], size: tuple[float, float], fill: str, round_by: float = 0) -> str:
    """Return a rectangle by its upper left corner and size, its corners rounded."""
    rounded = f' rx="{round_by:g}"' if round_by else ""
    return f'<rect x="{at[0]:g}" y="{at[1]:g}" width="{size[0]:g}" height="{size[1]:g}"{rounded} fill="{fill}"/>'


def shape(outline: str, fill: str) -> str:
    """Return a filled outline, given as an SVG path."""
    return f'<path d="{outline}" fill="{fill}"/>'


def line(course: str, colour: str, width: float) -> str:
    """Return a line with round ends along an SVG path."""
    return (
        f'<path d="{course}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def veil(outline: str, colour: str, opacity: float = 0.14) -> str:
    """Return a see-through outline: the side away from the light."""
    return f'<path d="{outline}" fill="{colour}" opacity="{opacity:g}"/>'


def turned(inner: str, degrees: float, around: tuple[float, float] = (400, 400)) -> str:
    """Return the elements turned clockwise around a point."""
    return f'<g transform="rotate({degrees:g} {around[0]:g} {around[1]:g})">{inner}</g>'


def moved(inner: str, by: tuple[float, float], scale: float = 1) -> str:
    """Return the elements shrunk or grown, then moved."""
    grown = f" scale({scale:g})" if scale != 1 else ""
    return f'<g transform="translate({by[0]:g} {by[1]:g}){grown}">{inner}</g>'
