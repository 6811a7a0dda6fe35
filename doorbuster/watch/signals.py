"""The shop in numbers, second by second: what all processes counted, under names that alerts and diagnosis read.

Promises: one flat set of names; a name that is missing was not known; the names are bounded by routes, queries, tables
and sales, never by what is sent to us. docs/guide/watch.md says what each of them means.
Never: waits for anything: it is arithmetic on what has already arrived.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from doorbuster.metrics import Labels
from doorbuster.watch.collector import Collector, Process
from doorbuster.watch.rates import Rates
from doorbuster.watch.window import WINDOW_SECONDS, Window
from doorbuster.web.measured import REFUSED

REQUESTS = "doorbuster_http_requests_total"
REQUEST_SECONDS = "doorbuster_http_request_duration_seconds"
SLOW = "doorbuster_http_slow_total"
CPU_SECONDS, CPU_WAIT = "doorbuster_process_cpu_seconds_total", "doorbuster_process_cpu_wait_seconds_total"
WARM_UP_TICKS = 3
WEB, JOBS = "web", "jobs"


@dataclass(frozen=True, slots=True)
class Tick:
    """The signals of the second that ended at `at` (seconds since 1970)."""

    at: int
    values: Mapping[str, float]


class Signals:
    """Makes the part of a tick that the processes' own counting gives."""

    def __init__(self) -> None:
        """Begin without a past."""
        self._window, self._rates = Window(), Rates()
        self._started: dict[str, float] = {}
        self._cores: dict[str, float] = {}
        self._turn = 0

    def of(self, collector: Collector, now_seconds: float) -> dict[str, float]:
        """Return the signals of the second that ended now (monotonic); to be called about each second."""
        self._turn += 1
        living = collector.living(now_seconds)
        web = [each for each in living if each.snapshot.process.startswith(WEB)]
        workers = sum(each.snapshot.process.startswith(JOBS) for each in living)
        silent = [each.snapshot.process for each in collector.silent(now_seconds)]
        known = {
            "jobs.workers": float(workers),
            "jobs.silent": float(sum(name.startswith(JOBS) for name in silent)),
            "web.silent": float(sum(name.startswith(WEB) for name in silent)),
        }
        processes = {**self._of_processes(web, now_seconds), **known}
        # Workers that ran before bring all they ever counted with their first push; that is not the growth of a second.
        if self._turn < WARM_UP_TICKS:
            return processes
        self._window.add(collector.totals(), now_seconds)
        if not self._window.is_warm:
            return processes
        gauges = {**_gauges(living), **_busiest(web), **_in_flight(living)}
        found: dict[str, float | None] = {
            **self._http(gauges.get("http.overdue", 0.0)), **self._guard(), **self._queries(), **self._others(),
            **self._business(),
        }  # fmt: skip
        return {**processes, **{name: value for name, value in found.items() if value is not None}, **gauges}

    def _http(self, overdue: float) -> dict[str, float | None]:
        window = self._window
        errors, slow = window.rate(REQUESTS, _is_error), window.rate(SLOW, _of_shop)
        p50, p95, p99 = window.percentiles(REQUEST_SECONDS, (0.50, 0.95, 0.99), _answered)
        values = {
            "http.requests": window.rate(REQUESTS, _of_shop), "http.errors": errors, "http.slow": slow,
            "http.refused": window.rate(REQUESTS, _is_refusal),
            "http.p50": p50, "http.p95": p95, "http.p99": p99,
            "http.seconds": window.rate(REQUEST_SECONDS, _of_shop), "hurt.share": self._hurt_share(overdue),
        }  # fmt: skip
        return {
            **values,
            **_named("route.requests", window.rates_by(REQUESTS, 1, _of_shop)),
            **_named("route.errors", window.rates_by(REQUESTS, 1, _is_error)),
            **_named("route.seconds", window.rates_by(REQUEST_SECONDS, 1, _of_shop)),
        }

    def _hurt_share(self, overdue: float) -> float | None:
        """Return the share of answers, refusals aside, that were errors or slow, over the window.

        Who has waited too long already counts as well: else a shop that answers nobody would hurt nobody.
        """
        answered = self._window.rate(REQUESTS, _answered, WINDOW_SECONDS)
        if answered is None:
            return None
        errors = self._window.rate(REQUESTS, _is_error, WINDOW_SECONDS) or 0.0
        slow = self._window.rate(SLOW, _of_shop, WINDOW_SECONDS) or 0.0
        waiting = overdue / WINDOW_SECONDS
        return min(1.0, (errors + slow + waiting) / (answered + waiting)) if answered + waiting else 0.0

    def _guard(self) -> dict[str, float | None]:
        return {
            "guard.limited": self._window.rate(
                "doorbuster_guard_requests_total", lambda labels: labels[1] == "refused"
            ),
            "guard.shed": self._window.rate("doorbuster_gate_refused_total"),
            "guard.wait_seconds": self._window.rate("doorbuster_gate_wait_seconds"),
        }

    def _queries(self) -> dict[str, float | None]:
        window = self._window
        return {
            "pool.wait_seconds": window.rate("doorbuster_pool_wait_seconds"),
            "pool.timeouts": window.rate("doorbuster_pool_timeouts_total"),
            "db.refused_connections": window.rate("doorbuster_pool_refused_total"),
            **_named("query.seconds", window.rates_by("doorbuster_query_duration_seconds", 0)),
            **_named("query.calls", window.rates_by("doorbuster_query_calls_total", 0)),
            **_named("query.rows", window.rates_by("doorbuster_query_rows_total", 0)),
            **_named("query.faults", window.rates_by("doorbuster_query_faults_total", 0)),
        }

    def _others(self) -> dict[str, float | None]:
        window, calls = self._window, "doorbuster_downstream_calls_total"
        return {
            **_named("downstream.seconds", window.rates_by("doorbuster_downstream_duration_seconds", 0)),
            **_named("downstream.calls", window.rates_by(calls, 0)),
            **_named("downstream.failures", window.rates_by(calls, 0, lambda labels: labels[1] != "answered")),
            "jobs.failures": window.rate("doorbuster_jobs_total", lambda labels: labels[1] == "failed"),
        }

    def _business(self) -> dict[str, float | None]:
        window = self._window
        return {
            "orders.placed": window.rate("doorbuster_orders_placed_total"),
            "orders.paid": window.rate("doorbuster_payments_settled_total", lambda labels: labels[0] == "settled"),
            "payments.failed": window.rate("doorbuster_payments_failed_total"),
            "holds.made": window.rate("doorbuster_sale_answers_total", lambda labels: labels[0] == "Held"),
            **_named("revenue", window.rates_by("doorbuster_revenue_minor_units_total", 0)),
            **_named("sale.answers", window.rates_by("doorbuster_sale_answers_total", 0)),
        }

    def _of_processes(self, web: list[Process], now_seconds: float) -> dict[str, float]:
        """Return what the web workers are and use."""
        restarts, cores, waits = 0, {}, list[float]()
        for process in web:
            name, started_at = process.snapshot.process, process.snapshot.started_at
            restarts += started_at > self._started.get(name, started_at)
            self._started[name] = started_at
            used = self._rates.of(f"{name}/{started_at}", _counted(process, CPU_SECONDS), process.heard_at)
            if (waited := _counted(process, CPU_WAIT)) is not None:
                waits.append(self._rates.of(f"{name}/{started_at}/wait", waited, process.heard_at) or 0.0)
            # A worker that is silent for a second is most likely as busy as it was.
            known = self._cores.get(name) if used is None else used
            if known is not None:
                cores[name] = known
        self._cores = cores
        values: dict[str, float] = {"web.workers": len(web), "web.restarts": restarts}
        if cores:
            values["web.cpu_share"], values["web.cpu_cores"] = min(1.0, max(cores.values())), sum(cores.values())
        if waits:
            values["web.cpu_wait"] = min(1.0, max(waits))
        return values


def _counted(process: Process, name: str) -> float | None:
    for family in process.snapshot.families:
        if family.name == name and family.series:
            return family.series[0].value
    return None


def _gauges(living: Iterable[Process]) -> dict[str, float]:
    """Return the signals that are the sum or the highest of the processes' gauges."""
    found: dict[str, list[float]] = {}
    for process in living:
        is_web = process.snapshot.process.startswith(WEB)
        for family in process.snapshot.families:
            rule = GAUGES.get(family.name)
            if rule is not None and (is_web or not rule.web_only):
                found.setdefault(family.name, []).extend(each.value for each in family.series)
    return {
        rule.signal: (sum if rule.is_sum else max)(values)
        for name, rule in GAUGES.items()
        if (values := found.get(name))
    }


def _in_flight(living: Iterable[Process]) -> dict[str, float]:
    """Return how many calls to each downstream wait for their answer: those that hang are in no other count."""
    found: dict[str, float] = {}
    for process in living:
        for family in process.snapshot.families:
            for series in family.series if family.name == "doorbuster_downstream_in_flight" else ():
                name = f"downstream.in_flight:{series.labels[0]}"
                found[name] = found.get(name, 0.0) + series.value
    return found


def _busiest(web: Iterable[Process]) -> dict[str, float]:
    """Return the busiest callers' share of all requests, each worker's by how many it had.

    It is exact for one who asks one worker alone, and for one who asks all of them alike.
    """
    names = ("doorbuster_guard_busiest_client_ratio", "doorbuster_guard_recent_requests")
    told = [
        {each.name: each.series[0].value for each in process.snapshot.families if each.name in names and each.series}
        for process in web
    ]
    pairs = [(found[names[0]], found[names[1]]) for found in told if len(found) == len(names)]
    asked = sum(count for _, count in pairs)
    return {"guard.busiest_client_share": sum(share * count for share, count in pairs) / asked if asked else 0.0}


@dataclass(frozen=True, slots=True)
class _Rule:
    signal: str
    is_sum: bool = False
    web_only: bool = True


GAUGES = {
    "doorbuster_http_requests_in_flight": _Rule("http.in_flight", is_sum=True),
    "doorbuster_http_requests_overdue": _Rule("http.overdue", is_sum=True),
    "doorbuster_gate_waiting": _Rule("guard.queue", is_sum=True),
    "doorbuster_brownout_step": _Rule("guard.brownout_step"),
    "doorbuster_guard_clients": _Rule("guard.clients", is_sum=True),
    "doorbuster_pool_used": _Rule("pool.used", is_sum=True),
    "doorbuster_pool_size": _Rule("pool.size", is_sum=True),
    "doorbuster_event_loop_lag_seconds": _Rule("web.lag"),
    "doorbuster_process_resident_bytes": _Rule("web.memory_bytes"),
    "doorbuster_process_open_files": _Rule("web.files"),
    "doorbuster_jobs_waiting": _Rule("jobs.waiting", web_only=False),
    "doorbuster_jobs_parked": _Rule("jobs.parked", web_only=False),
    "doorbuster_jobs_oldest_waiting_seconds": _Rule("jobs.oldest_seconds", web_only=False),
}


def _named(name: str, values: Mapping[str, float]) -> dict[str, float | None]:
    return {f"{name}:{dimension}": value for dimension, value in values.items()}


def _of_shop(labels: Labels) -> bool:
    return labels[0] == "shop"


def _is_refusal(labels: Labels) -> bool:
    return labels[:2] == ("shop", REFUSED)


def _answered(labels: Labels) -> bool:
    return labels[0] == "shop" and labels[1] != REFUSED


def _is_error(labels: Labels) -> bool:
    return labels[-1].startswith("5") and _answered(labels)
