"""The two ideas of the diagnosis on other people's incidents: who adds the seconds, and what surprises most.

The data are PetShop (Amazon, CC BY 4.0) and Nezha (MIT): incidents of other shops with the culprit known. *Added* is
the diagnosis' split of the added waiting: what a component adds itself, less what those add whom it calls. *Surprise*
is BARO's scorer (FSE 2024), by which the diagnosis orders its evidence. Both are reported as measured, tuned to
neither; the suspects themselves take no part, since they know this shop's signals only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from doorbuster.bench.foreign_incidents import Incident, nezha, petshop
from doorbuster.bench.measures import Measure
from doorbuster.watch.diagnosis.comparison import surprise

TOP = 3
PAST_MIN = 8

Score = Callable[[Incident, str], float]


@dataclass(frozen=True, slots=True)
class Guess:
    """Where the true culprit came in the ranking (1 is first), of how many components."""

    place: int
    among: int


def measures_of(folder: Path) -> list[Measure]:
    """Score every incident of the folder (`petshop`, `nezha-…` below it) by both ideas."""
    sets = {
        "PetShop, low traffic": list(petshop(folder / "petshop" / "low_traffic")),
        "PetShop, high traffic": list(petshop(folder / "petshop" / "high_traffic")),
        "Online Boutique": list(nezha(folder / "nezha-online-boutique")),
        "Train Ticket": list(nezha(folder / "nezha-train-ticket")),
    }
    return [measure for name, incidents in sets.items() for measure in _measured(name, incidents)]


def _measured(name: str, incidents: Sequence[Incident]) -> Iterator[Measure]:
    for idea, score in (("added", added_alone), ("surprise", largest_surprise)):
        guesses = [guess(incident, score) for incident in incidents]
        first = sum(each.place == 1 for each in guesses) / len(guesses)
        within = sum(each.place <= TOP for each in guesses) / len(guesses)
        said = f"{len(guesses)} incidents, {guesses[0].among} components"
        yield Measure(f"{name}: culprit first, by {idea}", first, "share", absolutes=said)
        yield Measure(f"{name}: among the first {TOP}, by {idea}", within, "share")


def guess(incident: Incident, score: Score) -> Guess:
    """Rank the components of an incident by a score, and return where the culprit came."""
    order = sorted(incident.components, key=lambda component: (-score(incident, component), component))
    place = order.index(incident.culprit) + 1 if incident.culprit in order else len(order) + 1
    return Guess(place, len(order))


def added_alone(incident: Incident, component: str) -> float:
    """Return what the component adds itself: its added harm a second, less that of those whom it calls."""
    return _added(incident, component) - sum(_added(incident, each) for each in incident.calls.get(component, ()))


def largest_surprise(incident: Incident, component: str) -> float:
    """Return the largest surprise of the component's metrics."""
    pairs = ((incident.before.get(key, []), now) for key, now in incident.after.items() if key[0] == component)
    return max((surprise(past, now) for past, now in pairs if len(past) >= PAST_MIN and now), default=0.0)


def _added(incident: Incident, component: str) -> float:
    """Return harm per request, worst since less usual before, times requests; the harm is what the symptom measures."""
    harm, requests = (component, incident.harm), (component, incident.requests)
    now, usual = incident.after.get(harm, []), incident.before.get(harm, [])
    if not now:
        return 0.0
    each = max(0.0, max(now) - (median(usual) if usual else 0.0))
    asked = incident.after.get(requests, [])
    return each * (median(asked) if asked else 0.0)
