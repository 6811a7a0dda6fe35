"""Escalation: whom a page goes to at once, whom when nobody acknowledges, and how often that is repeated.

Promises: a cause's own policy comes before its team's; without either there is a sensible one; a page that would reach
nobody is never silent: it goes to everybody with a target.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.errors import Misconfigured
from doorbuster.journal import Actor, EventLog, append
from doorbuster.on_call.people import Person, Target, everybody
from doorbuster.on_call.rota import TEAMS, Rota
from doorbuster.watch.diagnosis import CAUSES

SQL = QueryFile("doorbuster.on_call", "on_call.sqlite.sql")
WAIT_MINUTES_MAX = 240
REPEAT_MAX = 5
STEPS_MAX = 10


class Step(msgspec.Struct, frozen=True):
    """Tell `whom` (the on-call of the team, everybody, or a person's name), then wait for an acknowledgement."""

    whom: str
    wait_minutes: int
    important: bool = False


class Policy(msgspec.Struct, frozen=True):
    """Steps in order; when the last one has passed they begin again, `repeat` times."""

    steps: tuple[Step, ...]
    repeat: int = 3

    def step(self, number: int) -> Step | None:
        """Return the step of a number that counts on over the repetitions; None when all is done."""
        rounds, place = divmod(number, len(self.steps))
        return self.steps[place] if rounds <= self.repeat else None


ON_CALL, EVERYBODY = "on-call", "everybody"
USUAL = Policy((Step(ON_CALL, 5), Step(ON_CALL, 5, important=True), Step(EVERYBODY, 10, important=True)))
"""What a team has without a policy of its own: PagerDuty's five minutes, then louder, then everybody."""
LAST = Step(EVERYBODY, 60, important=True)
"""What is done when a policy has run out and nobody has taken the page: again each hour."""


def policies(log: EventLog) -> dict[str, Policy]:
    """Return the policies that were set, by team or cause."""
    return {row["team"]: msgspec.json.decode(row["steps"], type=Policy) for row in log.fetch(SQL.policies)}


def policy_of(known: Mapping[str, Policy], team: str, cause: str = "") -> Policy:
    """Return the policy of a cause, or of its team, or the usual one."""
    return known.get(cause) or known.get(team) or USUAL


def set_policy(log: EventLog, actor: Actor, subject: str, policy: Policy, now: datetime) -> None:
    """Set the policy of a team or of a cause, and say so in the journal; raise Misconfigured for one that cannot be."""
    require_subject(subject)
    known = {ON_CALL, EVERYBODY, *(person.name for person in everybody(log).values())}
    if not 1 <= len(policy.steps) <= STEPS_MAX:
        raise Misconfigured(f"a policy has from 1 to {STEPS_MAX} steps")
    for step in policy.steps:
        if step.whom not in known:
            raise Misconfigured(f"{step.whom!r} is neither {ON_CALL}, {EVERYBODY} nor a person who is on call")
        if not 1 <= step.wait_minutes <= WAIT_MINUTES_MAX:
            raise Misconfigured(f"a step waits from 1 to {WAIT_MINUTES_MAX} minutes")
    if not 0 <= policy.repeat <= REPEAT_MAX:
        raise Misconfigured(f"a policy is repeated at most {REPEAT_MAX} times")
    with log.transaction():
        append(log, actor.line(now, "on_call.policy.set", f"on_call:{subject}", **msgspec.to_builtins(policy)))
        log.execute(SQL.set_policy, team=subject, steps=msgspec.json.encode(policy).decode())


def remove_policy(log: EventLog, actor: Actor, subject: str, now: datetime) -> bool:
    """Let a cause go its team's way again, and a team the usual one; False when it had no policy of its own."""
    with log.transaction():
        done = log.execute(SQL.remove_policy, team=subject) == 1
        if done:
            append(log, actor.line(now, "on_call.policy.remove", f"on_call:{subject}"))
    return done


def require_subject(subject: str) -> None:
    """Raise Misconfigured for what is neither a team nor a cause."""
    if subject not in CAUSES and subject not in TEAMS:
        raise Misconfigured(f"{subject!r} is neither a team ({', '.join(TEAMS)}) nor a cause ({', '.join(CAUSES)})")


def targets_of(step: Step, team: str, rota: Rota, people: Mapping[int, Person], moment: datetime) -> list[Target]:
    """Return where a step's messages go; everybody's targets when it would reach nobody."""
    chosen = [target for person in _whom(step, team, rota, people, moment) for target in _of(person, step.important)]
    return chosen or [target for person in people.values() for target in person.targets]


def _whom(step: Step, team: str, rota: Rota, people: Mapping[int, Person], moment: datetime) -> list[Person]:
    if step.whom == EVERYBODY:
        return list(people.values())
    if step.whom == ON_CALL:
        number, _ = rota.on_call(team, moment)
        return [people[number]] if number is not None and number in people else []
    return [person for person in people.values() if person.name == step.whom]


def _of(person: Person, important: bool) -> list[Target]:
    """Return the usual targets, or all of them when it is important; all of them when there are no usual ones."""
    usual = [target for target in person.targets if important or not target.important]
    return usual or list(person.targets)
