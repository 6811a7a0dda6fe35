"""When shoppers come: open loop, so a slow shop does not make the crowd polite."""

import math
import random
from typing import Literal

Curve = Literal["uniform", "poisson", "ramp", "at_once"]


def arrivals(curve: Curve, shoppers: int, seconds: float, chance: random.Random) -> list[float]:
    """Return each shopper's arrival, in seconds from the start, sorted; the same chance gives the same crowd.

    `uniform` is evenly spaced, `poisson` independent of each other (sorted uniform draws: a Poisson process given its
    count), `ramp` grows linearly from nothing, `at_once` has everybody there at the start.
    """
    assert shoppers >= 0
    assert seconds >= 0
    match curve:
        case "uniform":
            return [seconds * (index + 0.5) / shoppers for index in range(shoppers)]
        case "poisson":
            return sorted(seconds * chance.random() for _ in range(shoppers))
        case "ramp":
            return sorted(seconds * math.sqrt(chance.random()) for _ in range(shoppers))
        case "at_once":
            return [0.0] * shoppers
