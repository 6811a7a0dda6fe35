"""PostgreSQL is killed in the middle of an incident, and no line of the story is lost."""

import os
import signal
from pathlib import Path

from doorbuster.clock import ManualClock
from doorbuster.database import embedded
from doorbuster.database.migrate import migrate
from doorbuster.incident import timeline
from doorbuster.journal import open_event_log
from tests.rooms.control.room import open_room


async def test_losing_postgres_loses_no_line(tmp_path: Path, clock: ManualClock) -> None:
    server, home = tmp_path / "server", tmp_path / "home"
    server.mkdir()
    with embedded.running(server) as url:
        await migrate(url)
        async with open_room(home, url, clock) as room:
            visitor = await room.enter("operator")
            await visitor.post("/incidents", {"title": "The search is slow", "severity": "2"})
            await visitor.post("/incidents/1/notes", {"note": "before"})
            pid = next(server.rglob("postmaster.pid")).read_text().splitlines()[0]
            os.kill(int(pid), signal.SIGKILL)
            await visitor.post("/incidents/1/notes", {"note": "after"})
            page = await visitor.get("/incidents/1")
            assert page.says("before", "after"), page.text

    with open_event_log(home) as log:
        told = [line.text for line in timeline.lines_of(log, 1)]
    assert [text for text in told if text in ("before", "after")] == ["before", "after"]
