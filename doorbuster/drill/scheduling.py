"""Drills that are played again and again: on a crontab's word, or by a process that never ends.

Promises: drills are played one after the other; a drill that passed and does not any more is told once, with what it
missed; whoever runs it learns that by the exit status as well.
"""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from doorbuster.drill import runs
from doorbuster.errors import Misconfigured

UNITS = {"m": 60, "h": 3_600, "d": 86_400}
DRILL_SECONDS_MAX = 3_600


def seconds(text: str) -> float:
    """Read 30m, 6h or 1d; raises Misconfigured for anything else."""
    if not (found := re.fullmatch(r"(\d{1,4})([mhd])", text)) or int(found[1]) == 0:
        raise Misconfigured(f"{text!r} is no time: write 30m, 6h or 1d")
    return float(int(found[1]) * UNITS[found[2]])


def crontab(expression: str, names: Sequence[str], options: Sequence[str], home: Path) -> str:
    """Return the line for a crontab that plays the drills; raises Misconfigured for what is no cron expression."""
    if len(expression.split()) != 5 or not re.fullmatch(r"[\d*/,\- A-Za-z]+", expression):
        raise Misconfigured(f"{expression!r} is no cron expression: five fields, such as '15 3 * * *'")
    command = shlex.join([sys.executable, "-m", "doorbuster", "drill", "schedule", *names, "--once", *options])
    return f"{expression} cd {shlex.quote(str(Path.cwd()))} && DOORBUSTER_HOME={shlex.quote(str(home))} {command}"


def run(
    names: Sequence[str], options: Sequence[str], home: Path, every: float | None, say: Callable[[str], None]
) -> list[str]:
    """Play the drills, again and again if `every` is given; return the names of those that stopped passing."""
    while True:
        began = time.monotonic()
        stopped = [name for name in names if _stopped_passing(name, options, home, say)]
        if every is None:
            return stopped
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def _stopped_passing(name: str, options: Sequence[str], home: Path, say: Callable[[str], None]) -> bool:
    key = Path(name).stem
    before = runs.history(home, key)
    command = [sys.executable, "-m", "doorbuster", "drill", name, *options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,  # noqa: S603
                              timeout=DRILL_SECONDS_MAX, check=False)  # fmt: skip
        failed = f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()[-200:]}"
    except subprocess.TimeoutExpired:
        failed = f"no end within {DRILL_SECONDS_MAX} s"
    after = runs.history(home, key)
    if len(after) == len(before):
        say(f"ALERT {name} could not be played, {failed}")
        return True
    missed = ", ".join(each.name for each in after[0].missed)
    if runs.stopped_passing(after[0], before):
        say(f"ALERT {name} has stopped passing at {after[0].commit}: {missed}")
        return True
    say(f"{name}: " + ("held" if after[0].holds else after[0].skipped or f"missed {missed}, as before"))
    return False
