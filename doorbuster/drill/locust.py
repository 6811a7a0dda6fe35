"""Writes a drill's journeys as a Locust file, for a crowd that needs more than one host.

Promises: the file needs nothing of ours; the mix, pace and pages are the scenario's; what hurts is counted as a
failure, what is told honestly is not.
"""

from importlib import resources

import msgspec

from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT, SLOW_SECONDS
from doorbuster.drill.passers_by import MATERIALS, SEARCHES_SHARE, WORDS
from doorbuster.drill.plan import AGENTS
from doorbuster.drill.scenario import Scenario


def written(scenario: Scenario) -> str:
    """Return the Locust file of a scenario, as text."""
    facts = {
        "mix": scenario.when.mix or {scenario.when.journey: 1.0},
        "devices": {AGENTS[name]: share for name, share in scenario.when.devices.items()} or {"doorbuster-drill": 1.0},
        "pace": msgspec.to_builtins(scenario.when.pace),
        "browses_first": scenario.when.habits.browses_first,
        "pages": scenario.when.pages,
        "products": scenario.given.products,
        "searches": SEARCHES_SHARE,
        "words": list(WORDS),
        "materials": list(MATERIALS),
        "slow_seconds": SLOW_SECONDS,
        "honest": sorted(HONEST_NO | HONEST_WAIT),
        "points": [list(point) for point in scenario.when.points],
        "shoppers": scenario.when.shoppers or scenario.when.lanes,
        "seconds": scenario.when.seconds,
    }
    text = resources.files("doorbuster.drill").joinpath("templates/locustfile.py.txt").read_text()
    return (
        text.replace("@name@", scenario.name)
        .replace("@title@", scenario.title.replace('"', "'"))
        .replace("@facts@", msgspec.json.format(msgspec.json.encode(facts), indent=2).decode())
    )
