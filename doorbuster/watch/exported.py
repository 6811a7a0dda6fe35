"""What the alerts add to the metrics: what is firing, and how many answers hurt; the signals are in the exposition."""

from collections import Counter

from doorbuster.metrics import Family, Series
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.measuring import hurt_share


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
    ]
    if past.sale_since is not None and (share := hurt_share(past, max(30, past.now - past.sale_since))) is not None:
        help_text = "Share of the answers since the sale began to be expected that hurt."
        found.append(Family("doorbuster_sale_hurt_ratio", "gauge", help_text, (), (Series((), share),)))
    return found


def _counter(name: str, help_text: str, value: float) -> Family:
    return Family(name, "counter", help_text, (), (Series((), value),))
