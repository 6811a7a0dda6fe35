"""Reads scenarios from files, and tells a mistake with the file, the line, the key and what would be right.

Never: guesses what was meant and goes on.
"""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import msgspec

from doorbuster.drill.arrivals import Curve
from doorbuster.drill.faults.known import KNOWN
from doorbuster.drill.faults.wish import Fault
from doorbuster.drill.measured import MEASURES
from doorbuster.drill.plan import AGENTS, Habits, Journey, Pace
from doorbuster.drill.scenario import Bound, Given, Scenario, When
from doorbuster.errors import Misconfigured

OWN_SCENARIOS = Path(__file__).with_name("scenarios")
OWN_FIELDS = ("name", "folder")
"""Fields of a scenario that are not the file's to say."""

TABLES: dict[str, type[msgspec.Struct]] = {
    "": Scenario, "given": Given, "when": When, "when.habits": Habits, "when.pace": Pace, "when.faults": Fault,
}  # fmt: skip
WORDS = {
    "when.curve": get_args(Curve), "when.journey": get_args(Journey), "when.mix": get_args(Journey),
    "when.devices": tuple(AGENTS), "when.faults": tuple(KNOWN), "then": tuple(MEASURES),
}  # fmt: skip


def load(name: str) -> Scenario:
    """Read one of our own scenarios by name, or any by its file; raises Misconfigured with line and key."""
    own = OWN_SCENARIOS / f"{name}.toml"
    path = own if own.is_file() else Path(name)
    if not path.is_file():
        near = _nearest(name, names())
        hint = f"did you mean {near}? " if near else ""
        raise Misconfigured(f"there is no drill called {name!r}; {hint}known are {', '.join(names())}, or give a file")
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as fault:
        raise Misconfigured(f"{path} cannot be read: {fault}") from fault
    return msgspec.structs.replace(parse(text, str(path), path.stem), folder=str(path.parent))


def parse(text: str, file: str, name: str) -> Scenario:
    """Read a scenario's text; `file` is for messages. What was different then is read too, to find its mistakes."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise Misconfigured(f"{file}: {fault}") from None
    scenario = _converted(document, text, file, "")
    if scenario.as_it_was:
        _converted(_laid_over(document), text, file, "as_it_was")
    return msgspec.structs.replace(scenario, name=name)


def as_it_was(scenario: Scenario) -> Scenario:
    """Return the drill as it was then; raises Misconfigured where nothing is said about that."""
    if not scenario.as_it_was:
        raise Misconfigured(f"{scenario.name} does not say how it was: give it a table [as_it_was]")
    document = msgspec.to_builtins(msgspec.structs.replace(scenario, name="", folder=""))
    then = msgspec.convert(_laid_over(document), Scenario)
    return msgspec.structs.replace(then, name=f"{scenario.name}-as-it-was", folder=scenario.folder)


def names() -> list[str]:
    """Return the names of our own scenarios."""
    return sorted(path.stem for path in OWN_SCENARIOS.glob("*.toml"))


def line_of(text: str, key: str, message: str, within: str = "") -> int:
    """Return the line (from 1) on which a key such as `when.pace.poll_seconds` stands, or its table's.

    For an unknown or bad name inside a table, the message names it between backticks. `within` is the table that the
    whole document is under, for what is laid over it.
    """
    named = re.findall(r"`([\w-]+)`", message)
    wanted = re.sub(r"\[.*?\]", "", key).split(".") if key else []
    candidates = [[*wanted, name] for name in named] + [["then", name] for name in named]
    candidates += [wanted[:depth] for depth in range(len(wanted), 0, -1)]
    if within:
        candidates = [[within, *path] for path in candidates] + candidates
    paths = _paths(text)
    numbered = dict(reversed([(tuple(path), number) for number, path, _ in paths]))
    if which := re.search(r"faults\[(\d+)\]", key):
        nth = [number for number, path, heading in paths if heading and path[-2:] == ["when", "faults"]]
        begins = nth[int(which[1])] if int(which[1]) < len(nth) else 1
        for name in (*named, wanted[-1]):
            if later := [number for number, path, _ in paths if number >= begins and path[-1] == name]:
                return min(later)
        return begins
    return next((numbered[tuple(path)] for path in candidates if tuple(path) in numbered), 1)


def _converted(document: dict[str, Any], text: str, file: str, within: str) -> Scenario:
    given = [name for name in OWN_FIELDS if name in document]
    if given:
        raise Misconfigured(f"{file}, line {line_of(text, given[0], '')}, {given[0]}: the file's name says that")
    try:
        return msgspec.convert(document, Scenario)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `")
        key = path.removeprefix("key` in `").rstrip("`").removeprefix("$").removeprefix(".")
        line = line_of(text, key, message, within)
        raise Misconfigured(f"{file}, line {line}, {key or 'top'}: {message}{_hint(key, message)}") from None


def _laid_over(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with what is under `as_it_was` laid over it; its `then` replaces the other one."""
    over = document["as_it_was"]
    whole = _merged({name: value for name, value in document.items() if name != "as_it_was"}, over)
    return whole | ({"then": over["then"]} if "then" in over else {})


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {name: _merged(below[name], value) for name, value in above.items()
            if isinstance(value, dict) and isinstance(below.get(name), dict)}  # fmt: skip
    return below | above | both


def _hint(key: str, message: str) -> str:
    """Return what would be right: the nearest name, and all that are allowed there."""
    table = re.sub(r"\[.*?\]", "", key)
    wrong = re.search(r"unknown field `(\w+)`|`([\w-]+)` is n|enum value '([^']*)'", message)
    if not wrong:
        return ""
    word = next(filter(None, wrong.groups()), "")
    if "unknown field" in message:
        kind = Bound if table.startswith("then") else TABLES.get(table)
        allowed = tuple(name for name in kind.__struct_fields__ if name not in OWN_FIELDS) if kind else ()
    else:
        allowed = WORDS.get(table) or (tuple(MEASURES) if "measured" in message else (*KNOWN, *AGENTS))
    near = _nearest(word, allowed)
    said = f"; did you mean `{near}`?" if near else ""
    return said + (f" Allowed here: {', '.join(allowed)}" if allowed and "known are" not in message else "")


def _nearest(word: str, allowed: Any) -> str:
    return next(iter(difflib.get_close_matches(word, list(allowed), 1, 0.6)), "")


def _paths(text: str) -> list[tuple[int, list[str], bool]]:
    """Return (line, path, whether it is a heading) of every key and table."""
    table: list[str] = []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[+([\w.\- ]+)\]+\s*(#.*)?$", line):
            table = [part.strip() for part in heading[1].split(".")]
            found.append((number, table, True))
        elif key := re.match(r"\s*([\w.\-]+)\s*=", line):
            found.append((number, table + key[1].split("."), False))
    return found
