"""The rows of the table about customers: what they feel, what they do, and what the shop does with them."""

from doorbuster.watch.measuring import (
    burn,
    count,
    hurts,
    last,
    mean,
    minus,
    of_usual,
    or_nothing,
    over_all,
    plus,
    sale_burn,
    share,
    shifted,
    spike,
)
from doorbuster.watch.rule import Proviso, Rule

GUARD = ("Take load off", "/guard/load")
SALES = ("Pause the sale", "/sales")
BY_HURT = ("DatabaseDown", "WorkersGone", "CustomersHurt")
BY_DATABASE = ("DatabaseDown",)

ANSWERED = minus(mean("http.requests", 10), mean("http.refused", 10))
BUSY = Proviso(ANSWERED, least=2)
PAYING = mean("downstream.in_flight:payments", 5)
SOME_HURT = Proviso(hurts(10), least=5)
"""So that in a quiet hour three bad answers by chance wake nobody."""
NO_SALE = Proviso(last("sale.expected"), below=1)
SALE = Proviso(last("sale.open"), least=1)

FAST_BURN, SLOW_BURN, LEAK, SLIP = 14.4, 6.0, 3.0, 1.0
"""How many times faster than the month allows: 2 % of its budget in an hour, 5 % in six, 10 % in a day, in three days.

Source: the windows of the Site Reliability Workbook (Google), chapter 5.
"""
HURTS_MIN = Proviso(hurts(300), least=10)


def customers(month_objective: float, sale_objective: float) -> tuple[Rule, ...]:
    """Return the rows; the objectives are shares of answers that must not hurt."""
    return (*_hurt(), *_budgets(1 - month_objective, 1 - sale_objective), *SILENCES, *GUARDING, *MONEY)


def reachable(times: float, budget: float) -> float:
    """Return the burn as a share of hurt answers; where the budget is so large that it never could, half of all."""
    return min(times * budget, 0.5)


def _hurt() -> tuple[Rule, ...]:
    return (
        Rule(
            name="CustomersHurt", severity="page", team="web", measure=last("hurt.share"), above=0.05, eases=0.02,
            hold=3, unit="share", provided=(BUSY, SOME_HURT), lever=GUARD, follows=("DatabaseDown", "WorkersGone"),
            says="{value} of the last ten seconds' answers were errors or took over 3 s (limit {limit}).",
        ),
        Rule(
            name="ErrorsHigh", severity="page", team="web", measure=share(mean("http.errors", 10), ANSWERED),
            above=0.05, eases=0.02, hold=3, unit="share", provided=(BUSY, SOME_HURT), lever=GUARD, follows=BY_HURT,
            says="{value} of the last ten seconds' answers were errors (limit {limit}).",
        ),
        Rule(
            name="LatencyHigh", severity="page", team="web", measure=mean("http.p95", 5), above=2.0, eases=1.0, hold=5,
            unit="seconds", provided=(BUSY,), lever=GUARD, follows=BY_HURT,
            says="One answer in twenty takes longer than {value} (limit {limit}).",
        ),
        Rule(
            name="LatencyShifted", severity="ticket", team="web", measure=shifted("http.p95", 0.25), above=3.0,
            eases=2.0, hold=120, clear=300, unit="times", provided=(BUSY,), lever=("Compare releases", "/journal"),
            follows=("CustomersHurt", "LatencyHigh", "DatabaseDown"),
            says="Answers take {value} as long as during the last day (limit {limit}).",
        ),
    )  # fmt: skip


def _budgets(month: float, sale: float) -> tuple[Rule, ...]:
    def of_month(name: str, times: float, windows: tuple[int, int], severity: str) -> Rule:
        long, short = windows
        limit = reachable(times, month)
        return Rule(
            name=name, severity="page" if severity == "page" else "ticket", team="web", measure=burn(long), above=limit,
            hold=0, clear=300, unit="share", lever=GUARD, follows=BY_HURT,
            provided=(Proviso(burn(short), least=limit), Proviso(hurts(max(short, 300)), least=10)),
            says=f"{{value}} of the answers hurt over {words(long)}: {times:g} times what the month allows.",
        )  # fmt: skip

    return (
        Rule(
            name="SaleBudgetBurning", severity="page", team="web", measure=sale_burn(), above=reachable(2, sale),
            hold=3, unit="share", lever=GUARD, follows=BY_HURT,
            provided=(Proviso(burn(30), least=reachable(6, sale)), Proviso(hurts(30), least=20)),
            says="{value} of the answers since the sale began hurt (limit {limit}), and it goes on.",
        ),
        of_month("BudgetBurningFast", FAST_BURN, (3_600, 300), "page"),
        of_month("BudgetBurning", SLOW_BURN, (21_600, 1_800), "page"),
        of_month("BudgetLeaking", LEAK, (86_400, 7_200), "ticket"),
        of_month("BudgetSlipping", SLIP, (259_200, 21_600), "ticket"),
    )  # fmt: skip


def words(seconds: int) -> str:
    """Write a window in words."""
    hours = seconds // 3_600
    return "the last hour" if hours == 1 else f"{hours} hours" if hours < 48 else f"{hours // 24} days"


SILENCES = (
    Rule(
        name="OrdersSilent", severity="page", team="web", measure=of_usual("orders.placed"), below=0.1, eases=0.3,
        hold=15, clear=120, unit="share", provided=(NO_SALE,), lever=("Buy something yourself", "/orders"),
        follows=("DatabaseDown", "WorkersGone", "VisitorsSilent", "CustomersHurt"),
        says="Orders are at {value} of what is usual at this hour (limit {limit}).",
    ),
    Rule(
        name="VisitorsSilent", severity="page", team="platform", measure=of_usual("http.requests"), below=0.1,
        eases=0.3, hold=15, clear=120, unit="share", provided=(NO_SALE,), lever=("Look at the workers", "/"),
        follows=("WorkersGone",),
        says="Requests are at {value} of what is usual at this hour (limit {limit}): shoppers may not reach the shop.",
    ),
    Rule(
        name="SaleSilent", severity="page", team="web", measure=or_nothing(count("holds.made", 60)), below=1,
        hold=30, unit="count",
        provided=(SALE, Proviso(over_all("sale.units_left"), least=1), Proviso(mean("http.requests", 60), least=10)),
        lever=("Look at the sale", "/sales"), follows=("DatabaseDown", "WorkersGone", "CustomersHurt"),
        says="A sale is open with units left and visitors there, but {value} units were held in the last minute.",
    ),
    Rule(
        name="TrafficSpike", severity="ticket", team="platform", measure=spike("http.requests", floor=50), above=3.0,
        eases=2.0, hold=3, unit="times", provided=(NO_SALE,), lever=("Limit callers", "/guard"),
        says="{value} as many requests as in the last ten minutes (limit {limit}), and no sale expects them.",
    ),
)  # fmt: skip

SHED = share(mean("guard.shed", 60), mean("http.requests", 60))

GUARDING = (
    Rule(
        name="GuardShedding", severity="page", team="database", measure=SHED, above=0.2, eases=0.05, hold=120,
        unit="share", provided=(BUSY, NO_SALE), lever=("See the gate", "/guard"), follows=BY_HURT,
        says="The gate turns {value} of the requests away (limit {limit}), outside any sale.",
    ),
    Rule(
        name="SaleShedding", severity="ticket", team="database", measure=SHED, above=0.2, eases=0.05, hold=600,
        unit="share", provided=(BUSY, SALE), lever=("Open a waiting room", "/sales"), follows=BY_HURT,
        says="In the sale the gate has turned {value} of the requests away for ten minutes (limit {limit}).",
    ),
    Rule(
        name="BrownOutLong", severity="ticket", team="database", measure=last("guard.brownout_step"), above=0, hold=600,
        clear=120, unit="count", lever=("See the ladder", "/guard"), follows=BY_HURT,
        says="The shop has left things out for ten minutes: brown-out step {value}.",
    ),
    Rule(
        name="OneClientFloods", severity="ticket", team="platform", measure=mean("guard.busiest_client_share", 10),
        above=0.3, eases=0.15, hold=20, unit="share", provided=(Proviso(mean("http.requests", 10), least=50),),
        lever=("Limit callers", "/guard"),
        says="One caller sends {value} of all requests (limit {limit}).",
    ),
)  # fmt: skip

ATTEMPTS = plus(count("orders.paid", 120), count("payments.failed", 120))

MONEY = (
    Rule(
        name="PaymentsFailing", severity="page", team="payments",
        measure=share(count("payments.failed", 120), ATTEMPTS), above=0.5, eases=0.3, hold=10,
        clear=120, unit="share", provided=(Proviso(ATTEMPTS, least=20),),
        lever=("Look at payments", "/payments"), follows=("DatabaseDown", "PaymentProviderFailing"),
        says="{value} of the last two minutes' payments failed (limit {limit}).",
    ),
    Rule(
        name="PaymentProviderFailing", severity="page", team="payments",
        measure=share(count("downstream.failures:payments", 20), count("downstream.calls:payments", 20)), above=0.5,
        eases=0.1, hold=3, clear=120, unit="share", lever=("Look at payments", "/payments"),
        provided=(Proviso(count("downstream.calls:payments", 20), least=5),),
        says="{value} of the last twenty seconds' calls to the payment provider got no usable answer (limit {limit}).",
    ),
    Rule(
        name="PaymentsHanging", severity="page", team="payments", measure=PAYING,
        above=2, eases=1, hold=3, clear=60, unit="count", lever=("Look at payments", "/payments"),
        provided=(Proviso(minus(PAYING, count("downstream.calls:payments", 3)), least=0.5),),
        follows=("PaymentProviderFailing",),
        says="{value} calls to the payment provider wait for their answer, more than three seconds' worth.",
    ),
    Rule(
        name="PaymentProviderSlow", severity="ticket", team="payments",
        measure=share(mean("downstream.seconds:payments", 60), mean("downstream.calls:payments", 60)), above=3.0,
        eases=1.5, hold=30, clear=120, unit="seconds", lever=("Look at payments", "/payments"),
        provided=(Proviso(count("downstream.calls:payments", 60), least=5),), follows=("PaymentProviderFailing",),
        says="A call to the payment provider takes {value} (limit {limit}).",
    ),
    Rule(
        name="MailFailing", severity="ticket", team="platform",
        measure=share(count("downstream.failures:mail", 300), count("downstream.calls:mail", 300)), above=0.5,
        eases=0.1, hold=60, clear=300, unit="share", provided=(Proviso(count("downstream.calls:mail", 300), least=5),),
        lever=("Read the outbox", "/outbox"),
        says="{value} of the last five minutes' mails were not taken by the mail server (limit {limit}).",
    ),
    Rule(
        name="StockDrift", severity="page", team="database", measure=last("stock.drift"), above=0, hold=0, clear=0,
        unit="count", lever=("Read what disagrees", "/audit"),
        says="The last audit was unclean: stock, orders or payments disagree.",
    ),
    Rule(
        name="AuditOverdue", severity="ticket", team="platform", measure=last("audit.age_seconds"), above=93_600,
        hold=60, unit="seconds", lever=("Audit now", "/audit"),
        says="The last audit was {value} ago (limit {limit}).",
    ),
)  # fmt: skip
