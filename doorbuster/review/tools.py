"""The two tools of a review that a shop does not need to run: PostgreSQL's own parser, and squawk for migrations."""

import importlib.util
import shutil
import sys
from pathlib import Path

from doorbuster.errors import Misconfigured

INSTALL = "pip install 'doorbuster[review]' (in a checkout: make check installs it)"


def require_parser() -> None:
    """Raise Misconfigured, with how to install it, when the parser is missing."""
    if importlib.util.find_spec("pglast") is None:
        raise Misconfigured(f"a review reads SQL with pglast, which is not installed: {INSTALL}")


def find_squawk() -> Path:
    """Return the program; raise Misconfigured, with how to install it, when it is missing."""
    beside = Path(sys.executable).with_name("squawk")
    found = beside if beside.exists() else shutil.which("squawk")
    if found is None:
        raise Misconfigured(f"migrations are judged with squawk, which is not installed: {INSTALL}")
    return Path(found)
