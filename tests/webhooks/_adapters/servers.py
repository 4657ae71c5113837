"""Servers in threads of the test process, and requests that are written byte by byte."""

import asyncio
import contextlib
import re
import socket
import struct
import threading
from typing import Any, NamedTuple

import anyio
from webhooks.receiving import TOKEN, ListInbox, receiver_of

MAX_SECONDS = 20


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def head(path="/events", *more, method="POST", token=TOKEN, kind="application/json", version="1.1"):
    """Return the head of a request, ended by the given lines."""
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", f"Content-Type: {kind}", *more]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if version == "1.1":
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def length(body):
    return f"Content-Length: {len(body)}"


CHUNKED = "Transfer-Encoding: chunked"


def chunks(*parts):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


def connect(port):
    return socket.create_connection(("127.0.0.1", port), MAX_SECONDS)


def exchange(port, request):
    """Send bytes, and read the response."""
    with connect(port) as connection:
        connection.sendall(request)
        return read(connection, has_body=not request.startswith(b"HEAD"))


def read(connection, *, has_body=True):
    """Read a response; a connection that is closed without one has the status 0."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while not _is_whole(got, has_body) and (part := connection.recv(65_536)):
            got += part
    start, _, body = got.partition(b"\r\n\r\n")
    status, *lines = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Response(int(status.split()[1]) if status else 0, headers, body)


def _is_whole(got, has_body):
    # Not the end of the connection: a server can keep it for a while, to take what is still on its way.
    start, end, body = got.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)\ncontent-length: *(\d+)", start)
    return bool(end and has_body and found) and len(body) >= int(found[1])


def reset(connection):
    """Close a connection as a program that crashes does: nothing more is read, and the server is told so."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class WaitingInbox(ListInbox):
    """An inbox whose commit waits until the test lets it go on, in whichever thread the server is."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_commit, self.has_committed = (threading.Event() for _ in range(3))

    async def add(self, event):
        self.is_asked.set()
        await anyio.to_thread.run_sync(self.may_commit.wait, MAX_SECONDS, abandon_on_cancel=True)
        is_new = await super().add(event)
        self.has_committed.set()
        return is_new


class Site:
    """What a server serves: a receiver at each path, and what came of their events."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.inbox = WaitingInbox()
        self.port = 0
        self.bytes_read = 0
        """How much of bodies the server gave to the app, if it hands bodies on as they come."""
        self.receivers = {
            "/events": receiver_of(self.got.append),
            "/inbox": receiver_of(inbox=self.inbox),
            "/slow": receiver_of(self._hang, handler_seconds=0.05),
        }

    async def _hang(self, event) -> None:
        await anyio.sleep_forever()


class Thread:
    """A thread with a server, whose error fails the test."""

    def __init__(self, run) -> None:
        self.error = None

        def guarded():
            try:
                run()
            except BaseException as error:
                self.error = error

        self.thread = threading.Thread(target=guarded, daemon=True)
        self.thread.start()

    def join(self):
        self.thread.join(MAX_SECONDS)
        assert not self.thread.is_alive(), "the server does not end"
        if self.error is not None:
            raise self.error


def listener():
    made = socket.create_server(("127.0.0.1", 0), backlog=128)
    return made, made.getsockname()[1]


@contextlib.contextmanager
def uvicorn(app, http="h11", lifespan="on"):
    """Serve an ASGI app with uvicorn."""
    import uvicorn

    bound, port = listener()
    config = uvicorn.Config(app, http=http, ws="none", lifespan=lifespan, log_config=None)
    server = uvicorn.Server(config)
    ready = threading.Event()
    startup = server.startup

    async def started(**options):
        await startup(**options)
        ready.set()

    server.startup = started

    def run():
        try:
            asyncio.run(server.serve(sockets=[bound]))
        finally:
            ready.set()

    thread = Thread(run)
    assert ready.wait(MAX_SECONDS)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@contextlib.contextmanager
def hypercorn_on_trio(app):
    """Serve an ASGI app with hypercorn on trio."""
    import trio
    from hypercorn.config import Config
    from hypercorn.trio import serve

    bound, port = listener()
    config = Config()
    config.bind = [f"fd://{bound.fileno()}"]
    config.accesslog = config.errorlog = None
    config.shutdown_timeout = config.graceful_timeout = 1.0
    ready, tokens, ended = threading.Event(), [], []

    async def main():
        ended.append(trio.Event())
        tokens.append(trio.lowlevel.current_trio_token())
        async with trio.open_nursery() as nursery:

            async def until_ended():
                await ended[0].wait()

            await nursery.start(
                lambda task_status: serve(app, config, shutdown_trigger=until_ended, task_status=task_status)
            )
            ready.set()

    def run():
        try:
            trio.run(main)
        finally:
            ready.set()

    thread = Thread(run)
    assert ready.wait(MAX_SECONDS)
    try:
        yield port
    finally:
        tokens[0].run_sync_soon(ended[0].set)
        thread.join()


@contextlib.contextmanager
def aiohttp(app):
    """Serve an app of aiohttp with its own server, which cancels the handler of a sender that goes away."""
    from aiohttp import web

    bound, port = listener()
    ready, loops, ended = threading.Event(), [], []

    async def main():
        ended.append(asyncio.Event())
        loops.append(asyncio.get_running_loop())
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, bound).start()
        ready.set()
        await ended[0].wait()
        await runner.cleanup()

    def run():
        try:
            asyncio.run(main())
        finally:
            ready.set()

    thread = Thread(run)
    assert ready.wait(MAX_SECONDS)
    try:
        yield port
    finally:
        loops[0].call_soon_threadsafe(ended[0].set)
        thread.join()


@contextlib.contextmanager
def wsgiref(app):
    """Serve a WSGI app with the server of the standard library, one thread for each request."""
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """Say nothing of a sender that went away."""

    class Handler(WSGIRequestHandler):
        def log_message(self, *arguments):
            """Say nothing."""

        def get_stderr(self):
            import io

            return io.StringIO()

    server = make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Handler)
    thread = Thread(lambda: server.serve_forever(poll_interval=0.01))
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def waitress(app):
    """Serve a WSGI app with waitress."""
    import waitress.server

    server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=4, map={}, asyncore_loop_timeout=0.05)
    ends = []

    def run():
        from waitress import wasyncore

        while not ends:
            wasyncore.loop(timeout=0.02, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)

    thread = Thread(run)
    try:
        yield server.effective_port
    finally:
        ends.append(True)
        thread.join()
