"""Writes a drill from an incident, so that it can be played again: it must fail before the fix and pass after it.

Promises: the drill's file says what was measured and what was assumed; the crowd has the measured curve, made smaller
where a single machine could not carry it; the fault is the one that the cause names, where there is such a fault.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from doorbuster.guard import levers
from doorbuster.guard.policy import BrownOutSetting, GateSetting, LaneSetting, Limit, Setting
from doorbuster.incident.evidence import Read
from doorbuster.incident.figures import summed
from doorbuster.incident.incident import Incident
from doorbuster.journal import EventLog
from doorbuster.web.pages import moment_of

POINTS_MAX = 12
DRILL_SECONDS = 60
LEAD_SECONDS = 15
RATE_MAX = 60.0
REQUESTS_OF_A_SHOPPER = 8.0
"""Assumed where the visitors were not counted."""
HURT_THEN_LEAST = 0.05
PRODUCTS_ASSUMED = 30_000
PRODUCTS_MAX = 200_000
_MISSING = re.compile(r"The index (\w+) on \w+ is missing")
_READ = re.compile(r"reads products from end to end, ([\d,]+) rows")

Fault = Callable[[Incident], Mapping[str, object] | None]
FAULTS: Mapping[str, Fault] = {
    "missing_index": lambda it: {"kind": "drop-index", "what": index_of(it)} if index_of(it) else None,
    "database_down": lambda _: {"kind": "stop-postgres"},
    "slow_payments": lambda _: {"kind": "gateway-slow-api"},
    "lock_contention": lambda _: {"kind": "lock-pools"},
    "connection_exhaustion": lambda _: {"kind": "exhaust-connections"},
    "disk_full": lambda _: {"kind": "fill-disk"},
    "io_saturation": lambda _: {"kind": "busy-disk", "times": 2},
    "web_cpu": lambda _: {"kind": "take-processor", "times": 2},
    "memory": lambda _: {"kind": "take-memory", "times": 700},
    "job_backlog": lambda _: {"kind": "freeze-jobs"},
}
"""Cause -> the fault that brings it about; a cause that is missing comes with the crowd alone."""


def drill_of(it: Incident, read: Read, pulled: Mapping[str, Setting] | None = None) -> str:
    """Return the drill as TOML; `pulled` are the levers that were in force when it began, by name."""
    end = it.resolved_at or it.mitigated_at or it.detected_at + 600
    each = requests_of_a_visitor(it, read, end)
    points, scale = curve(read("http.requests", it.began_at - 60, end), it.began_at, each)
    fault = FAULTS[it.cause](it) if it.cause in FAULTS else None
    then = [f"commands = {json.dumps(commands)}"] if (commands := commands_of(pulled or {})) else []
    missing = fault is not None and fault["kind"] == "drop-index"
    small_disk = ["disk_megabytes = 700"] if fault and fault["kind"] == "fill-disk" else []
    browsing, buying = _mix(read, it.began_at, end, each)
    products = products_of(it)
    units = 150 if it.sale_running else 20
    made = f", made {scale:.3g} times as large" if scale != 1 else ""
    measured = (
        f"# Measured: the curve of requests{made}, {each:.1f} of each visitor; the mix of routes; the cause."
        if points
        else "# The series has forgotten that time; the crowd is an assumption."
    )
    lines = [
        f"# Incident {it.id}, {moment_of(it.began_at):%Y-%m-%d %H:%M:%S} UTC, played again.",
        measured,
        f"# Assumed: the number of {'' if products else 'products and '}orders. Put in what the shop had then.",
        f"title = {_text(it.title[:100])}",
        f'why = "Incident {it.id}: {it.cause or "cause not named"}. It must not happen twice."',
        "", "[given]", f"units = {units}", "workers = 1", f"products = {products or PRODUCTS_ASSUMED}",
        "orders = 5000", *small_disk, *([] if missing else then), "",
        "[when]", f"points = {json.dumps(points or [[0, 12], [15, 12], [20, 40], [45, 40], [60, 12]])}",
        "opens_after_seconds = 5", f"mix = {{ look = {browsing}, visit = {buying} }}",
    ]  # fmt: skip
    if fault:
        lines += ["", "[[when.faults]]", *(f"{key} = {_value(value)}" for key, value in fault.items()),
                  f"at_seconds = {LEAD_SECONDS}", "for_seconds = 20", f"cause = {_text(it.cause)}"]  # fmt: skip
    named = ["cause_named_seconds = { most = 30 }"] if fault and fault["kind"] != "drop-index" else []
    lines += ["", "[then]", "oversold_units = { most = 0 }", "audit_findings = { most = 0 }",
              "hurt_share = { most = 0.02 }", *named]  # fmt: skip
    if missing:
        lines += _as_it_was(it, then)
    return "\n".join(lines) + "\n"


def curve(
    requests: Sequence[tuple[int, float]], began_at: int, each: float = REQUESTS_OF_A_SHOPPER
) -> tuple[list[list[float]], float]:
    """Return the curve of shoppers a second over a minute, and by how much the crowd was scaled.

    `each` is how many requests one of them sends.
    """
    if len(requests) < 2:
        return [], 1.0
    first, last = max(requests[0][0], began_at - LEAD_SECONDS), requests[-1][0]
    within = [(at, rate) for at, rate in requests if at >= first]
    if len(within) < 2:
        return [], 1.0
    step = max(1, -(-len(within) // POINTS_MAX))
    means = [
        sum(rate for _, rate in within[i : i + step]) / len(within[i : i + step]) for i in range(0, len(within), step)
    ]
    shoppers = [mean / each for mean in means]
    scale = min(1.0, RATE_MAX / max(*shoppers, 1e-9)) if len(shoppers) > 1 else 1.0
    length = min(DRILL_SECONDS, max(last - first, 20))
    every = length / max(len(shoppers) - 1, 1)
    return [[round(i * every, 1), round(max(rate * scale, 0.1), 2)] for i, rate in enumerate(shoppers)], scale


def commands_of(pulled: Mapping[str, Setting]) -> list[str]:
    """Return the commands that pull levers as they were pulled."""
    found = []
    for name, setting in pulled.items():
        match setting:
            case GateSetting(on=on):
                found.append(f"lane gate {'on' if on else 'off'}")
            case BrownOutSetting(step=step):
                found.append(f"brownout set {step}")
            case LaneSetting():
                found.append(f"lane close {name.partition(':')[2]}")
            case Limit() as limit:
                counted = "--enforce" if limit.enforced else "--count-only"
                found.append(
                    f"limit set {name} --rate {limit.rate:g} --burst {limit.burst} --network-rate "
                    f"{limit.network_rate:g} --network-burst {limit.network_burst} {counted}"
                )
    return [f"{each} --reason 'as it was when it began'" for each in found]


def _as_it_was(it: Incident, then: Sequence[str]) -> list[str]:
    """Return how it was: the indexes are missing all the time, so nothing is dropped in the middle, nor mended."""
    least = max(HURT_THEN_LEAST, round((it.hurt_peak or 0.0) * 0.5, 2))
    return [
        "", "[as_it_was.given]", f"without_indexes = {json.dumps(indexes_of(it))}", *then, "",
        "[as_it_was.when]", "faults = []", "", "[as_it_was.then]", f"hurt_share = {{ least = {least} }}",
    ]  # fmt: skip


def levers_of(log: EventLog, it: Incident) -> dict[str, Setting]:
    """Return the levers that were in force when it began, by name."""
    return {name: lever.setting for name, lever in levers.policy_at(log, moment_of(it.began_at))[1].items()}


def requests_of_a_visitor(it: Incident, read: Read, until: int) -> float:
    """Return how many requests each visitor sent while it hurt; an assumption where nobody counted them."""
    sent = summed(read("http.requests", it.began_at, until))
    return min(20.0, max(1.0, sent / it.visitors_seen)) if it.visitors_seen and sent else REQUESTS_OF_A_SHOPPER


def products_of(it: Incident) -> int:
    """Return how many products the shop had, by the plan that reads them all; 0 when none does."""
    found = next((match for each in it.said.evidence if (match := _READ.search(each))), None)
    return min(PRODUCTS_MAX, int(found[1].replace(",", ""))) if found else 0


def indexes_of(it: Incident) -> list[str]:
    """Return the indexes that were missing: the one that was dropped before the others, then as the diagnosis says."""
    dropped = it.said.trigger.removeprefix("index dropped: ") if it.said.trigger.startswith("index dropped: ") else ""
    missing = [match[1] for each in it.said.evidence if (match := _MISSING.search(each))]
    return [name for name in dict.fromkeys([dropped, index_of(it), *missing]) if name]


def index_of(it: Incident) -> str:
    """Return the index that is to blame: the one that was dropped, or the one that the diagnosis names."""
    for text in (it.said.trigger, it.said.headline, it.said.remedy):
        words = text.replace(":", " ").replace(".", " ").replace(";", " ").split()
        for before, name in pairwise(words):
            if before in ("index", "dropped", "CONCURRENTLY") and name.replace("_", "").isalnum() and "_" in name:
                return name
    return ""


def _mix(read: Read, since: int, until: int, each: float) -> tuple[float, float]:
    """Return the shares of those who look and of those who buy, by the rates of two kinds of routes."""
    buying = sum(rate for _, rate in read("holds.made", since, until))
    everything = sum(rate for _, rate in read("http.requests", since, until)) / each
    share = min(0.9, max(0.1, buying / everything)) if everything else 0.3
    return round(1 - share, 2), round(share, 2)


def _value(value: object) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=True)
