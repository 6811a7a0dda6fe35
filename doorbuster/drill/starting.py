"""A scenario to begin with: `doorbuster drill new NAME` writes it, with a word on every key."""

import re
from pathlib import Path

from doorbuster.errors import Misconfigured

TEMPLATE = Path(__file__).with_name("templates") / "scenario.toml.txt"


def write(name: str, folder: Path) -> Path:
    """Write the commented scenario; raises Misconfigured for a bad name or when the file is there already."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise Misconfigured(f"{name!r} cannot be a drill's name: use small letters, digits and hyphens")
    path = folder / f"{name}.toml"
    try:
        with path.open("x") as file:
            file.write(TEMPLATE.read_text().replace("NAME", name))
    except FileExistsError:
        raise Misconfigured(f"{path} is there already; choose another name or delete it") from None
    except OSError as fault:
        raise Misconfigured(f"{path} cannot be written: {fault.strerror}") from fault
    return path
