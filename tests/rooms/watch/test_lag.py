"""How late the event loop is, and how soon that is told."""

import asyncio
import time

from doorbuster.watch.process import measure_lag


def test_a_loop_that_stood_still_tells_so_as_soon_as_it_runs_again():
    async def stands_still() -> tuple[float, float]:
        began = time.perf_counter()
        watching = asyncio.ensure_future(measure_lag())
        await asyncio.sleep(0)
        time.sleep(1.2)  # noqa: ASYNC251 -- that is the fault
        lag = await watching
        return lag, time.perf_counter() - began

    lag, took = asyncio.run(stands_still())

    assert lag >= 1.0
    # Ten more looks of a tenth of a second would have come after it.
    assert took < lag + 0.9
