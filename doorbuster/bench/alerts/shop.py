"""A shop that is well, as its signals would be under a given traffic: every rule has something to judge.

Promises: each signal that a rule reads is there, with the noise of a healthy shop: one answer in a thousand an error,
two in a thousand slow, one request in a hundred an order, one card in eight declined, load in proportion to traffic.
"""

import random
from collections import deque
from collections.abc import Iterator

from doorbuster.bench.alerts.traces import Trace, drawn
from doorbuster.watch.past import Past
from doorbuster.watch.signals import Tick

ERRORS, SLOW, ORDERS, DECLINED = 0.001, 0.002, 0.01, 0.125
WINDOW_SECONDS = 10
GIB = 1024**3


class Shop:
    """Makes one tick after the other."""

    def __init__(self, capacity: float, chance: random.Random) -> None:
        """`capacity` is how many requests a second make the processors full."""
        self._capacity, self._chance = capacity, chance
        self._window: deque[tuple[float, float]] = deque(maxlen=WINDOW_SECONDS)

    def tick(self, at: int, requests: float, hurt: float = 0.0) -> Tick:
        """Return the signals of a second with so many requests, `hurt` (0..1) of which are errors beside the usual."""
        draw, load = self._chance, min(1.0, requests / self._capacity)
        errors, slow, orders = (next(drawn(iter([requests * share]), draw)) for share in (ERRORS + hurt, SLOW, ORDERS))
        declined = next(drawn(iter([orders * DECLINED]), draw))
        self._window.append((requests, min(requests, errors + slow)))
        answered, bad = (sum(column) for column in zip(*self._window, strict=True))
        return Tick(at, {
            "http.requests": requests, "http.refused": 0.0, "http.errors": errors, "http.slow": slow,
            "http.p95": 0.08 + 0.4 * load**2 + draw.random() * 0.03, "hurt.share": bad / answered if answered else 0.0,
            "orders.placed": orders, "orders.paid": max(0.0, orders - declined), "payments.failed": declined,
            "downstream.calls:payments": 2 * orders, "downstream.seconds:payments": 0.3 * orders,
            "downstream.failures:payments": float(draw.random() < orders * 0.002),
            "holds.made": 0.0, "sale.open": 0.0, "sale.expected": 0.0, "guard.shed": 0.0, "guard.brownout_step": 0.0,
            "guard.busiest_client_share": 0.02, "pool.wait_seconds": load**4, "db.up": 1.0,
            "db.answer_seconds": 0.002 + 0.02 * load**2, "db.blocked": float(draw.random() < 0.05 * load),
            "db.connections": 24 + 16 * load, "db.connections_max": 100.0, "db.refused_connections": 0.0,
            "db.idle_in_transaction": float(draw.random() < 0.1), "db.oldest_transaction_seconds": draw.random(),
            "db.seq_rows:products": 2_000 * draw.random(), "db.temp_bytes": 0.0, "db.deadlocks": 0.0,
            "db.checkpoints_timed": float(at % 300 == 0), "db.checkpoints_requested": 0.0, "web.workers": 2.0,
            "db.replication_lag_seconds": draw.random(), "web.cpu_share": load * 0.8, "web.lag": 0.003 + 0.02 * load**2,
            "web.memory_bytes": 0.2 * GIB, "web.files": 60 + 200 * load, "web.restarts": 0.0,
            "host.cpu_share": load * 0.7, "host.memory_share": 0.6, "disk.free_share": 0.4,
            "disk.free_bytes": 200 * GIB - (at % 2_592_000) * 20_000.0, "jobs.oldest_seconds": draw.random() * 4,
            "jobs.parked": 0.0, "jobs.workers": 1.0, "db.indexes_lacking": 0.0,
            "downstream.calls:mail": orders, "downstream.failures:mail": 0.0, "stock.drift": 0.0,
            "audit.age_seconds": float(at % 86_400),
        })  # fmt: skip


def remembered(trace: Trace, past: Past) -> None:
    """Let the past know the minutes before the day, as the series would have kept them."""
    shares = {"http.requests": 1.0, "orders.placed": ORDERS, "http.errors": ERRORS, "http.slow": SLOW}
    for name, share in shares.items():
        past.minutes[name].load((at, rate * share) for at, rate in trace.before)
    for name, value in {"http.refused": 0.0, "sale.expected": 0.0, "http.p95": 0.1}.items():
        past.minutes[name].load((at, value) for at, _ in trace.before)


def day(trace: Trace, shop: Shop) -> Iterator[Tick]:
    """Yield every second of the day."""
    for second, requests in enumerate(trace.seconds):
        yield shop.tick(trace.begins + second, requests)
