"""Who can be told, and how: people and their targets: mail addresses, or addresses that apprise reads.

Promises: an address that nothing understands is refused with an example; an address is shown masked.
"""

from dataclasses import dataclass
from datetime import datetime

import apprise

from doorbuster.database.queries import QueryFile
from doorbuster.errors import Misconfigured
from doorbuster.journal import Actor, EventLog, append
from doorbuster.web.mailboxes import is_email

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
NAME_MAX = 80
EXAMPLES = "bea@shop.example, mailto://user:password@mail.example, slack://token-a/token-b/token-c, json://host/path"

HOSTS_SHOWN = frozenset({"json", "jsons", "form", "forms", "xml", "xmls", "mailto", "mailtos"})
"""Kinds of addresses whose host is a host; elsewhere it may be a token, and a path always may."""


@dataclass(frozen=True, slots=True)
class Target:
    """A way to reach a person; an important one is used only when the usual ones were not enough."""

    id: int
    person_id: int
    url: str
    important: bool

    @property
    def masked(self) -> str:
        """Return the address as it may be shown: kind and host, secrets left out."""
        return masked(self.url)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on call."""

    id: int
    name: str
    targets: tuple[Target, ...] = ()


def everybody(log: EventLog) -> dict[int, Person]:
    """Return everybody with their targets, by number."""
    targets = [
        Target(row["id"], row["person_id"], row["url"], bool(row["important"])) for row in log.fetch(SQL.targets)
    ]
    return {
        row["id"]: Person(row["id"], row["name"], tuple(each for each in targets if each.person_id == row["id"]))
        for row in log.fetch(SQL.people)
    }


def named(log: EventLog, name: str) -> Person:
    """Return the person of a name; raise Misconfigured naming those there are."""
    people = everybody(log)
    found = next((person for person in people.values() if person.name == name), None)
    if found is None:
        known = ", ".join(person.name for person in people.values()) or "nobody yet"
        raise Misconfigured(f"nobody on call is named {name!r}; there are: {known}")
    return found


def name_of(log: EventLog, person_id: int) -> str:
    """Return the name of somebody who is or was on call, or "somebody"."""
    row = log.fetch_one(SQL.person_named_in, id=person_id)
    return str(row["name"]) if row else "somebody"


def add_person(log: EventLog, actor: Actor, name: str, now: datetime) -> int:
    """Let somebody be on call; raise Misconfigured for a name that is empty, long, or taken."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX:
        raise Misconfigured(f"a name has from 1 to {NAME_MAX} letters")
    if any(person.name == name for person in everybody(log).values()):
        raise Misconfigured(f"{name} is there already")
    with log.transaction():
        append(log, actor.line(now, "on_call.person.add", f"on_call:{name}"))
        row = log.fetch_one(SQL.add_person, name=name)
    assert row is not None
    return int(row["id"])


def remove_person(log: EventLog, actor: Actor, name: str, now: datetime) -> None:
    """Let somebody be on call no more."""
    person = named(log, name)
    with log.transaction():
        append(log, actor.line(now, "on_call.person.remove", f"on_call:{name}"))
        log.execute(SQL.remove_person, id=person.id, now=now.isoformat())


def add_target(log: EventLog, actor: Actor, name: str, url: str, *, important: bool, now: datetime) -> int:
    """Give a person a way to be reached; raise Misconfigured for an address that nothing understands."""
    person = named(log, name)
    require_address(url)
    with log.transaction():
        append(log, actor.line(now, "on_call.target.add", f"on_call:{name} {masked(url)}"))
        row = log.fetch_one(SQL.add_target, person_id=person.id, url=url, important=int(important))
    assert row is not None
    return int(row["id"])


def require_address(url: str) -> None:
    """Raise Misconfigured for an address that nothing understands."""
    if not is_email(url) and apprise.Apprise.instantiate(url) is None:
        raise Misconfigured(f"that is no address a message can go to; addresses look like {EXAMPLES}")


def remove_target(log: EventLog, actor: Actor, target_id: int, now: datetime) -> bool:
    """Take a way to reach somebody away; False when there is none of that number."""
    with log.transaction():
        done = log.execute(SQL.remove_target, id=target_id, now=now.isoformat()) == 1
        if done:
            append(log, actor.line(now, "on_call.target.remove", f"on_call:{target_id}"))
    return done


def masked(url: str) -> str:
    """Return an address with its secrets left out: what can be one is not shown, even where apprise would show it."""
    if is_email(url):
        return f"{url[0]}…@{url.rpartition('@')[2]}"
    kind = url.partition("://")[0]
    plugin = apprise.Apprise.instantiate(url) if kind in HOSTS_SHOWN else None
    return f"{kind}://{plugin.host}/…" if plugin is not None else f"{kind}://…"
