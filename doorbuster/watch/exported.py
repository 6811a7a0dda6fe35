"""What the alerts stand on, as metrics: the signals of the last second, how many answers hurt, and what is firing.

Promises: the same numbers that the rules judge here, so that the exported rules judge the same; label sets are as
bounded as the signals are. What has not been measured for five seconds is left out.
"""

from collections import Counter

from doorbuster.metrics import Family, Series
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.measuring import hurt_share, metric


def exported(book: AlertBook) -> list[Family]:
    """Return the families."""
    past = book.past
    firing = Counter(alert.rule for alert in book.firing())
    rules = tuple(Series((rule.name, rule.severity), float(firing[rule.name])) for rule in book.rules.values())
    found = [
        Family("doorbuster_alert_firing", "gauge", "How many alerts of a rule fire.", ("rule", "severity"), rules),
        _counter(
            "doorbuster_answers_total", "Answers but for honest refusals, as the alerts count them.", past.answered
        ),
        _counter("doorbuster_answers_hurt_total", "Answers that were errors or slower than 3 s.", past.hurt),
        *_signals(book),
    ]
    if past.sale_since is not None and (share := hurt_share(past, max(30, past.now - past.sale_since))) is not None:
        help_text = "Share of the answers since the sale began to be expected that hurt."
        found.append(Family("doorbuster_sale_hurt_ratio", "gauge", help_text, (), (Series((), share),)))
    return found


def _signals(book: AlertBook) -> list[Family]:
    series: dict[str, list[Series]] = {}
    for full, value in book.past.signals().items():
        name, colon, subject = full.partition(":")
        series.setdefault(f"{name}{colon}", []).append(Series((subject,) if colon else (), value))
    return [_gauge(name, tuple(values)) for name, values in series.items()]


def _gauge(name: str, series: tuple[Series, ...]) -> Family:
    help_text = f"The signal {name.rstrip(':')} in the last second."
    return Family(metric(name), "gauge", help_text, ("subject",) if name.endswith(":") else (), series)


def _counter(name: str, help_text: str, value: float) -> Family:
    return Family(name, "counter", help_text, (), (Series((), value),))
