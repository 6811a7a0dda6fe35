"""Every alert of the house, as one table: first what customers feel, then what will hurt them soon, then resources.

Promises: a page is about customers who are hurt, or certainly will be within minutes; everything else is a ticket.
Each row has a runbook of its name in `runbooks/` and is exported to Prometheus (`doorbuster alerts rules`).

`rules_of_customers.py` and `rules_of_resources.py` hold the rows, by what they are about.
"""

from collections.abc import Mapping

from doorbuster.watch.rule import Rule
from doorbuster.watch.rules_of_customers import customers
from doorbuster.watch.rules_of_resources import RESOURCES


def rules(month_objective: float, sale_objective: float) -> tuple[Rule, ...]:
    """Return the table; an objective is the share (0..1) of answers that must not hurt, in a month or in a sale."""
    return (*customers(month_objective, sale_objective), *RESOURCES)


RULES = rules(month_objective=0.995, sale_objective=0.99)
"""The table with the shop's own objectives."""

BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
