"""Jobs that failed too often wait on the outbox page, and an operator decides."""

from tests.rooms.control.room import Room
from tests.rooms.shop.conftest import Scene

PARK = """
INSERT INTO pgqueuer (priority, entrypoint, payload, status, attempts)
VALUES (0, 'order_paid', convert_to('{"order_id": "7"}', 'UTF8'), 'failed', 8) RETURNING id
"""


async def test_a_parked_job_is_seen_on_the_overview_and_tried_again(room: Room, scene: Scene) -> None:
    job = await scene.value(PARK)
    operator = await room.enter("operator")
    assert (await operator.get("/")).says("Under Outbox, 1 parked")
    assert (await operator.get("/outbox")).says("Parked: waits for you", "order paid", "Try again")
    assert (await operator.post(f"/outbox/jobs/{job}/retry")).location == "/outbox"
    assert await scene.value("SELECT status::text FROM pgqueuer") == "queued"
    assert room.story(f"job:{job}")[0].verb == "job.retry"


async def test_a_parked_job_is_given_up(room: Room, scene: Scene) -> None:
    job = await scene.value(PARK)
    operator = await room.enter("operator")
    await operator.post(f"/outbox/jobs/{job}/discard")
    assert await scene.value("SELECT count(*) FROM pgqueuer") == 0
    assert [line.verb for line in room.story(f"job:{job}")] == ["job.discard"]


async def test_a_job_that_runs_cannot_be_given_up(room: Room, scene: Scene) -> None:
    job = await scene.value(PARK.replace("'failed'", "'queued'"))
    operator = await room.enter("operator")
    await operator.post(f"/outbox/jobs/{job}/discard")
    assert await scene.value("SELECT count(*) FROM pgqueuer") == 1
    assert room.story(f"job:{job}")[0].verb == "job.discard.refused"


async def test_who_may_only_look_does_not_decide(room: Room, scene: Scene) -> None:
    job = await scene.value(PARK)
    viewer = await room.enter("viewer")
    assert (await viewer.post(f"/outbox/jobs/{job}/retry")).status == 403
