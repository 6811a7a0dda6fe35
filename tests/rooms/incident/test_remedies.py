"""What a named cause asks for is a step with a button, and only what the house can do."""

from doorbuster.incident import runbook
from doorbuster.incident.incident import Diagnosed
from doorbuster.incident.remedies import remedies

BUILT = "CREATE INDEX CONCURRENTLY {0} ON products (name)"


def test_every_index_that_is_missing_has_its_step_in_the_order_of_the_diagnosis() -> None:
    both = "; ".join(BUILT.format(name) for name in ("products_search", "products_newest"))
    said = Diagnosed(subject="search_products", remedy=f"Add the indexes: {both}")

    assert remedies("missing_index", said) == ["create index products_search", "create index products_newest"]


def test_an_index_that_no_migration_defines_is_no_step() -> None:
    assert remedies("missing_index", Diagnosed(remedy=BUILT.format("made_up"))) == []


def test_who_holds_a_lock_is_ended_and_not_who_waits_for_it() -> None:
    remedy = "End the session that holds the lock: process 4711 (psql, idle in transaction)."

    assert remedies("lock_contention", Diagnosed(subject="claim_holds", remedy=remedy)) == ["end session 4711"]


def test_a_lock_whose_holder_is_not_known_has_no_step() -> None:
    remedy = "End the session that holds the lock: see the chain on the database page."

    assert remedies("lock_contention", Diagnosed(subject="claim_holds", remedy=remedy)) == []


def test_a_statement_of_ours_is_cancelled_and_a_strangers_session_ended() -> None:
    evidence = ("Process 31 of report has run for 9 s.", "Process 32 of report has run for 8 s.")

    assert remedies("bad_query", Diagnosed(subject="search_products")) == ["cancel query search_products"]
    assert remedies("bad_query", Diagnosed(subject="unknown", evidence=evidence)) == [
        "end session 31",
        "end session 32",
    ]


def test_a_program_that_keeps_connections_is_named_so_that_the_step_is_understood() -> None:
    (step,) = remedies("connection_exhaustion", Diagnosed(subject="nightly report's tool"))

    assert runbook.parse(step).what == "nightly report's tool"


def test_what_no_step_of_ours_mends_has_none() -> None:
    assert remedies("disk_full", Diagnosed(subject="payments")) == []
