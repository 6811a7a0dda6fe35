"""The wire between the shop and PostgreSQL: a small TCP proxy that can be slow, deaf, cut or closed.

Promises: passes bytes unchanged, in order; what is disturbed is disturbed until `heal`.
"""

import asyncio
from contextlib import suppress

CHUNK_BYTES = 65_536


class Wire:
    """Listens at `port` and leads to `target_port` of this machine."""

    def __init__(self, target_port: int) -> None:
        """Lead to a port; `open` begins to listen."""
        self._target = target_port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self.delay_seconds = 0.0
        self.deaf_to_answers = False
        self.port = 0

    async def open(self) -> None:
        """Listen, at the same port as before if there was one."""
        if self._server is None:
            self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse new connections and cut those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Reset every connection, as a broken network does."""
        for end in list(self._ends):
            with suppress(OSError, RuntimeError):
                end.transport.abort()

    def lead_to(self, port: int) -> None:
        """Lead to another port from here on; who was on the way is cut off."""
        self._target = port
        self.cut()

    def swallow(self) -> None:
        """Let nothing through any more, without a word: both sides believe that the other is slow."""
        self._passes.clear()

    async def heal(self) -> None:
        """Be an ordinary wire again."""
        self.delay_seconds, self.deaf_to_answers = 0.0, False
        if not self._passes.is_set():
            self.cut()
        self._passes.set()
        await self.open()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        try:
            await asyncio.gather(self._carry(reader, far_writer, False), self._carry(far_reader, writer, True))
        finally:
            for end in (writer, far_writer):
                self._ends.discard(end)
                with suppress(OSError, RuntimeError):
                    end.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, is_answer: bool) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                await self._passes.wait()
                if is_answer and self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                if is_answer and self.deaf_to_answers:
                    sink.transport.abort()  # it was done, and nobody is told
                    return
                sink.write(chunk)
                await sink.drain()
        sink.transport.abort()
