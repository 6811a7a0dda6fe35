"""Drills that are played again and again: on a crontab's word, or by a process that never ends.

Promises: drills are played one after the other; a drill that passed and does not any more is told once, with what it
missed: on the terminal, by the exit status, and to whoever is on call. When it holds again its page is closed.
"""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorbuster.clock import Clock
from doorbuster.drill import runs
from doorbuster.drill.runs import Run
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.journal import open_event_log
from doorbuster.on_call import pages

TEAM = "platform"
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


@dataclass(frozen=True, slots=True)
class Schedule:
    """How drills of a schedule are played, where their results lie, and how what happened is told."""

    options: Sequence[str]
    home: Path
    room_url: str
    clock: Clock
    say: Callable[[str], None]


def run(names: Sequence[str], schedule: Schedule, every: float | None) -> list[str]:
    """Play the drills, again and again if `every` is given; return the names of those that stopped passing."""
    while True:
        began = time.monotonic()
        stopped = [name for name in names if _stopped_passing(name, schedule)]
        if every is None:
            return stopped
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def _stopped_passing(name: str, schedule: Schedule) -> bool:
    key = Path(name).stem
    before = runs.history(schedule.home, key)
    command = [sys.executable, "-m", "doorbuster", "drill", name, *schedule.options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,  # noqa: S603
                              timeout=DRILL_SECONDS_MAX, check=False)  # fmt: skip
        failed = f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()[-200:]}"
    except subprocess.TimeoutExpired:
        failed = f"no end within {DRILL_SECONDS_MAX} s"
    after = runs.history(schedule.home, key)
    if len(after) == len(before):
        schedule.say(f"ALERT {name} could not be played, {failed}")
        _tell_on_call(key, f"could not be played: {failed}", schedule)
        return True
    stopped, words = verdict_of(after[0], before)
    schedule.say(f"ALERT {name} {words}" if stopped else f"{name}: {words}")
    if stopped:
        _tell_on_call(key, words, schedule)
    elif after[0].holds:
        _tell_on_call(key, "", schedule)
    return stopped


def verdict_of(run: Run, before: Sequence[Run]) -> tuple[bool, str]:
    """Say whether a drill has stopped passing, and in words how it went."""
    missed = ", ".join(each.name for each in run.missed)
    if runs.stopped_passing(run, before):
        return True, f"has stopped passing at {run.commit}: {missed}"
    return False, "held" if run.holds else run.skipped or f"missed {missed}, as before"


def _tell_on_call(name: str, words: str, schedule: Schedule) -> None:
    """Page whoever is on call, once for a drill; without words the drill's page is closed.

    The control plane of this home sends it. That nobody can be told is said, and ends no schedule.
    """
    now, key = int(schedule.clock.now().timestamp()), f"drill/{name}"
    text = f"The drill {name} {words}. Play it again: doorbuster drill {name}"
    trouble = pages.Trouble(key, "", TEAM, f"Drill {name}: {words}"[:200], text, f"{schedule.room_url}/drills")
    try:
        with open_event_log(schedule.home) as log:
            if words:
                pages.notify(log, trouble, now)
            else:
                pages.close(log, key, now)
    except DoorbusterError as fault:
        schedule.say(f"ALERT nobody on call could be told of {name}: {fault}")
