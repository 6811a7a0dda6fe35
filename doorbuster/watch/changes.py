"""What has become different: an index is gone, a setting is another one, a worker died, a release came.

Promises: what was there at the first look is no change; each change is told once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

KINDS = frozenset({
    "index_dropped", "index_created", "table_changed", "function_changed", "setting_changed", "release",
    "worker_started", "worker_died", "database_restarted", "lever",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` (seconds since 1970) something of a `kind` (one of KINDS) happened to `what`."""

    at: int
    kind: str
    what: str


class Changes:
    """Remembers how things were, so that it can tell what is different now."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._definitions: dict[tuple[str, str], str] = {}
        self._workers: dict[tuple[str, int, float], str] | None = None
        self._releases: set[str] = set()
        self._started_at = 0.0
        self._lever: int | None = None

    def of_definitions(self, now: Mapping[tuple[str, str], str], at: int) -> list[Change]:
        """Compare what the database defines: indexes, tables, functions, settings."""
        before, self._definitions = self._definitions, dict(now)
        if not before or not now:
            self._definitions = dict(now or before)
            return []
        gone = [_changed(key, None, at) for key in before if key not in now]
        new = [_changed(key, value, at) for key, value in now.items() if key not in before]
        other = [_changed(key, value, at, other=True) for key, value in now.items() if before.get(key, value) != value]
        return [*gone, *new, *other]

    def of_server(self, started_at: float, at: int) -> list[Change]:
        """Compare when the server was started, in seconds since 1970; 0 when that is not known."""
        before, self._started_at = self._started_at, started_at or self._started_at
        restarted = before and started_at and started_at != before
        return [Change(at, "database_restarted", "PostgreSQL")] if restarted else []

    def of_workers(self, living: Mapping[tuple[str, int, float], str], at: int) -> list[Change]:
        """Compare who lives: the release of each process by its name, number and start."""
        before, self._workers = self._workers, dict(living)
        releases = set(filter(None, living.values()))
        fresh, self._releases = releases - self._releases, self._releases | releases
        if before is None:
            return []
        return [
            *(Change(at, "worker_died", f"{name} ({pid})") for name, pid, _ in before.keys() - living.keys()),
            *(Change(at, "worker_started", f"{name} ({pid})") for name, pid, _ in living.keys() - before.keys()),
            *(Change(at, "release", release) for release in sorted(fresh) if before),
        ]

    def of_levers(self, pulled: Iterable[tuple[int, int, str]]) -> list[Change]:
        """Compare the levers' numbers; `pulled` are the newest, each with its number, time and words."""
        known = sorted(pulled)
        before, self._lever = self._lever, max([self._lever or 0, *(number for number, _, _ in known)])
        return [Change(at, "lever", words) for number, at, words in known if before is not None and number > before]


def _changed(key: tuple[str, str], value: str | None, at: int, *, other: bool = False) -> Change:
    kind, name = key
    if kind == "index" and not other:
        return Change(at, "index_dropped" if value is None else "index_created", name)
    if kind == "index":
        return Change(at, "index_created", f"{name} (another definition)")
    if kind == "setting":
        return Change(at, "setting_changed", f"{name} = {value}" if value is not None else f"{name} (as it comes)")
    return Change(at, f"{kind}_changed", name if other else f"{name} ({'gone' if value is None else 'new'})")
