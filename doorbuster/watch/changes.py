"""What has become different: an index is gone, a setting is another one, a worker died, a release came.

Promises: what was there at the very first look is no change; each change is told once, also one that happened while
the control plane was down.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from doorbuster.watch.collector import Identity

KINDS = frozenset({
    "index_dropped", "index_created", "table_changed", "function_changed", "setting_changed", "release",
    "worker_started", "worker_died", "worker_left", "worker_silent", "worker_back", "database_restarted", "lever",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` (seconds since 1970) something of a `kind` (one of KINDS) happened to `what`."""

    at: int
    kind: str
    what: str


class _Known(msgspec.Struct):
    """How things were at the last look; `definitions` by kind and name, with a blank between."""

    definitions: dict[str, str] = {}
    releases: list[str] = []
    started_at: float = 0.0
    lever: int | None = None


class Changes:
    """Remembers how things were, so that it can tell what is different now."""

    def __init__(self, kept: str = "") -> None:
        """Begin with what `kept()` returned before a restart, or knowing nothing."""
        self._known = _Known()
        with suppress(msgspec.DecodeError):
            self._known = msgspec.json.decode(kept, type=_Known)
        self._workers: frozenset[Identity] | None = None
        self._silent: set[Identity] = set()

    def kept(self) -> str:
        """Return what must outlive a restart: a deployment changes things while nobody looks."""
        return msgspec.json.encode(self._known).decode()

    def of_definitions(self, now: Mapping[tuple[str, str], str], at: int) -> list[Change]:
        """Compare what the database defines: indexes, tables, functions, settings."""
        new = {f"{kind} {name}": value for (kind, name), value in now.items()}
        if not new or new == self._known.definitions:
            return []
        old, self._known.definitions = self._known.definitions, new
        if not old:
            return []
        names = sorted(old.keys() | new.keys())
        return [_changed(name, old.get(name), new.get(name), at) for name in names if old.get(name) != new.get(name)]

    def of_server(self, started_at: float, at: int) -> list[Change]:
        """Compare when the server was started, in seconds since 1970; 0 when that is not known."""
        before = self._known.started_at
        self._known.started_at = started_at or before
        return [Change(at, "database_restarted", "PostgreSQL")] if before and self._known.started_at != before else []

    def of_workers(self, living: Iterable[Identity], left: Iterable[Identity], at: int) -> list[Change]:
        """Compare who lives; who is not heard of any more is silent until another one of its name has come."""
        before, now, ended = self._workers, frozenset(living), frozenset(left)
        self._workers = now
        if before is None:
            return []
        gone, came, was_silent = before - now, now - before, frozenset(self._silent)
        names = {name for name, _, _ in came}
        dead = {each for each in gone | was_silent if each[0] in names} - now - ended
        self._silent = (self._silent | gone) - dead - ended - now
        told: tuple[tuple[str, Iterable[Identity]], ...] = (
            ("worker_left", gone & ended), ("worker_died", dead), ("worker_silent", self._silent - was_silent),
            ("worker_back", came & was_silent), ("worker_started", came - was_silent),
        )  # fmt: skip
        return [Change(at, kind, f"{name} ({pid})") for kind, those in told for name, pid, _ in sorted(those)]

    def of_releases(self, running: Iterable[str], at: int) -> list[Change]:
        """Compare which releases run; one that ran before and comes again is a change, too."""
        before, now = self._known.releases, sorted(filter(None, set(running)))
        if not now or now == before:
            return []
        self._known.releases = now
        return [Change(at, "release", release) for release in now if before and release not in before]

    def of_levers(self, pulled: Iterable[tuple[int, int, str]]) -> list[Change]:
        """Compare the levers' numbers; `pulled` are the newest, each with its number, time and words."""
        levers = sorted(pulled)
        before = self._known.lever
        self._known.lever = max([before or 0, *(number for number, _, _ in levers)])
        return [Change(at, "lever", words) for number, at, words in levers if before is not None and number > before]


def _changed(key: str, old: str | None, new: str | None, at: int) -> Change:
    kind, _, name = key.partition(" ")
    if kind == "index":
        return Change(at, "index_dropped" if new is None else "index_created", name)
    if kind == "setting":
        return Change(at, "setting_changed", f"{name} = {new}" if new is not None else f"{name} (as it comes)")
    return Change(at, f"{kind}_changed", name if old and new else f"{name} ({'new' if new else 'gone'})")
