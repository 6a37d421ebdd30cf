"""A proxy before a target that delivers late: each piece of a request or an answer waits, up to so many seconds."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


@contextlib.contextmanager
def delivered_late(base_url: str, most: float, seed: int) -> Iterator[str]:
    """The URL of a proxy in a thread of its own, gone when the context is left."""
    there = urlsplit(base_url)
    loop = asyncio.new_event_loop()
    proxy = _Proxy(there.hostname or "127.0.0.1", there.port or 80, most, random.Random(seed))
    thread = threading.Thread(target=loop.run_forever, name="late", daemon=True)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result(10)
        yield f"http://127.0.0.1:{port}{there.path}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class _Proxy:
    def __init__(self, host: str, port: int, most: float, dice: random.Random) -> None:
        self.host, self.port, self.most, self.dice = host, port, most, dice

    async def listen(self) -> int:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other_reader, other_writer = await asyncio.open_connection(self.host, self.port)
        await asyncio.gather(self._carry(reader, other_writer), self._carry(other_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way, in order, each piece a random moment later."""
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                await asyncio.sleep(self.dice.uniform(0, self.most))
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()
