"""What has become different is told once, also over a restart."""

from doorbuster.watch.changes import Change, Changes

INDEXES = {("index", "orders_by_number"): "a", ("setting", "work_mem"): "8192", ("function", "claim_holds()"): "x"}
WEB, SUCCESSOR = ("web-1", 7, 1.0), ("web-1", 8, 2.0)


def told(found: list[Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.what) for change in found]


def test_what_was_there_at_the_first_look_is_no_change():
    assert Changes().of_definitions(INDEXES, 1) == []


def test_a_dropped_index_and_another_setting_are_told_once():
    changes = Changes()
    changes.of_definitions(INDEXES, 1)
    now = {("setting", "work_mem"): "64", ("function", "claim_holds()"): "y", ("index", "new_one"): "b"}

    assert told(changes.of_definitions(now, 2)) == [
        ("function_changed", "claim_holds()"),
        ("index_created", "new_one"),
        ("index_dropped", "orders_by_number"),
        ("setting_changed", "work_mem = 64"),
    ]
    assert changes.of_definitions(now, 3) == []


def test_a_database_that_does_not_answer_has_not_dropped_everything():
    changes = Changes()
    changes.of_definitions(INDEXES, 1)

    assert changes.of_definitions({}, 2) == []


def test_what_a_deployment_did_while_nobody_looked_is_told_afterwards():
    before = Changes()
    before.of_definitions(INDEXES, 1)
    before.of_releases(["1.0+aa"], 1)
    before.of_server(100.0, 1)
    after = Changes(before.kept())

    assert told(after.of_definitions({("setting", "work_mem"): "8192", ("function", "claim_holds()"): "x"}, 9)) == [
        ("index_dropped", "orders_by_number")
    ]
    assert told(after.of_releases(["1.0+bb"], 9)) == [("release", "1.0+bb")]
    assert told(after.of_server(200.0, 9)) == [("database_restarted", "PostgreSQL")]


def test_a_worker_that_dies_and_its_successor_are_told():
    changes = Changes()
    changes.of_workers([WEB], [], 1)

    assert told(changes.of_workers([SUCCESSOR], [], 2)) == [
        ("worker_died", "web-1 (7)"),
        ("worker_started", "web-1 (8)"),
    ]


def test_a_worker_that_is_not_heard_of_is_silent_and_not_dead_until_another_one_takes_its_place():
    changes = Changes()
    changes.of_workers([WEB], [], 1)

    assert told(changes.of_workers([], [], 2)) == [("worker_silent", "web-1 (7)")]
    assert told(changes.of_workers([WEB], [], 3)) == [("worker_back", "web-1 (7)")]
    assert told(changes.of_workers([], [], 4)) == [("worker_silent", "web-1 (7)")]
    assert told(changes.of_workers([SUCCESSOR], [], 5)) == [
        ("worker_died", "web-1 (7)"),
        ("worker_started", "web-1 (8)"),
    ]


def test_a_worker_that_ends_as_it_was_told_to_has_left():
    changes = Changes()
    changes.of_workers([WEB], [], 1)

    assert told(changes.of_workers([], [WEB], 2)) == [("worker_left", "web-1 (7)")]
    assert told(changes.of_workers([SUCCESSOR], [WEB], 3)) == [("worker_started", "web-1 (8)")]


def test_a_lever_is_told_at_the_time_when_it_was_pulled():
    changes = Changes()
    changes.of_levers([(1, 50, "gate: an old one")])

    assert changes.of_levers([(2, 60, "gate: too much"), (1, 50, "gate: an old one")]) == [
        Change(60, "lever", "gate: too much")
    ]
