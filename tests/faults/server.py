"""A server on loopback that fails in every way a test asks for, and counts the requests that arrived whole.

    with FaultServer() as server:
        server.then(Fault.NO_ANSWER, Say(429))         # what becomes of the next requests, in this order
        ...                                            # all later ones get `server.otherwise`: Fault.NONE
        assert server.count("reference") == 1          # whole requests whose body or head holds this text

It runs in a thread of its own, so a test may block, fork, or start a program that talks to it.
"""

import asyncio
import enum
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

UNTRUSTED = Path(__file__).with_name("untrusted.pem")
"""A certificate for localhost that no client trusts, and its key; they protect nothing."""

Connect = "connect"
Head = "head"
Whole = "whole"


class Fault(enum.Enum):
    """What goes wrong; the second word says what the server has read by then."""

    NONE = "answers as the API would", Whole
    # Nothing was read; decided when the connection comes in.
    CLOSE_AT_ONCE = "closes the connection as soon as it is there", Connect
    STALL_BEFORE_READING = "accepts the connection and never reads", Connect
    PLAIN_TO_TLS = "speaks plain HTTP to a TLS handshake", Connect
    CLOSE_IN_HANDSHAKE = "closes the connection in the middle of a TLS handshake", Connect
    UNTRUSTED = "speaks TLS with a certificate that nobody trusts", Connect
    # The head was read.
    RESET_IN_BODY = "resets the connection before the body is read", Head
    TOO_LARGE = "answers 413 before the body is read", Head
    TOO_LARGE_AND_CLOSES = "answers 413 and closes before the body is read", Head
    TOO_LARGE_AND_STAYS = "answers 413 and never reads the body", Head
    HOLD_BEFORE_BODY = "reads the body when the test calls `release`, and answers", Head
    # All was read.
    NO_ANSWER = "closes without an answer", Whole
    RESET = "resets the connection without an answer", Whole
    HALF_HEAD = "closes in the middle of the answer's head", Whole
    HALF_BODY = "closes in the middle of the answer's body", Whole
    STALL = "never answers", Whole
    STALL_IN_ANSWER = "stalls in the middle of the answer's body", Whole
    HOLD = "answers when the test calls `release`", Whole
    LENGTH_TOO_SHORT = "says that the answer is shorter than it is", Whole
    LENGTH_TOO_LONG = "says that the answer is longer than it is, and closes", Whole
    NOT_HTTP = "answers something that is not HTTP", Whole
    HTML_502 = "answers as a proxy does whose backend is down", Whole
    BAD_GZIP = "says that the answer is gzip, which it is not", Whole
    CUT_429 = "turns the call away, and closes in the middle of saying why", Whole
    INFORMATIONAL = "sends a 100 and a 103 before the answer", Whole
    CLOSE_AFTER = "answers, then closes the connection that was to be kept", Whole
    RESET_ON_REUSE = "answers, and resets the connection when the next request comes in on it", Whole

    @property
    def reads(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Say:
    """A response of the test's own."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: bool | None = None
    """Whether it stands for a call that was not carried out; a 4xx does unless this says otherwise."""

    reads = Whole

    @property
    def turns_away(self) -> bool:
        return 400 <= self.status < 500 if self.refuses is None else self.refuses


@dataclass(frozen=True)
class Arrived:
    """A request that arrived whole."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    fault: "Fault | Say"
    """What became of it."""

    @property
    def turned_away(self) -> bool:
        """Whether the response said that it was not carried out; every other one is taken to have been."""
        return self.fault is Fault.CUT_429 or (isinstance(self.fault, Say) and self.fault.turns_away)

    def header(self, name: str) -> str | None:
        return dict((key.lower(), value) for key, value in self.headers).get(name.lower())

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FaultServer:
    def __init__(self) -> None:
        self.otherwise: Fault | Say = Fault.NONE
        self.arrived: list[Arrived] = []
        self.begun = 0
        """Requests of which at least the head arrived."""
        self.connections = 0
        self.open = 0
        """Connections that neither side has closed yet, as far as the server has looked."""
        self.draw: Callable[[str], Fault | Say | None] = lambda _reads: None
        """Where nothing is planned: chooses a fault for a new connection (`Connect`) or for a request (`Whole`)."""
        self._plan: deque[Fault | Say] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        # Bound and never listening: a connection is refused, and no other program gets the port.
        self._deaf = socket.socket()
        self._deaf.bind(("127.0.0.1", 0))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="faults", daemon=True)

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        self._ready.wait(60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)
        self._listener.close()
        self._deaf.close()

    @property
    def port(self) -> int:
        return cast("int", self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v3"

    @property
    def tls_url(self) -> str:
        """For the faults of a handshake; without one, the handshake never ends."""
        return f"https://127.0.0.1:{self.port}/v3"

    @property
    def refusing_url(self) -> str:
        return f"http://127.0.0.1:{self._deaf.getsockname()[1]}/v3"

    def then(self, *faults: Fault | Say) -> None:
        self._plan.extend(faults)

    def release(self) -> None:
        """Go on with the requests that are held, and with those that would be."""
        self._loop.call_soon_threadsafe(self._released.set)

    def count(self, reference: str = "") -> int:
        """Whole requests that hold this text, or all of them."""
        held = [reference.encode() in request.body or reference in str(request.headers) for request in self.arrived]
        return sum(held)

    def wait_for(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something that the server counts is so; for what it sees a moment after its client does."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(f"not so within {seconds} s: {self.begun=} {len(self.arrived)=} {self.open=}")
            time.sleep(0.002)

    # --- on the server's own thread --------------------------------------------------------------------------------

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._released, self._ended = asyncio.Event(), asyncio.Event()
        # Not `sock_accept`: a connection that comes in while that is cancelled is lost, and warned of.
        self._loop.add_reader(self._listener, self._accept)
        self._ready.set()
        await self._ended.wait()
        self._loop.remove_reader(self._listener)
        # A task that is cancelled before its first step would not close its connection.
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            # The client is gone already.
            return
        self.connections += 1
        task = self._loop.create_task(self._connection(sock, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, sock: socket.socket, number: int) -> None:
        self.open += 1
        wire = _Wire(sock, self._loop)
        try:
            if self._plan and self._plan[0].reads is Connect:
                await self._greet(self._plan.popleft(), wire)
            elif not self._plan and self.otherwise.reads is Connect:
                await self._greet(self.otherwise, wire)
            elif not self._plan and (drawn := self.draw(Connect)) is not None:
                await self._greet(drawn, wire)
            else:
                while await self._request(wire, number):
                    pass
        except (OSError, EOFError):
            pass  # The client is gone; its test checks what it learned.
        finally:
            wire.close()
            self.open -= 1

    async def _greet(self, fault: Fault | Say, wire: "_Wire") -> None:
        match fault:
            case Fault.STALL_BEFORE_READING:
                await asyncio.Event().wait()
            case Fault.PLAIN_TO_TLS:
                await wire.more()
                await wire.send(_head(400, {"Content-Length": "0", "Connection": "close"}))
            case Fault.CLOSE_IN_HANDSHAKE:
                await wire.more()
            case Fault.UNTRUSTED:
                wire.sock.settimeout(5)
                self.begun += await asyncio.to_thread(_shake_hands, wire.sock)

    async def _request(self, wire: "_Wire", number: int) -> bool:
        """Read a request and answer it; return whether the connection stays."""
        head = (await wire.until(b"\r\n\r\n")).decode("latin-1")
        self.begun += 1
        first, *lines = head.split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines if line))
        length = int(dict((name.lower(), value) for name, value in headers).get("content-length", 0))
        fault = self._plan.popleft() if self._plan else self.draw(Whole) or self.otherwise
        if fault is Fault.RESET_IN_BODY:
            wire.reset()
            return False
        if fault in (Fault.TOO_LARGE, Fault.TOO_LARGE_AND_CLOSES, Fault.TOO_LARGE_AND_STAYS):
            await wire.send(_head(413, {"Content-Length": "0", "Connection": "close"}))
            if fault is Fault.TOO_LARGE_AND_CLOSES:
                return False
            if fault is Fault.TOO_LARGE_AND_STAYS:
                await asyncio.sleep(2)
                return False
            # As web servers do it: throw away what is still coming, since a reset would destroy the response.
            wire.sock.shutdown(socket.SHUT_WR)
            while True:
                await wire.more()
                wire.buffer.clear()
        if fault is Fault.HOLD_BEFORE_BODY:
            await self._released.wait()
        request = Arrived(first.split(" ")[1], headers, await wire.exactly(length), number, fault)
        self.arrived.append(request)
        return await self._answer(fault, request, wire)

    async def _answer(self, fault: Fault | Say, request: Arrived, wire: "_Wire") -> bool:
        data = _data(request)
        good = _head(200, {"Content-Type": "application/json", "Content-Length": str(len(data))})
        half = data[: len(data) // 2]
        match fault:
            case Say():
                body = data if fault.body is None else fault.body
                await wire.send(_head(fault.status, {"Content-Length": str(len(body)), **fault.headers}) + body)
                return True
            case Fault.NONE | Fault.HOLD_BEFORE_BODY | Fault.HOLD:
                if fault is Fault.HOLD:
                    await self._released.wait()
                await wire.send(good + data)
                return True
            case Fault.INFORMATIONAL:
                await wire.send(_head(100, {}) + _head(103, {"Link": "</style.css>"}) + good + data)
                return True
            case Fault.RESET_ON_REUSE:
                await wire.send(good + data)
                await wire.more()
                wire.reset()
            case Fault.RESET:
                wire.reset()
            case Fault.STALL:
                await wire.stall()
            case Fault.STALL_IN_ANSWER:
                await wire.send(good + half)
                await wire.stall()
            case Fault.HALF_HEAD:
                await wire.send(good[: len(good) // 2])
            case Fault.HALF_BODY:
                await wire.send(good + half)
            case Fault.LENGTH_TOO_SHORT:
                await wire.send(_head(200, {"Content-Length": str(len(half))}) + data)
                return True
            case Fault.LENGTH_TOO_LONG:
                await wire.send(_head(200, {"Content-Length": str(len(data) + 1)}) + data)
            case Fault.NOT_HTTP:
                await wire.send(b"220 mail.example.com ESMTP\r\n")
            case Fault.HTML_502:
                page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
                await wire.send(_head(502, {"Content-Type": "text/html", "Content-Length": str(len(page))}) + page)
                return True
            case Fault.BAD_GZIP:
                await wire.send(_head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(data))}) + data)
                return True
            case Fault.CUT_429:
                await wire.send(_head(429, {"Content-Length": "500", "Retry-After": "7"}) + b'{"data": {"err')
            case Fault.CLOSE_AFTER:
                await wire.send(good + data)
        return False


class _Wire:
    """A connection, with the bytes that were read and not used yet."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self.sock, self.loop = sock, loop
        self.buffer = bytearray()
        sock.setblocking(False)

    async def more(self) -> None:
        part = await self.loop.sock_recv(self.sock, 256 * 1024)
        if not part:
            raise EOFError
        self.buffer += part

    async def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            await self.more()
        return self._take(self.buffer.index(mark) + len(mark))

    async def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            await self.more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    async def send(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.sock, data)

    async def stall(self) -> None:
        """Wait until the client gives up."""
        while True:
            await self.more()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode()


def _data(request: Arrived) -> bytes:
    """Return what the API would reply. The result names what the request named, so that mixed-up replies are seen."""
    try:
        fields = json.loads(request.body)
    except ValueError:
        fields = {}
    email_id = fields.get("subject") or "1aBcDe-FgHiJk-1"
    sent: Any = {"succeeded": 1, "failed": 0, "failures": [], "email_id": email_id}
    data = {
        "email/batch": [{"email_id": email.get("subject")} for email in fields.get("emails", [])],
        "email/scheduled/search": [{"schedule_id": fields.get("schedule_id", "1")}],
        "email/scheduled/remove": "Success",
        "sms/send": {"statuses": {"queued": 1}, "total_sent": 1},
        "sms/summary": {"total_messages": 1},
    }.get(request.path.removeprefix("/v3/"), sent)
    return json.dumps({"request_id": "3b4c1e0e-0000-4000-8000-000000000001", "data": data}).encode()


def _shake_hands(sock: socket.socket) -> int:
    """Return how many bytes came over a connection that should not have been trusted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(UNTRUSTED)
    try:
        with context.wrap_socket(sock, server_side=True) as wrapped:
            return len(wrapped.recv(1))
    except (OSError, ValueError):
        return 0
