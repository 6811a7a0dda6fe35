"""Durations and answers to claims in words, and faults as sentences."""

ANSWERS = {
    "Held": "A unit was promised",
    "Replayed": "The same press again, the same promise",
    "AlreadyYours": "They hold a unit already",
    "SoldOut": "Sold out",
    "AllHeld": "All held, some may come back",
    "LimitReached": "More than one customer may have",
    "NetworkFull": "Their network holds its share",
    "NotAdmitted": "Too many at once, press again",
    "NotOpenYet": "The sale is not open yet",
    "Paused": "The sale is paused",
    "SaleOver": "The sale is over",
    "PriceChanged": "The price had changed",
    "NotInSale": "The sale has no such item",
    "KeyReused": "A key of another request",
}
"""What each answer to a claim is to an operator, by its name in `doorbuster.sale.answers`."""


def span(seconds: float) -> str:
    """Write a duration as a tired person reads it: "40 s", "12 min", "3 h 05 min", "2 days"."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 2 * 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} days"


def sentence(fault: Exception) -> str:
    """Write what a command line says of a fault as the sentence that stands beside a field."""
    words = str(fault)
    return f"{words[:1].upper()}{words[1:]}."
