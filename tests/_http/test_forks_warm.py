"""Sixty sends of four children of a client with warm connections, plain and over TLS.

A shared connection would mix up the responses, and over TLS both processes would use one cipher state.
"""

import asyncio
import contextlib
import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator

import anyio
import pytest
from faults.server import UNTRUSTED

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async._http import connections

CHILDREN = 4
SENDS = 15


class EchoingServer:
    """Answers with the subject of each mail as its id, and keeps connections."""

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls
        self.arrived: Counter[str] = Counter()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "EchoingServer":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        context = None
        if self._tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(UNTRUSTED)
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=context)
        self.url = f"{'https' if self._tls else 'http'}://localhost:{server.sockets[0].getsockname()[1]}/v3"
        self._ready.set()
        await self._ended.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that is gone, or a child that ended with its connections open, is no news here.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
                subject = json.loads(body)["subject"]
                self.arrived[subject] += 1
                answer = json.dumps({"data": {"succeeded": 1, "failed": 0, "email_id": subject}}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
                await writer.drain()
        writer.close()


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[EchoingServer]:
    context = ssl.create_default_context(cafile=UNTRUSTED)
    monkeypatch.setattr(connections, "ssl_context", lambda: context)
    with EchoingServer(tls=request.param) as running:
        yield running


def test_sixty_sends_of_four_children_of_a_warm_client_get_their_own_responses(server, key, mail, forked, backend):
    client = AsyncClient(key, base_url=server.url)

    async def send(name: str) -> list[str]:
        return [(await client.email.send(**mail(f"{name}-{n}"))).email_id for n in range(SENDS)]

    async def main() -> list[list[str]]:
        await send("before")
        results = [forked(lambda name=f"child-{n}": _in_a_new_loop(send, name, backend)) for n in range(CHILDREN)]
        await send("meanwhile")
        return [result() for result in results]

    assert anyio.run(main, backend=backend) == _expected()
    assert set(server.arrived.values()) == {1}


def test_sixty_sends_of_four_children_of_a_warm_blocking_client_get_their_own_responses(server, key, mail, forked):
    with SyncClient(key, base_url=server.url) as client:

        def send(name: str) -> list[str]:
            return [client.email.send(**mail(f"{name}-{n}")).email_id for n in range(SENDS)]

        send("before")
        results = [forked(lambda name=f"child-{n}": send(name)) for n in range(CHILDREN)]
        send("meanwhile")
        assert [result() for result in results] == _expected()
    assert set(server.arrived.values()) == {1}


def _expected() -> list[list[str]]:
    return [[f"child-{child}-{n}" for n in range(SENDS)] for child in range(CHILDREN)]


def _in_a_new_loop(call, name, backend):
    found: list[list[str]] = []

    def run() -> None:
        found.append(anyio.run(call, name, backend=backend))

    # The parent's loop is still marked as running in the thread that was forked.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]
