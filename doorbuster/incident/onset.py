"""When it began to hurt, found in the series: detection always comes later, and the clock starts with the customer.

Promises: pure; None where the series does not show a beginning, so that the time to detect is never a false zero.
"""

from collections.abc import Sequence
from statistics import median

HURT_FROM = 0.01
LOOK_BACK_SECONDS = 1_800
CALM_SECONDS = 5
WINDOW_SECONDS = 10

Points = Sequence[tuple[int, float]]


def impact_start(hurt: Points, detected_at: int) -> int | None:
    """Return the second in which customers began to be hurt, from `hurt.share` around the detection.

    It is the change point that splits what was before the detection into a calm and a hurt part with the least sum of
    squares (the likelihood ratio for a change of mean; Page 1954, Hinkley 1970). The share is one of the ten seconds
    before, so a change shows as a ramp: the beginning is the foot of it.
    """
    before = [
        (at, share) for at, share in hurt if detected_at - LOOK_BACK_SECONDS <= at <= detected_at + WINDOW_SECONDS
    ]
    if len(before) < CALM_SECONDS + 1:
        return None
    values = [share for _, share in before]
    split = _change_point(values)
    calm = median(values[:split])
    if sum(values[split:]) / len(values[split:]) < max(HURT_FROM, 2 * calm):
        return None
    threshold = max(HURT_FROM, calm * 1.5)
    while split > 0 and values[split - 1] > threshold:
        split -= 1
    while split < len(values) - 1 and values[split] <= threshold:
        split += 1
    return before[split][0]


def quiet_since(hurt: Points, now: int) -> int | None:
    """Return since when nobody has been hurt, or None while somebody is or nothing is known."""
    since = None
    for at, share in reversed(hurt):
        if at > now:
            continue
        if share > HURT_FROM:
            break
        since = at
    return since


def _change_point(values: Sequence[float]) -> int:
    """Return where the second part begins, if one mean is right for each of two parts."""
    count, total = len(values), sum(values)
    best, split, left = -1.0, 1, 0.0
    for index in range(1, count):
        left += values[index - 1]
        # The sum of squares between the parts; the greater it is, the less is left within them.
        between = (left / index - (total - left) / (count - index)) ** 2 * index * (count - index) / count
        if between > best:
            best, split = between, index
    return split
