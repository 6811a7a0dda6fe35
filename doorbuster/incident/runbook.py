"""Reads a runbook opened from an incident: its text, this hour's numbers in it, and the steps that can be done here.

A step is a command line of the house in the runbook's text (`doorbuster brownout set 3 --reason "…" --for 15m`), or a
line of a fenced block that is called `action`:

    ```action
    cancel query search_products
    end session 4711 --of psql
    end session blocker
    end sessions "nightly report"
    renew workers
    restart database
    create index products_search
    ```

Promises: what is not understood is a mistake with its line, and no step; nothing is done by reading.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources
from typing import Literal

from doorbuster.guard.classes import CLASSES
from doorbuster.guard.lanes import LANES
from doorbuster.incident.evidence import number
from doorbuster.web.brownout import STEPS

Kind = Literal["brownout", "lane", "limit", "gate", "cancel", "end", "end_idle", "renew", "restart", "index"]

FOLDER = resources.files("doorbuster.watch").joinpath("runbooks")
BLOCKER = "blocker"
"""Instead of a process's number: the session that most others wait for."""
UNITS = {"s": 1, "m": 60, "h": 3600}
APPLICATION_BYTES = 64
LASTS_BY_DEFAULT = timedelta(minutes=15)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COMMAND = re.compile(r"doorbuster ((?:brownout|lane|limit) [^`\n]+)")
_SIGNAL = re.compile(r"\{\{ *([a-z_]+\.[a-z0-9_.:-]+) *\}\}")


@dataclass(frozen=True, slots=True)
class Action:
    """One step that can be done: its kind, what it is about, its options, and how long it lasts if it is a lever.

    `of` is the program whose session is meant, where a session is.
    """

    kind: Kind
    what: str = ""
    options: Mapping[str, float] = field(default_factory=dict)
    lasts: timedelta = LASTS_BY_DEFAULT
    line: str = ""
    of: str = ""

    @property
    def can_be_undone(self) -> bool:
        """Say whether it can be taken back: levers can; a cancelled query cannot be run again by us."""
        return self.kind in ("brownout", "lane", "limit", "gate")


class NotUnderstood(ValueError):
    """A line that is no action; the message says what is wrong with it."""


def parse(line: str) -> Action:
    """Read one action; raise NotUnderstood."""
    try:
        words = shlex.split(line)
    except ValueError as fault:
        raise NotUnderstood(f"{line!r}: {fault}") from fault
    plain, options = _options(words, line)
    read = _READERS.get(" ".join(plain[:2]))
    if read is None:
        raise NotUnderstood(f"{line!r} is no action; there are {', '.join(_READERS)}")
    kind, what = read(plain[2:], line)
    lasts, of = _span(options.pop("for", ""), line), options.pop("of", "")
    if of and kind != "end":
        raise NotUnderstood(f"{line!r}: --of is no option of it")
    numbers = {name: _number(value, line) for name, value in options.items() if name != "reason"}
    if numbers and (kind != "limit" or numbers.keys() - {"rate", "burst", "network-rate", "network-burst"}):
        raise NotUnderstood(f"{line!r}: --{next(iter(numbers))} is no option of it")
    named = {name.replace("-", "_"): value for name, value in numbers.items()}
    return Action(kind, what, named, lasts, line.strip(), of)


def actions_in(text: str) -> tuple[list[Action], list[str]]:
    """Return the actions of a runbook in order, and its mistakes, each with its line's number."""
    found: list[Action] = []
    mistakes, fenced = [], False
    for index, line in enumerate(text.splitlines(), start=1):
        if line.strip().startswith("```"):
            fenced = line.strip() == "```action"
            continue
        for command in [line.strip()] if fenced and line.strip() else _COMMAND.findall(line):
            try:
                action = parse(command)
            except NotUnderstood as mistake:
                if fenced:
                    mistakes.append(f"line {index}: {mistake}")
                continue
            if action not in found:
                found.append(action)
    return found, mistakes


def text_of(rule: str) -> str | None:
    """Return the runbook of an alert's rule (`CustomersHurt`), or None when there is none."""
    name = kebab(rule)
    path = FOLDER.joinpath(f"{name}.md")
    return path.read_text(encoding="utf-8") if _NAME.fullmatch(name.replace("-", "_")) and path.is_file() else None


def filled(text: str, values: Mapping[str, float]) -> str:
    """Put this hour's numbers where the text names a signal in double braces; one that is not known is a dash."""
    return _SIGNAL.sub(lambda found: number(values[found[1]]) if found[1] in values else "–", text)


def kebab(rule: str) -> str:
    """Return the name of a rule as its runbook has it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", rule).lower()


def _options(words: Sequence[str], line: str) -> tuple[list[str], dict[str, str]]:
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or plain == ["end", "sessions"]:
            plain.append(word)
            continue
        if not rest:
            raise NotUnderstood(f"{line!r}: {word} needs a value")
        options[word.removeprefix("--")] = rest.pop(0)
    return plain, options


def _one_of(kind: Kind, known: Sequence[str]) -> Callable[[Sequence[str], str], tuple[Kind, str]]:
    def read(rest: Sequence[str], line: str) -> tuple[Kind, str]:
        if len(rest) != 1 or rest[0] not in known:
            raise NotUnderstood(f"{line!r}: choose one of {', '.join(known)}")
        return kind, rest[0]

    return read


def _named(kind: Kind) -> Callable[[Sequence[str], str], tuple[Kind, str]]:
    def read(rest: Sequence[str], line: str) -> tuple[Kind, str]:
        if len(rest) != 1 or not _NAME.fullmatch(rest[0]):
            raise NotUnderstood(f"{line!r}: one name is needed, such as products_search")
        return kind, rest[0]

    return read


def _session(rest: Sequence[str], line: str) -> tuple[Kind, str]:
    if len(rest) != 1 or not re.fullmatch(rf"[1-9][0-9]{{0,9}}|{BLOCKER}", rest[0]):
        raise NotUnderstood(f"{line!r}: the number of a process is needed, or {BLOCKER}")
    return "end", rest[0]


def _application(rest: Sequence[str], line: str) -> tuple[Kind, str]:
    if len(rest) != 1 or not rest[0].isprintable() or len(rest[0].encode()) >= APPLICATION_BYTES:
        raise NotUnderstood(f"{line!r}: the name of a program at the database is needed, in quotes if it has blanks")
    return "end_idle", rest[0]


def _bare(kind: Kind) -> Callable[[Sequence[str], str], tuple[Kind, str]]:
    def read(rest: Sequence[str], line: str) -> tuple[Kind, str]:
        if rest:
            raise NotUnderstood(f"{line!r}: nothing follows")
        return kind, ""

    return read


_READERS: Mapping[str, Callable[[Sequence[str], str], tuple[Kind, str]]] = {
    "brownout set": _one_of("brownout", [str(step) for step in range(len(STEPS))]),
    "lane close": _one_of("lane", [lane.name for lane in LANES]),
    "lane gate": _one_of("gate", ["on", "off"]),
    "limit set": _one_of("limit", list(CLASSES)),
    "cancel query": _named("cancel"),
    "end session": _session,
    "end sessions": _application,
    "renew workers": _bare("renew"),
    "restart database": _bare("restart"),
    "create index": _named("index"),
}


def _span(text: str, line: str) -> timedelta:
    if not text:
        return LASTS_BY_DEFAULT
    found = re.fullmatch(r"([1-9][0-9]{0,3})([smh])", text)
    if not found:
        raise NotUnderstood(f"{line!r}: {text!r} is no span of time; write 90s, 15m or 2h")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _number(text: str, line: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NotUnderstood(f"{line!r}: {text!r} is no number") from None
