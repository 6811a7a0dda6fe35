"""What a session waits for, as the watch reads it."""

import pytest

from doorbuster.watch.database_health import session_of

ROW = {
    "pid": 7, "state": "active", "text": "INSERT INTO big SELECT 1", "seconds": 1.0, "transaction_seconds": 1.0,
    "application": "import",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "event", "waits_for"),
    [
        ("", "", "cpu"),
        ("Lock", "transactionid", "lock"),
        ("Lock", "extend", "io"),
        ("IO", "WALSync", "io"),
        ("LWLock", "WALWrite", "lwlock"),
        ("IPC", "BgWorkerShutdown", "other"),
    ],
)
def test_who_waits_to_make_a_file_longer_waits_for_the_disk_and_not_for_somebodys_lock(kind, event, waits_for):
    assert session_of({**ROW, "wait_type": kind, "wait_event": event}).wait_class == waits_for
