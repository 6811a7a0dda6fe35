"""Durations in words, and faults as sentences."""


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
