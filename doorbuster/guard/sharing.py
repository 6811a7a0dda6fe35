"""Rate limits shared over workers and hosts through Valkey (or Redis), without asking it for any single request.

Each worker decides from its own memory and tells the store, five times a second, what it let pass; the store answers
how far each of those callers has come over all workers. So a caller gets the limit once, not once a worker, but for
what passes within one beat: at most (workers - 1) x burst the first time, (workers - 1) x rate x 0.2 s afterwards.

Promises: no request ever waits for the store; when it is away every worker counts for itself, with its part of the
limit, and says so (`doorbuster_guard_store_up`); when it is back it is used again.
Never: tells the store who somebody is: keys are hashes.
"""

import asyncio
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice

from redis.asyncio import Redis
from redis.exceptions import RedisError

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.guard.gcra import Meter
from doorbuster.guard.rate_limit import RateLimit

BEAT_SECONDS = 0.2
STORE_SECONDS_MAX = 1.0
KEYS_AT_ONCE = 500
UP = metrics.gauge("doorbuster_guard_store_up", "Whether the store that workers share rate limits through answers.")

# GCRA for many keys: the clock is the store's, so that the hosts' clocks do not matter.
SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ahead = {}
for i, key in ipairs(KEYS) do
  local tat = math.max(now, tonumber(redis.call('GET', key) or '0')) + tonumber(ARGV[i])
  redis.call('SET', key, string.format('%.6f', tat), 'PX', math.ceil((tat - now) * 1000) + 1000)
  ahead[i] = string.format('%.6f', tat - now)
end
return ahead
"""


class Sharing:
    """Keeps one worker's rate limit and the store together."""

    def __init__(self, guard: RateLimit, url: str, secret: str, clock: Clock) -> None:
        """Share what `guard` counts through the store at `url`; nothing is opened yet."""
        self._guard, self._url, self._secret, self._clock = guard, url, secret.encode()[:64], clock
        guard.count_for_sharing()

    async def run(self) -> None:
        """Tell and learn, again and again, until cancelled."""
        store = Redis.from_url(
            self._url, socket_timeout=STORE_SECONDS_MAX, socket_connect_timeout=STORE_SECONDS_MAX, retry_on_error=[]
        )
        script = store.register_script(SCRIPT)
        try:
            while True:
                try:
                    async with asyncio.timeout(2 * STORE_SECONDS_MAX):
                        await store.ping()
                        for meter, batch in self._counted():
                            period = 1.0 / meter.rate.per_second
                            names = [self._name(kind, key) for kind, key, _ in batch]
                            told = await script(keys=names, args=[number * period for _, _, number in batch])
                            now = self._clock.monotonic()
                            for (_, key, _), ahead in zip(batch, told, strict=True):
                                meter.learn(key, now + float(ahead))
                    self._say(up=True)
                except (RedisError, OSError, TimeoutError):
                    self._say(up=False)
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            await store.aclose()

    def _counted(self) -> Iterator[tuple[Meter[str], list[tuple[str, str, int]]]]:
        """Yield what was counted since the last beat: each meter with (kind, key, requests), in bounded batches."""
        for kind, meter in self._guard.meters():
            rest = iter(meter.take_counted().items())
            while batch := [(kind, key, number) for key, number in islice(rest, KEYS_AT_ONCE)]:
                yield meter, batch

    def _name(self, kind: str, key: str) -> str:
        return f"doorbuster:{kind}:{blake2b(key.encode(), key=self._secret, digest_size=12).hexdigest()}"

    def _say(self, *, up: bool) -> None:
        UP.set(float(up))
        self._guard.share(together=up)
