"""Tells the shop what became of a session, until the shop has confirmed it.

Promises: every event is delivered at least once while the gateway runs, and again after a restart; waits between
attempts grow from 0.2 s to 30 s.
Never: keeps a shopper waiting for longer than `PATIENCE_SECONDS`.
"""

import asyncio
import logging

import aiohttp

from doorbuster import metrics
from doorbuster.clock import SystemClock
from doorbuster.test_gateway.store import Store
from doorbuster.test_gateway.wire import signature

PATIENCE_SECONDS = 3.0
ATTEMPT_SECONDS = 10.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
ATTEMPTS_MAX = 200
AT_ONCE_MAX = 64

DELIVERED = metrics.counter("doorbuster_test_gateway_deliveries_total", "Attempts to tell the shop.", ("answer",))
logger = logging.getLogger(__name__)


class Delivery:
    """The way to one shop's callback address."""

    def __init__(self, store: Store, client: aiohttp.ClientSession, callback_url: str, secret: str) -> None:
        """Deliver to `callback_url`, signed with `secret`."""
        self._store, self._client, self._url, self._secret = store, client, callback_url, secret
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(AT_ONCE_MAX)

    def start(self, event_id: str, body: bytes, delay_seconds: float = 0.0) -> asyncio.Task[None]:
        """Begin to deliver an event; the task ends when the shop has it."""
        task = asyncio.create_task(self._deliver(event_id, body, delay_seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def resume(self) -> None:
        """Deliver what was left when the gateway stopped."""
        for event_id, body in self._store.undelivered():
            self.start(event_id, body)

    async def close(self) -> None:
        """Stop delivering; what is left is resumed by the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, event_id: str, body: bytes, delay_seconds: float) -> None:
        await asyncio.sleep(delay_seconds)
        for attempt in range(ATTEMPTS_MAX):
            if await self._attempt(body):
                await self._store.save(("event", event_id, body, True))
                return
            await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
        logger.warning("gave up delivering event %s", event_id)

    async def _attempt(self, body: bytes) -> bool:
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": signature(body, self._secret, int(SystemClock().now().timestamp())),
        }
        try:
            async with (
                self._gate,
                asyncio.timeout(ATTEMPT_SECONDS),
                self._client.post(self._url, data=body, headers=headers) as answer,
            ):
                DELIVERED.add(str(answer.status))
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            DELIVERED.add("none")
            return False
