"""Runs the reference implementation on loopback: in a thread for tests, in the foreground for people."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from . import world
from .application import create_app
from .settings import Settings

_HOST = "127.0.0.1"
_PATIENCE = 10.0


@dataclass(frozen=True)
class Running:
    """A server that is up."""

    base_url: str
    settings: Settings

    def target_toml(self) -> str:
        """The target file for this server."""
        return target_toml(self.base_url, self.settings)


class _Server(uvicorn.Server):
    """uvicorn, told to start and stop by events rather than by looking ten times a second."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(_config(app))
        self.up = threading.Event()
        self._halt = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def halt(self) -> None:
        """Asks the server, from another thread, to stop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._halt.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self.up.set()
        while not self._halt.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._halt.wait(), 1)
            await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(200):
            if not self.server_state.connections and not self.server_state.tasks:
                break
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )


def _bound(port: int) -> socket.socket:
    # Bound before the server runs: the port is known at once, and a connection made early waits instead of failing.
    # Said to be TCP in so many words, or asyncio leaves Nagle's delay of 40 ms on its connections.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError:
        listener.close()
        raise
    listener.listen(1024)
    return listener


@contextlib.contextmanager
def run_in_thread(settings: Settings | None = None, faults: Iterable[str] = (), port: int = 0) -> Iterator[Running]:
    """The server in a thread of its own, up when the context is entered and gone when it is left."""
    settings = settings or Settings()
    server = _Server(create_app(settings, faults))
    listener = _bound(port)
    thread = threading.Thread(target=server.run, args=([listener],), name="reference", daemon=True)
    thread.start()
    try:
        if not server.up.wait(_PATIENCE):
            raise RuntimeError("the reference implementation did not start")
        yield Running(_url(listener.getsockname()[1], settings), settings)
    finally:
        server.halt()
        thread.join(_PATIENCE)
        listener.close()


def serve(
    settings: Settings | None = None, faults: Iterable[str] = (), port: int = 0, write_target: str | None = None
) -> None:
    """The server in the foreground, until Ctrl-C or SIGTERM; its target file is written first where one is asked for."""
    settings = settings or Settings()
    faults = tuple(faults)
    app = create_app(settings, faults)
    # uvicorn stops on either signal and then raises it anew: SIGTERM too is to end in an ordinary return.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(_bound(port)) as listener, contextlib.suppress(KeyboardInterrupt):
        base_url = _url(listener.getsockname()[1], settings)
        if write_target:
            Path(write_target).write_text(target_toml(base_url, settings), encoding="utf-8")
        print(_greeting(base_url, faults), flush=True)
        uvicorn.Server(_config(app)).run([listener])


def _url(port: int, settings: Settings) -> str:
    return f"http://{_HOST}:{port}{settings.prefix}"


def _greeting(base_url: str, faults: tuple[str, ...]) -> str:
    ours = [conversation for conversation in world.CONVERSATIONS if conversation.account == "a"]
    lines = [
        f"Messages API (reference implementation) at {base_url}",
        f"  keys           {'  '.join(world.KEYS)}",
        f"  conversations  {'  '.join(f'{it.id} ({it.channel})' for it in ours)}",
        *([f"  faults         {'  '.join(faults)}"] if faults else []),
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def target_toml(base_url: str, settings: Settings | None = None) -> str:
    """The target file for a server with these settings at a URL."""
    settings = settings or Settings()
    lines = [
        f'base_url = "{base_url}"',
        'api_key = "sk_test_a"',
        'publishable_key = "pk_test_a"',
        'other_account_key = "sk_test_b"',
        f"settle_seconds = {settings.settle_seconds}",
        f"consistency_seconds = {settings.consistency_seconds}",
    ]
    for conversation in world.CONVERSATIONS:
        if conversation.account == "a":
            lines += ["", "[[conversations]]", f'id = "{conversation.id}"', f'channel = "{conversation.channel}"']
            if conversation.outcome and settings.delivers:
                lines.append(f'outcome = "{conversation.outcome}"')
    return "\n".join(lines) + "\n"
