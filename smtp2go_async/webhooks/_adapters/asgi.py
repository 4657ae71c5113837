"""The receiver as an ASGI app."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from .._receive.answer import AnswerRequest
from .._receive.refusals import RefusalError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiApp:
    """An object and no function: Starlette would give a function a request of its own in place of these arguments."""

    def __init__(self, answer: AnswerRequest) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; start and end with the server, and refuse web sockets."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            query = scope.get("query_string", b"")
            answer = await self._answer(scope["method"], scope["headers"], query, _body(receive))
            headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers.items()]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        else:
            raise ValueError(f"ASGI: there is no answer to the scope {scope['type']!r}")


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "the body ended early")
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
