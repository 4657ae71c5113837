"""uvicorn in a daemon thread with a loop of its own, so that it serves asyncio, trio and blocking code alike."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from .app import CLOSE_CONNECTION

# Longer than any client keeps an idle connection, so that the sandbox never closes a connection under a request.
KEEP_ALIVE_SECONDS = 300
MAX_WAIT_AT_END = 5.0  # seconds, for calls that are being carried out


class ServerThread:
    """Serves an application on a socket until it is stopped. Starts once.

    Args:
        app: The application.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        job: Is run beside it on the same event loop, and cancelled at the end.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, *, job: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=2048)
        # asyncio sets this option only on listeners that name their protocol, and create_server names none. Without it
        # each response waits 40 ms for the client's delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        # No log_config and no access_log=False: both would reconfigure loggers of the process that runs the tests.
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = _Server(config, job)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="smtp2go-sandbox", daemon=True)

    def start(self) -> None:
        """Start the thread, and return when the server accepts connections."""
        self._thread.start()
        self._server.ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError("the sandbox server did not start") from self._failure

    def stop(self) -> None:
        """End serving and cut all connections, also those with a call in progress."""
        self._server.stop()
        self._thread.join()
        if self._failure is not None:
            raise RuntimeError("the sandbox server did not end cleanly") from self._failure

    def _run(self) -> None:
        try:
            # The loop is named, because the process may have set a policy for loops of another kind.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        # SystemExit, too: uvicorn raises it when it cannot start, and start() raises it in the thread of the caller.
        except BaseException as failure:
            self._failure = failure
        finally:
            self._server.ready.set()


class _Server(uvicorn.Server):
    """A uvicorn server that ends at once; uvicorn itself checks ten times a second and waits for its clients."""

    def __init__(self, config: uvicorn.Config, job: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        super().__init__(config)
        self._job = job
        self._running: asyncio.Task[None] | None = None
        self.ready = threading.Event()
        self._stopped: asyncio.Event
        self._loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await super().startup(sockets)
        if self._job is not None:
            self._running = asyncio.create_task(self._job())
        self.ready.set()

    def stop(self) -> None:
        """Tell the server, from another thread, to end."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Keep the Date header right until the server is stopped."""
        while not self._stopped.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and cut all connections: idle ones, and those whose response is being held back."""
        # A connection that has just been accepted needs a few rounds of the event loop until uvicorn knows it, and
        # asyncio loses it if the listener is closed before. So accepting ends first, and closing follows some rounds
        # later.
        for listener in sockets or ():
            self._loop.remove_reader(listener)
        for _ in range(5):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=MAX_WAIT_AT_END)
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running], timeout=MAX_WAIT_AT_END)
        for server in self.servers:
            await asyncio.wait_for(server.wait_closed(), MAX_WAIT_AT_END)


class _Protocol(H11Protocol):
    """HTTP/1.1 whose connection the application can close without a response."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, CLOSE_CONNECTION: self._close}, _loop)
        self.access_log = False

    def _close(self) -> None:
        self.transport.abort()
