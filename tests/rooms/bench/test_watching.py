"""The control room's bench: what is judged, and that whoever looks sees whole pages of a real control room."""

import asyncio
import json
import sys

import pytest
import uvicorn

from doorbuster.accounts.operators import add_operator, new_operator
from doorbuster.accounts.passwords import hash_now
from doorbuster.bench import looker
from doorbuster.bench.watching import judged, p95
from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.control_routes import control_plane_routes
from doorbuster.journal import Actor, open_event_log
from doorbuster.settings import Settings
from tests.rooms.control.conftest import NOBODY_LISTENS


def test_a_page_is_judged_by_what_nineteen_of_twenty_readings_took():
    assert p95([0.01] * 95 + [9.0] * 5) == 9.0
    assert p95([0.01] * 96 + [9.0] * 4) == 0.01
    assert judged("/", [0.01] * 96 + [9.0] * 4, [0.01]).holds
    assert not judged("/", [0.2] * 100, [0.01]).holds


async def test_whoever_looks_logs_in_and_reads_every_page_again_and_again(tmp_path):
    settings = Settings(home=tmp_path, database_url=NOBODY_LISTENS, secret="s" * 40)
    with open_event_log(tmp_path) as log:
        made = new_operator(looker.NAME, "operator", SystemClock().now())
        add_operator(log, made, hash_now(looker.PASSWORD), Actor("test", "system"))
    app = control_app(settings, NOBODY_LISTENS, control_plane_routes(), SystemClock())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    async with asyncio.TaskGroup() as both:
        both.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        words = ["-m", "doorbuster.bench.looker", f"http://127.0.0.1:{port}", "0.5", "/alerts", "/audit"]
        process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        server.should_exit = True

    took = json.loads(out)
    assert took.keys() == {"/alerts", "/audit"}
    assert all(seconds > 0 for each in took.values() for seconds in each)


@pytest.mark.parametrize("page", ["/nowhere"])
def test_a_page_that_is_not_there_is_no_measure(page):
    class Away:
        def request(self, *_: object, **__: object) -> None: ...

        def getresponse(self):
            return type("Answer", (), {"status": 404, "read": lambda _: b""})()

    with pytest.raises(looker.Refused, match="404"):
        looker.read(Away(), page, "")
