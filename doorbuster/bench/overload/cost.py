"""What the gate itself costs, in this process: a request that is let in, and one that is refused."""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from doorbuster.clock import SystemClock
from doorbuster.guard.admission import Admission
from doorbuster.guard.refused import Look
from doorbuster.settings import from_environment
from doorbuster.web.brownout import Ladder

REQUESTS = 20_000
BEST_OF = 5
PAGE_BYTES = 3_000


async def gate_microseconds() -> dict[str, float]:
    """Return what a request costs beyond the application behind the gate, admitted and refused: the best of some."""
    with tempfile.TemporaryDirectory() as home:
        settings = from_environment({"DOORBUSTER_HOME": str(Path(home)), "DOORBUSTER_SECRET": "s" * 40})
        look = Look(b"@sentence@ @seconds@ @refusal@ @again@" + b" " * PAGE_BYTES, [], [])
        gate = Admission(_nothing, settings, look, Ladder(), clock=SystemClock(), chance=random.Random(1), ceiling=8)  # noqa: S311
        bare = await _microseconds(_nothing)
        admitted = await _microseconds(gate) - bare
        gate.threshold.level = 400
        refused = await _microseconds(gate)
    return {"admitted": admitted, "refused": refused}


async def _microseconds(app: Any) -> float:
    headers = [
        (b"host", b"shop.example"), (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
        (b"accept", b"text/html"), (b"cookie", b"shopper=abc.def; theme=dark"),
    ]  # fmt: skip
    best = float("inf")
    for _ in range(BEST_OF):
        started = time.perf_counter()
        for number in range(REQUESTS):
            scope = {
                "type": "http", "method": "GET", "path": "/search", "headers": headers,
                "guard": ("browse", f"s:{number}"),
            }  # fmt: skip
            await app(scope, _silence, _swallow)
        best = min(best, time.perf_counter() - started)
    return best / REQUESTS * 1e6


async def _nothing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _silence() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _swallow(_: Any) -> None:
    return None
