import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import define, field

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox._server import ServerThread


@define
class Hook:
    """A receiver on a real port that keeps what it got, and answers with the next of `answers`, or else 200."""

    url: str = ""
    requests: list[dict[str, Any]] = field(factory=list)
    answers: list[int] = field(factory=list)
    arrived: threading.Event = field(factory=threading.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the fields of each request; of a form, each as a list."""
        return [
            json.loads(request["body"])
            if request["headers"]["content-type"] == "application/json"
            else parse_qs(request["body"].decode(), keep_blank_values=True)
            for request in self.requests
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}".rstrip("?")
        self.requests.append({"path": path, "headers": headers, "body": body, "method": scope["method"]})
        status = self.answers.pop(0) if self.answers else 200
        headers_out = [(b"location", b"/elsewhere")] if 300 <= status < 400 else []
        await send({"type": "http.response.start", "status": status, "headers": headers_out})
        await send({"type": "http.response.body", "body": b"an answer"})
        self.arrived.set()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Return a function that serves an ASGI app on a free port of this machine, and returns its address."""
    servers: list[ServerThread] = []

    def start(app: Any) -> str:
        server = ServerThread(app, "127.0.0.1", 0)
        server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def hook(serve: Callable[[Any], str]) -> Hook:
    hook = Hook()
    hook.url = f"{serve(hook)}/hook"
    return hook


@pytest.fixture
def sandbox(clock: Callable[[], Any]) -> Iterator[Sandbox]:
    """Return a sandbox whose clock stands still."""
    with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def call(sandbox: Sandbox) -> Callable[..., Any]:
    """Return a function that makes a call and returns its data."""
    return lambda path, **fields: sandbox._account.call(path, fields)["data"]
