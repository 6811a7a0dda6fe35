"""What a signal is called where it is exported.

A signal that no process counts (`db.lock`) is `doorbuster_db_lock`; one that is made of counters which are exported
themselves (`http.p95`) is `doorbuster_signal_http_p95`. What a signal says of one subject (`db.seq_rows:orders`) is a
metric of its own, `doorbuster_db_seq_rows_by_table{table="orders"}`.
"""

SAMPLED = (
    "db.", "host.", "disk.", "sale.open", "sale.expected", "sale.units_left", "stock.", "audit.", "web.", "hurt.",
    "visitors.",
)  # fmt: skip
COUNTED = ("query.", "route.", "revenue", "sale.answers")
"""Signals that are not exported: their counters are, and say the same."""
LABELS = {
    "db.active": "query", "db.lock": "query", "db.seq_rows": "table", "db.dead_rows": "table",
    "db.bloat_share": "table", "sale.units_left": "sale", "downstream.calls": "peer", "downstream.failures": "peer",
    "downstream.seconds": "peer",
}  # fmt: skip
"""What the subject of a signal is called as a label."""


def label_of(name: str) -> str:
    """Return the label that names the subjects of a signal."""
    return LABELS.get(name, "of")


def exported_name(name: str, of_subjects: bool = False) -> str:
    """Return the metric of a signal, or of its subjects."""
    whole = f"doorbuster_{'' if name.startswith(SAMPLED) else 'signal_'}{name.replace('.', '_')}"
    return f"{whole}_by_{label_of(name)}" if of_subjects else whole
