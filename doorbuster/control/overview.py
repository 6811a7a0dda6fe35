"""The overview: are customers all right, what is selling, who is working."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from doorbuster.clock import earliest_id
from doorbuster.control import words
from doorbuster.control.access import may, operator_of
from doorbuster.control.alerts import shown
from doorbuster.control.charts import sparkline
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.control.tiles import sales_that_matter
from doorbuster.control.verdict import Facts, judge
from doorbuster.control.words import span
from doorbuster.database import QueryFile
from doorbuster.errors import DatabaseFault
from doorbuster.metrics import Labels
from doorbuster.sale.sales import Sale
from doorbuster.watch.collector import Process
from doorbuster.web.measured import REFUSED
from doorbuster.web.pages import show

SQL = QueryFile("doorbuster.control", "overview.sql")

REQUESTS = "doorbuster_http_requests_total"
REQUEST_SECONDS = "doorbuster_http_request_duration_seconds"
ANSWERS = "doorbuster_sale_answers_total"
TURNED_AWAY = "doorbuster_gate_refused_total"
WATCHED_COUNTERS = (REQUESTS, ANSWERS, TURNED_AWAY)
WATCHED_HISTOGRAMS = {REQUEST_SECONDS: "shop"}

WINDOW_SECONDS = 60
RATE_SECONDS = 10
ALERTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Worker:
    """One process as the overview shows it."""

    name: str
    pid: int
    age: str
    lag_ms: float
    store_up: bool | None
    memory_bytes: float
    brownout_step: int
    silent_seconds: float


@dataclass(frozen=True, slots=True)
class Selling:
    """The sales that matter now, how many orders were paid in the last minute, and what waits for a person."""

    sales: list[Sale]
    orders_paid: int
    payments_waiting: int
    jobs_parked: int


async def overview_show(request: Request) -> Response:
    """Show the overview; it needs no PostgreSQL, only the sales and orders on it do."""
    house = house_of(request)
    now_seconds = house.clock.monotonic()
    workers = [worker_of(process, house, now_seconds) for process in house.collector.living(now_seconds)]
    selling = await _selling(house)
    facts = _facts(house, workers, selling)
    loud = [each for each in house.alerts.firing() if not each.muted and each.severity == "page"]
    return show(
        request,
        "control/overview.html",
        operator=operator_of(request),
        may_sell=may(request, "sell"),
        verdict=judge(facts),
        said=house.doctor.diagnosis,
        facts=facts,
        workers=workers,
        answers=answers_by_kind(house),
        sparkline=sparkline(_requests_per_second(house)),
        database=house.pulse.database,
        now=house.clock.now(),
        selling=selling,
        alerts=shown(house, loud[:ALERTS_MAX]),
        tickets=[each.rule for each in house.alerts.firing() if not each.muted and each.severity == "ticket"],
        may_operate=may(request, "operate"),
        may_look=may(request, "look"),
    )


def answers_by_kind(house: ControlHouse) -> list[tuple[str, int, float]]:
    """Return each answer that was given to a claim, how often, and how often per second now; the frequent first."""
    totals = sorted(house.collector.total(ANSWERS).items(), key=lambda each: -each[1])
    growths = house.history.growths(ANSWERS, RATE_SECONDS)
    return [
        (words.ANSWERS.get(labels[-1], labels[-1]), int(total), growths.get(labels, 0.0) / RATE_SECONDS)
        for labels, total in totals if total
    ]  # fmt: skip


def worker_of(process: Process, house: ControlHouse, now_seconds: float) -> Worker:
    """Return what the overview shows of a process."""
    gauges = {
        family.name: family.series[0].value
        for family in process.snapshot.families
        if family.kind == "gauge" and family.series
    }
    return Worker(
        name=process.snapshot.process,
        pid=process.snapshot.pid,
        age=span(house.clock.now().timestamp() - process.snapshot.started_at),
        lag_ms=gauges.get("doorbuster_event_loop_lag_seconds", 0.0) * 1000,
        store_up=bool(gauges["doorbuster_guard_store_up"]) if "doorbuster_guard_store_up" in gauges else None,
        brownout_step=int(gauges.get("doorbuster_brownout_step", 0)),
        memory_bytes=gauges.get("doorbuster_process_resident_bytes", 0.0),
        silent_seconds=now_seconds - process.heard_at,
    )


async def _selling(house: ControlHouse) -> Selling | None:
    """Return what sells, or None when PostgreSQL cannot say."""
    if house.pulse.database and not house.pulse.database.up:
        return None
    since_id = earliest_id(house.clock.now() - timedelta(minutes=15))
    try:
        row = await house.database.fetch_one(SQL.orders_paid_lately, seconds=float(WINDOW_SECONDS), since_id=since_id)
        waiting = await house.database.fetch_one(SQL.waits_for_a_person)
        assert row is not None
        assert waiting is not None
        sales = await sales_that_matter(house.database)
        return Selling(sales, row["paid"], waiting["payments"], waiting["jobs"])
    except DatabaseFault:
        return None


def _requests_per_second(house: ControlHouse) -> list[float]:
    """Return the shop's requests in each of the last two minutes' seconds."""
    return house.history.per_second(REQUESTS, 120, _of_shop)


def _of_shop(labels: Labels) -> bool:
    return labels[0] == "shop"


def _is_broken(labels: Labels) -> bool:
    return _of_shop(labels) and labels[1] != REFUSED and labels[-1].startswith("5")


def _facts(house: ControlHouse, workers: list[Worker], selling: Selling | None) -> Facts:
    history, database = house.history, house.pulse.database
    turned_away, now = history.growth(TURNED_AWAY, WINDOW_SECONDS), int(house.clock.now().timestamp())
    return Facts(
        database_up=database.up if database else None,
        shop_workers=sum(1 for worker in workers if worker.name.startswith("web")),
        requests=history.growth(REQUESTS, WINDOW_SECONDS, _of_shop),
        broken=history.growth(REQUESTS, WINDOW_SECONDS, _is_broken),
        p95_seconds=history.percentile(REQUEST_SECONDS, 0.95, WINDOW_SECONDS),
        longest_lag_seconds=max((worker.lag_ms for worker in workers), default=0.0) / 1000,
        payments_waiting=selling.payments_waiting if selling else 0,
        jobs_parked=selling.jobs_parked if selling else 0,
        turned_away=turned_away,
        brownout_step=max((worker.brownout_step for worker in workers), default=0),
        visitors=house.collector.visitors.between(now - WINDOW_SECONDS, now),
        limits_shared=all(asked) if (asked := [w.store_up for w in workers if w.store_up is not None]) else None,
    )
